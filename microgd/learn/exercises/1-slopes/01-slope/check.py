import math

from microgd.learn.checks import compare


def square(x):
    return x * x


def right(f, x, h):
    return (f(x + h) - f(x)) / h


CASES = [(f, x, h) for f in (square, math.sin, math.exp) for x in (-1.3, 0.4, 2.1) for h in (0.1, 0.007)]
CASES += [(square, 30.0, 0.25), (math.sin, 30.0, 0.01), (abs, -0.25, 0.5), (square, -12.0, 2.0)]

SUSPECTS = {
    "no_division": (
        lambda f, x, h: f(x + h) - f(x),
        "This is how far the curve rises over the step. A slope is the rise per unit of x: what is missing?",
    ),
    "multiplied": (
        lambda f, x, h: (f(x + h) - f(x)) * h,
        "Exactly the rise times the step. If the step is half as long, the rise is about half, and the slope"
        " should stay: times, or divided by?",
    ),
    "divided_by_x": (
        lambda f, x, h: (f(x + h) - f(x)) / x,
        "The rise is divided by x. How far along the x axis did you walk?",
    ),
    "left_step": (
        lambda f, x, h: (f(x) - f(x - h)) / h,
        "That is a slope, measured with a step to the left, from x - h to x. Which way does this exercise go?",
    ),
    "both_sides": (
        lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
        "That measures with a step to either side. It is even better, and comes in the next exercise: what"
        " would one step to the right give?",
    ),
    "precedence": (
        lambda f, x, h: f(x + h) - f(x) / h,
        "Only f(x) is divided by h: Python divides before it subtracts. Where do brackets go?",
    ),
    "no_step": (
        lambda f, x, h: f(x) / h,
        "This is the height at x, divided by h. A rise needs two heights: which is the other?",
    ),
}


SIMPLE = [
    ("flat", (lambda x: 5.0, 1.5, 0.25), "For a flat curve, 5 everywhere, it gives {}. How steep is it?"),
    (
        "line",
        (lambda x: x, 1.5, 0.25),
        "For the straight line f(x) = x it gives {}. How far does it rise per unit?",
    ),
]


def check(answer):
    return compare(answer, "slope", right, CASES, SUSPECTS, simple=SIMPLE)
