import math

from microgd import exp
from microgd.learn.checks import rule

PLACES = [(0.0,), (-30.0,), (12.0,), (40.0,)]

SUSPECTS = {
    "power_rule": (
        lambda x, out, g: g * x * math.exp(x - 1.0),
        "That is the rule for x**n, where x is at the bottom and n is fixed. Where is x in exp(x)?",
    ),
}


def sample(random):
    return random.uniform(-2.0, 2.0)


def check(answer):
    return rule(answer, "backward", exp, sample=sample, places=PLACES, suspects=SUSPECTS)
