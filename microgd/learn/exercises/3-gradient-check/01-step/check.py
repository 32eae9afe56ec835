import math

from microgd.learn.checks import failed, passed

GOOD = 1e-8
PLACES = [0.0, 0.3, -1.0, 2.0, -7.0, 150.0, -4000.0, 1e5, 1e6, -1e6]


def error(x, h):
    """How far the measured slope is off, relative to the right one: the worst of three curves."""
    size = max(1.0, abs(x))
    curves = [
        (lambda t: math.exp(t / size), math.exp(x / size) / size),
        (lambda t: math.sin(t / size + 0.7), math.cos(x / size + 0.7) / size),
        (lambda t: (t / size) ** 3 + 2 * t / size, (3 * (x / size) ** 2 + 2) / size),
    ]
    worst = 0.0
    for f, true in curves:
        measured = (f(x + h) - f(x - h)) / (2 * h)
        worst = max(worst, abs(measured - true) / max(abs(true), 0.1 / size))
    return worst


def check(answer):
    step = answer.function("step")
    short, long, lost = [], [], []
    for x in PLACES:
        h = answer.number(step(x), f"step({x:g})")
        if not 0 < h < math.inf:
            return failed(
                "not_positive", f"step({x:g}) is {h:g}. A step is longer than 0: which sign came in?"
            )
        if x + h == x:
            lost.append(x)
        elif error(x, h) > GOOD:
            (long if h > 6e-6 * max(1.0, abs(x)) else short).append(x)
    if not (short or long or lost):
        return passed()
    if lost:
        return failed(
            "lost",
            f"At x = {lost[0]:g} your step is lost: x + h == x in floats, so nothing is measured at all. Should"
            " h not grow with x?",
        )
    good = len(PLACES) - len(short) - len(long)
    some = f"right in {good} of {len(PLACES)} places, but " if good else ""
    if short and long:
        return failed(
            "not_in_proportion",
            f"Your step is {some}too long at x = {long[0]:g} and too short at x = {short[0]:g}. Which part of it"
            " depends on x, and how?",
        )
    x = (short or long)[0]
    if short:
        return failed(
            "too_short",
            f"Your step is {some}too short at x = {x:g}: rounding errors, divided by so little, leave fewer"
            " than 8 digits. Is it in proportion to x there?",
        )
    return failed(
        "too_long",
        f"Your step is {some}too long at x = {x:g}: the curve bends within it, and fewer than 8 digits are"
        " right. How does the error shrink if you halve h?",
    )
