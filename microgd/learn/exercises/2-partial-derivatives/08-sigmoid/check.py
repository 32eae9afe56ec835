from microgd import sigmoid
from microgd.learn.checks import rule


def check(answer):
    return rule(answer, "backward", sigmoid)
