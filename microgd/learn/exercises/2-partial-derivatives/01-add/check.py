from microgd import add
from microgd.learn.checks import rule


def check(answer):
    return rule(answer, "backward", add)
