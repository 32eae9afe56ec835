"""To how many digits is an answer right?

It uses `probe`. An answer computed in float32, or with a rounded constant, agrees with the right one to five
to eight digits. Where terms cancel it agrees to fewer: 1 - out**2 with out near 1 is the difference of two
numbers that are rounded in their eighth digit. So an error is compared with the size of the terms.
"""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

from .answers import Refused
from .numerical import EPS
from .probe import BLUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .probe import Point, Probe

ALL = 16
"""As many digits as a float has: no error can be seen."""

EXACTLY = 1e-9
"""A smaller relative error is one of honest float64 arithmetic."""

ROUNDED = 1e-5
"""A smaller one, of float32 arithmetic, a constant of six digits, or an eps."""

BLURRED = 1e-2
"""What an eps may do at single points: where it is added to something small."""

STEP = 1e-4
"""The relative step with which it is asked how much a rounded input changes an answer."""


def digits(probe: Probe, i: int) -> int | None:
    """To how many digits the rule's gradient of input i is right at all points. None if it is wrong."""
    errors, beyond = [], 0
    for k, p in enumerate(probe.points):
        gap = math.fabs(p.given[i] - p.right[i])
        size = math.fabs(p.right[i])
        if gap <= max(p.error[i], EXACTLY * size, 64.0 * EPS * p.size(i)):
            continue
        if gap > ROUNDED * size:
            size = _terms(probe, k, i)
        if gap <= ROUNDED * size:
            errors.append(gap / size)
        elif gap <= max(BLURRED * size, BLUR * (p.size(i) + _moved(probe, p, i))):
            beyond += 1
        else:
            return None
    if 2 * beyond > len(probe.points):
        return None
    if not errors:
        return ALL if not beyond else -round(math.log10(ROUNDED))
    return math.floor(-math.log10(max(errors)))


def largest_error(probe: Probe, i: int) -> float:
    """The largest error of the gradient of input i, compared with its usual size."""
    gs = [max(map(math.fabs, p.gs)) for p in probe.points]
    usual = median(math.fabs(p.right[i]) / g for p, g in zip(probe.points, gs, strict=True))
    worst = max(math.fabs(p.given[i] - p.right[i]) / g for p, g in zip(probe.points, gs, strict=True))
    return worst / usual if usual else math.inf


def same(p: Point, answer: Sequence[float]) -> bool:
    """Whether the rule gave this answer before, but for the order in which terms were added."""
    g = max(map(math.fabs, p.gs))
    pairs = zip(answer, p.given, strict=True)
    return all(math.fabs(a - b) <= ROUNDED * max(math.fabs(a), math.fabs(b), g) for a, b in pairs)


def _terms(probe: Probe, k: int, i: int) -> float:
    """The size of the contributions of all outputs to the gradient of input i at point k."""
    p = probe.points[k]
    if len(p.outs) == 1:
        return math.fabs(p.right[i])
    return math.fsum(math.fabs(d * g) for d, g in zip(probe.matrix(k)[i], p.gs, strict=True))


def _moved(probe: Probe, p: Point, i: int) -> float:
    """How much the right gradient, and the rule, change with their arguments: x * d/dx, added up."""
    total = 0.0
    for k, x in enumerate(p.xs):
        moved = [*p.xs[:k], x * (1.0 + STEP), *p.xs[k + 1 :]]
        there = probe.partial(moved, i, p.gs)
        if there.kind in ("smooth", "weak"):
            total += math.fabs(there.value - p.right[i]) / STEP
    try:
        shifted = probe.ask(p, outs=[y * (1.0 + STEP) for y in p.outs])
    except Refused:
        return total
    return total + math.fabs(shifted[i] - p.given[i]) / STEP
