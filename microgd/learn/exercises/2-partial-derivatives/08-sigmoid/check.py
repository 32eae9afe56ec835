from microgd import sigmoid
from microgd.learn.checks import rule

PLACES = [(0.0,), (12.0,), (-12.0,), (30.0,)]


def check(answer):
    return rule(answer, "backward", sigmoid, places=PLACES)
