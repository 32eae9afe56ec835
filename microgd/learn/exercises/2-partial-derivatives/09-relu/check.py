from microgd import relu
from microgd.learn.checks import rule


def check(answer):
    return rule(answer, "backward", relu)
