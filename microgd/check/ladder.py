"""Ladder: a function at x plus and minus many steps, powers of two, and how far its values can be trusted.

It uses `derivative` for its constants, and `diagnosis` to read numbers.
"""

from __future__ import annotations

import math
from itertools import pairwise
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Any

from .derivative import EPS
from .diagnosis import described, elements, number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TINY = 2.0**-1070
"""Nothing is known better than this: below 2**-1022, floats are on a grid of 2**-1074."""

LARGEST_STEP = 0.5  # times max(|x|, 1)
SMALLEST_STEP = 64  # ulp of x: less, and the steps x+h are too coarse
SHORTEST_STEP = 2.0**-80  # near 0 an ulp is next to nothing, and the ladder must end somewhere
VISIBLE = 16.0  # times the noise: a difference that is not made of rounding errors
LEVELS = 8  # how many steps in a row must agree before a point is called a kink, a jump ...


def evaluate(f: Callable[[float], Any], x: float) -> float:
    """f(x) as a float; nan where f is undefined. TypeError if it is no number."""
    try:
        y = f(x)
    except (ArithmeticError, ValueError):
        return nan
    if type(y) is float:
        return y
    if isinstance(y, complex):
        return nan
    parts = elements(y)
    found = number(y) if parts is None else number(parts[0]) if len(parts) == 1 else None
    if found is None:
        raise TypeError(f"f should return one number; it returned {described(y)}")
    return found


class Ladder:
    """f at x ± h for h = bottom, 2 bottom, 4 bottom ... top.

    steps                the steps that were really made, (x + h) - x
    right, left          f(x + h), f(x - h)
    rights, lefts        how many of the smallest steps, on each side, meet finite values only
    noise                the uncertainty of the values at each step
    """

    def __init__(
        self,
        f: Callable[[float], float],
        x: float,
        here: float,
        top: float,
        noise: float | None,
        scale: float,
    ) -> None:
        self.scale, self.noise_is_known = scale, noise is not None
        self.f, self.x, self.here = f, x, here
        bottom = SMALLEST_STEP * math.ulp(x)
        if top == LARGEST_STEP:
            bottom = max(bottom, SHORTEST_STEP)
        self.steps: list[float] = []
        self.right: list[float] = []
        self.left: list[float] = []
        exponent = math.frexp(bottom)[1]
        away = math.copysign(1.0, x)  # away from 0 first: what is exact there is exact nearer to 0
        while exponent < 1024 and (h := math.ldexp(1.0, exponent)) <= top:
            exponent += 1
            step = math.fabs((x + away * h) - x)
            if not 0.0 < step < inf:
                continue
            self.steps.append(step)
            self.right.append(evaluate(f, x + step))
            self.left.append(evaluate(f, x - step))
        self.rights = leading_finite(self.right)
        self.lefts = leading_finite(self.left)
        self.both = min(self.rights, self.lefts)
        least = max(TINY, noise if noise is not None else 0.0)
        self.noise = [
            max(least, EPS * max(math.fabs(y) for y in (here, a, b) if isfinite(y)))
            for a, b in zip(self.right, self.left, strict=True)
        ]
        self.floor = self.noise[0] if self.noise else least
        self.bends = [self.right[k] - 2.0 * here + self.left[k] for k in range(self.both)]

    def first_visible(self, differences: Sequence[float]) -> int:
        """The first step at which a difference is not made of rounding errors."""
        for k, difference in enumerate(differences):
            if math.fabs(difference) > VISIBLE * self.noise[k]:
                return k
        return len(differences)

    def exponents(self, differences: Sequence[float], latest: int) -> list[float]:
        """q in difference ~ h**q, from step to step over the LEVELS smallest visible steps.

        Empty if they do not begin by the step number `latest`, or are not of one sign.
        """
        start = self.first_visible(differences)
        seen = differences[start : start + LEVELS + 1]
        if start > latest or len(seen) <= LEVELS:
            return []
        if not (all(d > 0.0 for d in seen) or all(d < 0.0 for d in seen)):
            return []
        return [math.log2(b / a) for a, b in pairwise(seen)]

    def raise_noise(self, kinked: bool) -> None:
        """Where the values scatter more than by their last digit, believe the scatter.

        Of a smooth f, the second difference f(x+h) - 2 f(x) + f(x-h) quadruples when h doubles. One
        that stays about the same, while h doubles several times, is made of rounding errors. The
        search ends where the quadrupling has begun. At a kink it doubles, from the first one that is seen.
        """
        sizes = [math.fabs(bend) for bend in self.bends]
        smooth_from = self.first_visible(self.bends) if kinked else self.growth_begins(sizes)
        if smooth_from is not None:
            # The last two steps before may already feel a kink beside x.
            scatter = max(sizes[: smooth_from - 2 if smooth_from > 4 else smooth_from], default=0.0)
        elif self.noise_is_known:
            scatter = 0.0
        else:
            scatter = 0.0
            for k, size in enumerate(sizes[:-4]):
                larger = sizes[k + 1 : k + 5]
                a_single_jump = max(larger) < 1.1 * size and min(larger) > 0.9 * size
                if max(larger) <= 4.0 * size and not a_single_jump:
                    scatter = max(scatter, size)
        scatter = max(scatter, self.quantum(), self.ulp_of_x())
        if scatter > 0.0:
            self.noise = [max(noise, scatter) for noise in self.noise]

    def growth_begins(self, sizes: Sequence[float]) -> int | None:
        """The first step from which on the second difference quadruples four times in a row."""
        growing = 0
        for k in range(len(sizes) - 1):
            quadruples = 3.0 < sizes[k + 1] / sizes[k] < 5.5 if sizes[k] > 0.0 else False
            growing = growing + 1 if quadruples else 0
            if growing == 4:
                return k - 3
        return None

    def ulp_of_x(self) -> float:
        """How far f moves if x does by an ulp: arithmetic on x, as in x * x - 1, loses that much.

        The steps are powers of two, so that such an error can be the same at all of them, unseen.
        """
        if not self.both:
            return 0.0
        move = math.fabs(self.right[0] - self.left[0])
        return move * math.ulp(self.x) / (2.0 * self.steps[0])

    def quantum(self) -> float:
        """The grid that f's values lie on, if they do not change at all over the smallest steps.

        log(1 + x) near 0 moves in steps of 2**-52, however small its value is.
        """
        if not self.both or self.right[0] != self.here or self.left[0] != self.here:
            return 0.0
        grid = EPS * max(1.0, math.fabs(self.x), math.fabs(self.here))
        for k in range(self.both):
            moves = [math.fabs(y - self.here) for y in (self.right[k], self.left[k])]
            if max(moves) > 0.0:
                return max(moves) if max(moves) <= 4.0 * grid else 0.0
        return 0.0

    def rungs(self) -> list[tuple[float, float]]:
        """Noise and step, of each step. No step counts as longer than `scale`."""
        return [(n, min(h, self.scale)) for n, h in zip(self.noise, self.steps, strict=True)]


def leading_finite(values: Sequence[float]) -> int:
    """How many values come before the first that is not finite."""
    for k, y in enumerate(values):
        if not isfinite(y):
            return k
    return len(values)
