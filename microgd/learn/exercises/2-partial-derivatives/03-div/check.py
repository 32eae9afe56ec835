from microgd import div
from microgd.learn.checks import rule


def check(answer):
    return rule(answer, "backward", div)
