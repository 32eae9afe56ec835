import math

from microgd import Value, exp
from microgd.learn.pictures import Curve, Guess

x = Value(1.0)
exp(x).backward()


def error(power):
    """How many digits are wrong, for a step of 10**power: -8 means that some 8 digits are right."""
    h = 10.0**power
    measured = (math.exp(1.0 + h) - math.exp(1.0 - h)) / (2 * h)
    return math.log10(abs(measured / x.grad - 1.0) + 1e-16)


picture = Curve(error, low=-14.0, high=0.0, x="log10(h)", y="log10(error)")
best = min((k / 10 for k in range(-140, 1)), key=error)
guess = Guess(
    "Each step h on this axis is a power of ten. At which power is the error smallest?", best, whole=True
)
