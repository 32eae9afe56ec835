import math

from microgd.learn.checks import compare


def relu(x):
    return max(x, 0.0)


def right(f, x, h):
    return (f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h


CASES = [(f, x, h) for f in (abs, relu, math.exp, math.sin) for x in (0.0, 0.9, -1.6) for h in (0.1, 0.003)]
CASES += [(math.floor, 0.0, 0.5), (math.sin, 30.0, 0.01), (abs, -12.0, 20.0)]

SUSPECTS = {
    "exchanged": (
        lambda f, x, h: right(f, x, h)[::-1],
        "Both slopes are right, in the wrong order. Which comes first, left or right?",
    ),
    "left_sign": (
        lambda f, x, h: (-right(f, x, h)[0], right(f, x, h)[1]),
        "The right slope is right. The left one has the right size and the wrong sign: at which end of the"
        " left side does x lie?",
    ),
    "both_right": (
        lambda f, x, h: (right(f, x, h)[1],) * 2,
        "Both are the slope on the right. Which places does the left one lie between?",
    ),
    "both_sides": (
        lambda f, x, h: ((f(x + h) - f(x - h)) / (2 * h),) * 2,
        "Both are measured across x, over the two sides at once. Where should each side end?",
    ),
    "left_too_wide": (
        lambda f, x, h: ((f(x + h) - f(x - h)) / (2 * h), right(f, x, h)[1]),
        "The right slope is right. The left one is measured from x - h to x + h: where does the left side end?",
    ),
}


SIMPLE = [
    ("flat", (lambda x: 5.0, 1.5, 0.25), "For a flat curve, 5 everywhere, they are {}. How steep is it?"),
    (
        "line",
        (lambda x: x, 1.5, 0.25),
        "For the straight line f(x) = x they are {}. How far does it rise per unit?",
    ),
]


def check(answer):
    return compare(answer, "sides", right, CASES, SUSPECTS, outputs=2, simple=SIMPLE)
