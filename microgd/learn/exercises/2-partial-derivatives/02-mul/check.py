from microgd import mul
from microgd.learn.checks import rule

PLACES = [(0.0, 0.0), (0.0, 5.0), (-3.0, 0.0), (12.0, -40.0), (2.0, 2.0), (-40.0, 12.0), (500.0, 800.0)]


def check(answer):
    return rule(answer, "backward", mul, places=PLACES)
