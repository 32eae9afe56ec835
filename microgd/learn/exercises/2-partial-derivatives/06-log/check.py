from microgd import log
from microgd.learn.checks import rule


def check(answer):
    return rule(answer, "backward", log)
