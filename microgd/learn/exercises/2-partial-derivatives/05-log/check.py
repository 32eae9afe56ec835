from microgd import log
from microgd.learn.checks import rule

PLACES = [(1.0,), (0.001,), (12.0,), (5000.0,)]


def check(answer):
    return rule(answer, "backward", log, places=PLACES)
