"""A slope from difference quotients: Richardson's extrapolation, with a bound on its error."""

from __future__ import annotations

import math
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, NamedTuple

from .derivative import EPS

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDERS = 5  # more extrapolations only amplify the noise
SLOW = 0.15  # an extrapolation of a smooth function changes less than this part of the one before


class Interval(NamedTuple):
    """value ± error, measured over a window of steps of which `start` is the smallest."""

    value: float
    error: float
    start: int = 0

    def meets(self, other: Interval, slack: float = 1.0) -> bool:
        """Whether the two overlap, with errors that are `slack` times as large."""
        return math.fabs(self.value - other.value) <= slack * (self.error + other.error)


_NOTHING = Interval(nan, inf)


def narrowest(quotients: Sequence[float], round_off: Sequence[float], ratio: float) -> Interval:
    """Walk up the difference quotients, smallest step first, to the narrowest trustworthy interval.

    T[k, 0] is the quotient at step k; T[k, j] = T[k-1, j-1] + (T[k-1, j-1] - T[k, j-1]) / (r**j - 1)
    extrapolates over the window of steps k-j ... k, with r = `ratio`, by which halving the step
    divides the leading error. Of one window's orders the most certain one speaks. One that converges
    slowly, as beside a logarithm's pole, is only as good as the quotient it started from.
    """
    best = _NOTHING
    previous: list[float] = []
    rows: list[list[float]] = []
    for quotient in quotients:
        row = [quotient]
        power = 1.0
        for j in range(min(ORDERS, len(previous))):
            power *= ratio
            row.append(previous[j] + (previous[j] - row[j]) / (power - 1.0))
        rows.append(row)
        previous = row
    for k in range(1, len(rows)):
        window = _NOTHING
        power = 1.0
        last_change = math.fabs(rows[k][0] - rows[k - 1][0])
        for j in range(1, len(rows[k])):
            power *= ratio
            value = rows[k][j]
            change = math.fabs(value - rows[k - 1][j - 1])
            if k + 1 < len(rows):
                neighbour = math.fabs(value - rows[k + 1][j]) / (power - 1.0)
                change = max(change, neighbour)
            slow = change > SLOW * last_change
            last_change = change
            if slow:
                change = max(change, math.fabs(value - rows[k - j][0]))
            error = change + round_off[k - j] + EPS * math.fabs(value)
            if error < window.error:
                window = Interval(value, error, k - j)
        if not isfinite(window.value):
            break
        if best is not _NOTHING and not window.meets(best):
            break
        if window.error < best.error:
            best = window
    return best
