from microgd import tanh
from microgd.learn.checks import rule

PLACES = [(0.0,), (12.0,), (-20.0,)]


def check(answer):
    return rule(answer, "backward", tanh, places=PLACES)
