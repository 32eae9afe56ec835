from microgd import mul
from microgd.learn.checks import rule


def check(answer):
    return rule(answer, "backward", mul)
