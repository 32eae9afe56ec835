from microgd import relu
from microgd.learn.checks import rule

PLACES = [(12.0,), (500.0,), (-12.0,), (-500.0,), (1e-06,), (-1e-06,)]


def check(answer):
    return rule(answer, "backward", relu, places=PLACES, kink=(0.0,))
