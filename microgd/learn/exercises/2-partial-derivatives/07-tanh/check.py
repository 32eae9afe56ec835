from microgd import tanh
from microgd.learn.checks import rule


def check(answer):
    return rule(answer, "backward", tanh)
