"""Thirty-one mistakes written down after diagnose was finished, with the keys true of each, and run once.

diagnose_bars prints the figures; nothing in `check` has been changed for them. At the first run all were
caught, and all got one of their keys.
"""

from math import asin, cos, cosh, exp, hypot, log, sin, sinh, sqrt, tanh

EXTRA = ("extra_factor", "not_the_derivative")


def spread(a, b, c):
    m = (a + b + c) / 3
    return ((a - m) ** 2 + (b - m) ** 2 + (c - m) ** 2) / 3


def softmax(*xs):
    odds = [exp(x - max(xs)) for x in xs]
    return [p / sum(odds) for p in odds]


def half_spread(a, b, c, out, g):
    m = (a + b + c) / 3
    return [(x - m) / 3 * g for x in (a, b, c)]


# (name, f, rule, keys, the wrong inputs or None for "not looked at")
FRESH = [
    ("3x²: half", lambda x: 3 * x * x, lambda x, out, g: 3 * x * g, ("ratio",), None),
    ("x³: not lowered", lambda x: x**3, lambda x, out, g: 3 * x**3 * g, EXTRA, None),
    ("x³: no 3", lambda x: x**3, lambda x, out, g: x * x * g, ("ratio",), None),
    ("x⁴: lowered twice", lambda x: x**4, lambda x, out, g: 4 * x * x * g, EXTRA, None),
    ("1/(1+x²): no square", lambda x: 1 / (1 + x * x), lambda x, out, g: -2 * x * out * g, EXTRA, None),
    ("1/(1+x²): sign", lambda x: 1 / (1 + x * x), lambda x, out, g: 2 * x * out * out * g, ("sign",), None),
    ("exp(-x²): no inner", lambda x: exp(-x * x), lambda x, out, g: out * g, EXTRA, None),
    ("exp(-x²): inner only", lambda x: exp(-x * x), lambda x, out, g: -2 * x * g, EXTRA, None),
    ("exp(2x): no 2", lambda x: exp(2 * x), lambda x, out, g: out * g, ("ratio",), None),
    ("log(1+x²): no inner", lambda x: log(1 + x * x), lambda x, out, g: g / (1 + x * x), EXTRA, None),
    ("√(1+x²): no inner", lambda x: sqrt(1 + x * x), lambda x, out, g: g / (2 * out), EXTRA, None),
    ("cosh: -sinh", cosh, lambda x, out, g: -sinh(x) * g, ("sign",), None),
    ("sinh: sinh", sinh, lambda x, out, g: out * g, (*EXTRA, "other_rule"), None),
    ("x sin x: one term", lambda x: x * sin(x), lambda x, out, g: sin(x) * g, ("missing_term", *EXTRA), None),
    ("x sin x: a sign", lambda x: x * sin(x), lambda x, out, g: (sin(x) - x * cos(x)) * g,
     ("missing_term",), None),
    ("cos²: sign", lambda x: cos(x) ** 2, lambda x, out, g: 2 * cos(x) * sin(x) * g, ("sign",), None),
    ("tanh 3x: no 3", lambda x: tanh(3 * x), lambda x, out, g: (1 - out * out) * g, ("ratio",), None),
    ("asin: 1 + x²", asin, lambda x, out, g: g / sqrt(1 + x * x), (*EXTRA, "other_rule"), None),
    ("ab²: no 2", lambda a, b: a * b * b, lambda a, b, out, g: (b * b * g, a * b * g), ("ratio",), (1,)),
    ("ab²: b for b²", lambda a, b: a * b * b, lambda a, b, out, g: (b * g, 2 * a * b * g), EXTRA, (0,)),
    ("a/b²: b² for b³", lambda a, b: a / b**2, lambda a, b, out, g: (g / b**2, -2 * a / b**2 * g),
     EXTRA, (1,)),
    ("a-2b: sign", lambda a, b: a - 2 * b, lambda a, b, out, g: (g, 2 * g), ("sign",), (1,)),
    ("exp(ab): no inner", lambda a, b: exp(a * b), lambda a, b, out, g: (out * g, out * g), EXTRA, (0, 1)),
    ("log(a+b): apart", lambda a, b: log(a + b), lambda a, b, out, g: (g / a, g / b),
     (*EXTRA, "other_rule"), (0, 1)),
    ("abc: c like b", lambda a, b, c: a * b * c, lambda a, b, c, out, g: (b * c * g, a * c * g, a * c * g),
     (*EXTRA, "other_rule", "swapped_inputs"), (2,)),
    ("min: max's", min, lambda a, b, out, g: ((a > b) * g, (b > a) * g),
     ("swapped_inputs", "other_rule"), None),
    ("clip: no upper end", lambda x: min(max(x, 0.0), 1.0), lambda x, out, g: (x > 0) * g,
     ("wrong_branch",), None),
    ("hypot: no g", hypot, lambda a, b, out, g: (a / out, b / out), ("missing_upstream",), (0, 1)),
    ("variance: half", spread, half_spread, ("ratio",), (0, 1, 2)),
    ("softmax: diagonal", softmax,
     lambda *args: [p * (1 - p) * g for p, g in zip(args[-2], args[-1])], ("diagonal_only",), None),
    ("square: g twice", lambda x: x * x, lambda x, out, g: 2 * x * g * g,
     ("upstream_twice", "not_linear"), None),
]  # fmt: skip
