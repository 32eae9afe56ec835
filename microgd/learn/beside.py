"""A learner's number beside the right one: its sign and its size, without the number itself.

compared("x", -0.8, 2.3)    x: yours -0.8; asked: positive, about 3 times as large
"""

from __future__ import annotations

import math

from ..viz.words import number

SAME = 1e-6  # relative: a number that is off by less is right, or rounded
NEAR = 0.03  # and one that is off by less has about the same size
NOISE = 1e-12  # relative to the right number: one that is smaller is a 0 but for rounding
MOST = 10.0  # beyond, the factor is not told

FRACTIONS = (
    "",
    "",
    "half",
    "a third",
    "a quarter",
    "a fifth",
    "a sixth",
    "a seventh",
    "an eighth",
    "a ninth",
)


def compared(name: str, yours: float, right: float) -> str:
    """One line about one number."""
    if abs(yours) < NOISE * abs(right):
        yours = 0.0
    head = f"{name}: yours {number(yours)}"
    if is_right(yours, right):
        return f"{head}, which is right"
    told = ", ".join(part for part in (sign(right), size(yours, right)) if part)
    return f"{head}; asked: {told}"


def is_right(yours: float, right: float) -> bool:
    """Whether the numbers agree."""
    return yours == right or math.isclose(yours, right, rel_tol=SAME, abs_tol=SAME)


def sign(right: float) -> str:
    """The sign in a word."""
    return "positive" if right > 0 else "negative" if right < 0 else "neither positive nor negative"


def size(yours: float, right: float) -> str:
    """The size of the right number, in terms of the learner's; "" if there is nothing to say."""
    if not (math.isfinite(yours) and yours and right):
        return ""
    ratio = abs(right / yours)
    if abs(ratio - 1.0) <= NEAR:
        return "of about the same size"
    if 2 / 3 <= ratio <= 1.5:
        return "a little larger in size" if ratio > 1.0 else "a little smaller in size"
    if ratio >= MOST or ratio <= 1.0 / MOST:
        return "much larger in size" if ratio > 1.0 else "much smaller in size"
    if 1.0 < ratio < 1.75:
        return "about one and a half times as large"
    if ratio > 1.0:
        return f"about {max(2, round(ratio))} times as large"
    if ratio > 4 / 7:
        return "about two thirds as large"
    parts = max(2, round(1.0 / ratio))
    return f"about {FRACTIONS[parts] if parts < len(FRACTIONS) else 'a tenth'} as large"
