"""What steps that are powers of two do not see of a function: waves whose period divides them all.

It uses `ladder`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .ladder import VISIBLE, evaluate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ladder import Ladder

ODD_STEPS = (-23.0, -5.0, 7.0, 19.0)  # ulp from x: no powers of two
MORE_ODD_STEPS = (-17.0, -11.0, 3.0, 13.0)
MEETS = 0.05  # of the largest distance: a curve that is as near as this to all points is no accident
BETWEEN = 7  # after so many steps, f is asked for between two of them ...
UNEVEN = (1.3819660113, 1.6180339887, 1.1458980338, 1.7639320225, 1.527864045)  # ... at so many times h
RIPPLE = 64.0  # times the noise, which may be known too low: a value between two steps that is no noise


def surprise(ladder: Ladder, slope: float, k: int) -> float:
    """What the slope cannot explain of f a few ulp beside x, as an error of the slope.

    The steps are powers of two: a function that oscillates too fast for them can look smooth at
    all of them, or its waves can look like noise. Noise has another value at every ulp; waves are
    smooth there, and have a slope of their own.
    """
    found = _off(ladder, slope, ODD_STEPS)
    worst = max((math.fabs(off) for _, off in found), default=0.0)
    error = worst / ladder.steps[k] if worst > VISIBLE * ladder.noise[0] else 0.0
    if worst > VISIBLE * ladder.floor:
        waves = math.fabs(_waves(found, _off(ladder, slope, MORE_ODD_STEPS)))
        on_a_stair = math.fabs(waves - math.fabs(slope)) <= MEETS * waves  # f does not move at all there
        error = max(error, 0.0 if on_a_stair else waves)
    return error


def _off(ladder: Ladder, slope: float, steps: Sequence[float]) -> list[tuple[float, float]]:
    """How far f is from a line through here with this slope, so many ulp beside x."""
    found = []
    for ulps in steps:
        there = ladder.x + ulps * math.ulp(ladder.x)
        off = evaluate(ladder.f, there) - (ladder.here + slope * (there - ladder.x))
        if off == off:
            found.append((there - ladder.x, off))
    return found


def ripple(ladder: Ladder, last: int) -> float:
    """What the steps cannot explain of f between two of them, as an error of the slope.

    A ripple whose period divides all steps is the same at all of them, unseen. Between two steps, f should
    be where the differences and the second differences of both put it. Asked at every few steps, up
    to the smallest that was needed; the first that shows a ripple says how long its waves are.
    """
    away = math.copysign(1.0, ladder.x)
    for at, k in enumerate(range(0, min(last + 1, ladder.both - 1), BETWEEN)):
        step = math.fabs((ladder.x + away * ladder.steps[k] * UNEVEN[at % len(UNEVEN)]) - ladder.x)
        part = (step / ladder.steps[k]) ** 2
        odd = [(ladder.right[i] - ladder.left[i]) / (2.0 * ladder.steps[i]) for i in (k, k + 1)]
        change = (odd[1] - odd[0]) * (part - 1.0) / 3.0
        explained = ladder.here + away * step * (odd[0] + change) + 0.5 * part * ladder.bends[k]
        off = math.fabs(evaluate(ladder.f, ladder.x + away * step) - explained)
        bent = math.fabs(ladder.bends[k + 1] - 4.0 * ladder.bends[k])
        if off > RIPPLE * ladder.noise[k] + step * math.fabs(odd[1] - odd[0]) + bent:
            return off / ladder.steps[max(0, k - BETWEEN)]
    return 0.0


def _waves(points: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]) -> float:
    """The slope at 0 of the parabola through 0 and `points`; 0 if it does not meet them and the `others`."""
    unit = max((math.fabs(t) for t, _ in points), default=0.0)
    if not unit:
        return 0.0
    t2, t3, t4 = (sum((t / unit) ** n for t, _ in points) for n in (2, 3, 4))
    y1, y2 = (sum((t / unit) ** n * y for t, y in points) for n in (1, 2))
    span = t2 * t4 - t3 * t3
    if not span:
        return 0.0
    slope, bend = (y1 * t4 - y2 * t3) / span, (t2 * y2 - t3 * y1) / span
    near = MEETS * max(math.fabs(y) for _, y in points)
    meets = (math.fabs(slope * t / unit + bend * (t / unit) ** 2 - y) <= near for t, y in (*points, *others))
    return slope / unit if all(meets) else 0.0
