from microgd import maximum
from microgd.learn.checks import rule

PLACES = [(12.0, 40.0), (-3.0, -500.0), (0.0, 2.0), (0.0, -2.0)]


def check(answer):
    return rule(answer, "backward", maximum, places=PLACES, kink=(2.0, 2.0))
