"""The slope of a plain function, measured, with a bound on the error of the measurement.

It uses `math`, and `diagnosis` to read numbers. `gradients` compares backward passes with it, and `rules`
backward rules.

A difference quotient with one fixed step and one fixed tolerance is wrong somewhere: a large step
cuts off curvature, a small one divides rounding errors by next to nothing. So take many steps,
powers of two, and for each know both errors:

    truncation   Richardson: halving h divides the error of (f(x+h) - f(x-h)) / 2h by 4, of its first
                 extrapolation by 16, ...; what the last extrapolation still changed bounds what is left
    round-off    one evaluation of f is uncertain by `noise`; dividing by h magnifies it

Each window of steps gives an interval for the slope. The smallest steps give wide ones that can be
trusted, so walk from there upward, and keep the narrowest while each new one overlaps it: where a
kink or a pole comes within reach of the step, they stop overlapping, and the walk ends.

Not every point has a slope. How the differences shrink with h tells: f(x+h) - f(x) ~ h**(1-p) with
p near 1 is a jump, with 0 < p < 1 an infinite slope; f(x+h) - 2 f(x) + f(x-h) ~ h is a kink (it is
~ h**2 where f is smooth); and where f has no value on one side, x is an edge of its domain.
"""

from __future__ import annotations

import math
from itertools import pairwise
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Any, NamedTuple

from .diagnosis import described, elements, number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EPS = 2.0**-52
TINY = 2.0**-1070
"""Nothing is known better than this: below 2**-1022, floats are on a grid of 2**-1074."""

LARGEST_STEP = 0.5  # times max(|x|, 1)
NEARBY = 2.0**-10  # times |x|: as far as `staircase` looks
LEAP = 64.0  # a difference that grows so much when h doubles is a jump
SMALLEST_STEP = 64  # ulp of x: less, and the steps x+h are too coarse
SHORTEST_STEP = 2.0**-80  # near 0 an ulp is next to nothing, and the ladder must end somewhere
ODD_STEPS = (-23.0, -5.0, 7.0, 19.0)  # ulp from x: no powers of two
ORDERS = 5  # Richardson extrapolations: more only amplify the noise

SLOW = 0.15  # an extrapolation of a smooth function changes less than this part of the one before

SAFETY = 10.0  # the bound on the error is an estimate: an error is called one only beyond this
ROUNDING = 8 * EPS  # what the gradient under judgement may have lost by honest arithmetic
SHARP = 1e-6  # a measurement that would miss a relative error of this size is "weak"
FLAT = 1e-9  # a slope known to be smaller than this, beside the size of f, is known to be 0 ...
FLATTEST = 1e-6  # ... and smaller than this, however large f is: of 1e15 + sin(x) nothing is known
VANISHING = 2.0**-900  # a function that is smaller is 0
BLUNT = 0.1  # one that cannot tell a slope from 0.9 times it is "coarse"

VISIBLE = 16.0  # times the noise: a difference that is not made of rounding errors
LEVELS = 8  # how many steps in a row must agree before a point is called a kink, a jump ...
STEEP, BROKEN = 0.1, 0.9  # p above the first: the slope is infinite; above the second: a jump


class Derivative(NamedTuple):
    """What is known of a slope.

    value, error  the slope lies within value ± error, and almost surely within SAFETY times that
    kind          smooth, weak (seen less sharply than 1e-6) or coarse (next to nothing is seen);
                  kink, jump, infinite, edge (of the domain), undefined, nondeterministic
    left, right   the one-sided slopes: nan where there is none
    """

    value: float
    error: float
    kind: str
    left: float
    right: float

    @property
    def tolerance(self) -> float:
        """How far a gradient may be from `value`."""
        return SAFETY * self.error + ROUNDING * math.fabs(self.value)

    def judge(self, gradient: float) -> str:
        """The verdict on a gradient.

        `ok`, `ok_weak` or `coarse` (consistent; how much was seen is `tolerance`), `wrong`, or the
        kind of a point where there is no slope. There a gradient counts as right that is the slope
        of one side, or anything between the two: libraries differ in what they choose.
        """
        kind = self.kind
        if kind in ("jump", "infinite", "undefined", "nondeterministic"):
            return kind
        blurred = SAFETY * self.error > SHARP * math.fabs(self.value)
        if kind == "coarse" or (kind == "edge" and blurred):
            return kind if isfinite(gradient) or kind == "edge" else "wrong"
        low = high = self.value
        if kind == "kink":
            low, high = min(self.left, self.right), max(self.left, self.right)
        tolerance = SAFETY * self.error + ROUNDING * max(math.fabs(low), math.fabs(high))
        if tolerance != tolerance:  # the range was left while measuring: nothing was seen
            return "coarse"
        if not low - tolerance <= gradient <= high + tolerance:
            return "wrong"
        return {"smooth": "ok", "weak": "ok_weak"}.get(kind, kind)

    def describe(self) -> str:
        """The kind in words."""
        slopes = f"slope {self.left:.6g} on the left, {self.right:.6g} on the right"
        return {
            "smooth": f"slope {self.value:.12g} ± {self.tolerance:.1g}",
            "weak": f"slope {self.value:.6g}; errors below {self.tolerance:.1g} cannot be seen",
            "coarse": "the slope cannot be measured here",
            "kink": f"not differentiable here: {slopes}",
            "jump": "not continuous here: the function jumps",
            "infinite": "the slope is infinite here",
            "edge": "the edge of the domain: the function has values on one side only",
            "undefined": "the function has no finite value here",
            "nondeterministic": "two evaluations at the same point differ",
        }[self.kind]


def numerical_derivative(
    f: Callable[[float], Any], x: float, noise: float | None = None, scale: float | None = None
) -> Derivative:
    """The slope of f at x, with a bound on the error of the measurement.

        >>> found = numerical_derivative(math.sin, 0.0)
        >>> abs(found.value - 1.0) <= found.error < 1e-9
        True

    f      a function of one float. It returns a number: a float, or an array or tensor of one element.
           Where it raises an arithmetic error or returns no finite real number, it is undefined
    noise  the uncertainty of one evaluation of f, if it is known: the rounding errors of large
           intermediate results. Without it, an ulp of the result, and more where the results scatter
    scale  the width of the narrowest feature that may be hidden in the noise. A ripple of the size
           of the noise has a slope of noise / width: steps longer than that see no more of it. By
           default |x|, and at least 1
    """
    x = float(x)
    scale = max(math.fabs(x), 1.0) if scale is None else scale
    here = _evaluate(f, x)
    again = _evaluate(f, x)
    if here != again and (here == here or again == again):
        return Derivative(nan, inf, "nondeterministic", nan, nan)
    if not isfinite(here):
        return Derivative(nan, inf, "undefined", nan, nan)
    best: Derivative | None = None
    for top in _tops(x):
        found = _Ladder(f, x, here, top, noise, scale).measure()
        if found.kind == "smooth":
            return found
        if best is None or found.error < best.error or best.kind in ("coarse", "undefined"):
            best = found
    assert best is not None
    return best


def staircase(f: Callable[[float], Any], x: float) -> float:
    """How high the steps are if f is a staircase of rounding errors near x; else 0.

    (1 - cos(x)) / x**2 at 1e-5 has such steps: 1 - cos(x) changes by 2**-53 or not at all. Between two of
    them f is smooth, and its slope there has nothing to do with that of the formula. Where a function is
    smooth, f(x+h) - 2 f(x) + f(x-h) quadruples when h doubles. A step makes it leap.
    """
    here = _evaluate(f, x)
    if not isfinite(here) or x == 0.0:
        return 0.0
    ladder = _Ladder(f, x, here, math.fabs(x) * NEARBY, None, math.fabs(x))
    largest = VISIBLE * max(ladder.noise, default=0.0)
    for bend in map(math.fabs, ladder.bends):
        if bend > LEAP * largest:
            return bend
        largest = max(largest, bend)
    return 0.0


def _tops(x: float) -> list[float]:
    """The largest step; very near 0, first one in the measure of x itself, then the usual one."""
    usual = max(math.fabs(x), 1.0) * LARGEST_STEP
    own = math.fabs(x) * LARGEST_STEP
    if own > 0.0 and SMALLEST_STEP * math.ulp(x) < SHORTEST_STEP:
        return [own, usual]
    return [usual]


def _evaluate(f: Callable[[float], Any], x: float) -> float:
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


class _Interval(NamedTuple):
    """value ± error, measured over a window of steps of which `start` is the smallest."""

    value: float
    error: float
    start: int = 0

    def meets(self, other: _Interval, slack: float = 1.0) -> bool:
        return math.fabs(self.value - other.value) <= slack * (self.error + other.error)


_NOTHING = _Interval(nan, inf)


class _Ladder:
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
            self.right.append(_evaluate(f, x + step))
            self.left.append(_evaluate(f, x - step))
        self.rights = _leading_finite(self.right)
        self.lefts = _leading_finite(self.left)
        self.both = min(self.rights, self.lefts)
        least = max(TINY, noise if noise is not None else 0.0)
        self.noise = [
            max(least, EPS * max(math.fabs(y) for y in (here, a, b) if isfinite(y)))
            for a, b in zip(self.right, self.left, strict=True)
        ]
        self.bends = [self.right[k] - 2.0 * here + self.left[k] for k in range(self.both)]

    def measure(self) -> Derivative:
        if self.lefts < LEVELS // 2 or self.rights < LEVELS // 2:
            return self._at_an_edge()
        for side in (self.right[: self.rights], self.left[: self.lefts]):
            kind = self._singular(side)
            if kind:
                return Derivative(nan, inf, kind, *self._slopes_where_there_are())
        kinked = self._kinked()
        self._raise_noise(kinked)
        if kinked:
            left, right = self._one_sided()
            error = max(left.error, right.error)
            if not left.meets(right, SAFETY):
                return Derivative(0.5 * (left.value + right.value), error, "kink", left.value, right.value)
        return self._smooth()

    # --- what kind of point is it? ---

    def _at_an_edge(self) -> Derivative:
        if max(self.lefts, self.rights) < LEVELS:
            return Derivative(nan, inf, "undefined", nan, nan)
        on_right = self.rights > self.lefts
        values = self.right[: self.rights] if on_right else self.left[: self.lefts]
        kind = self._singular(values)
        if kind == "infinite":
            sign = math.copysign(inf, values[0] - self.here)
            slopes = (nan, sign) if on_right else (-sign, nan)
            return Derivative(nan, inf, kind, *slopes)
        if kind:
            return Derivative(nan, inf, kind, nan, nan)
        found = self._walk(values, 1.0 if on_right else -1.0)
        slopes = (nan, found.value) if on_right else (found.value, nan)
        return Derivative(found.value, found.error, "edge", *slopes)

    def _singular(self, values: Sequence[float]) -> str:
        """ "jump" or "infinite", by how f(x+h) - f(x) shrinks with h; "" for a slope.

        Both show at the very smallest steps, where a difference that belongs to a slope is tiny.
        """
        shrinks = self._exponents([y - self.here for y in values], latest=2)
        if not shrinks:
            return ""
        p = 1.0 - middle(shrinks)
        if max(shrinks) - min(shrinks) > 0.25:
            return ""
        return "jump" if p > BROKEN else "infinite" if p > STEEP else ""

    def _kinked(self) -> bool:
        """Whether f(x+h) - 2 f(x) + f(x-h) goes with h, down to where it can no longer be seen."""
        start = self._first_visible(self.bends)
        growth = self._exponents(self.bends, latest=len(self.bends))
        if not growth or math.fabs(middle(growth) - 1.0) > 0.1:
            return False
        k = start + LEVELS // 2
        gap = math.fabs(self.bends[k]) / self.steps[k]
        below = start - 1
        return below < 0 or gap * self.steps[below] <= 2 * VISIBLE * self.noise[below]

    def _first_visible(self, differences: Sequence[float]) -> int:
        for k, difference in enumerate(differences):
            if math.fabs(difference) > VISIBLE * self.noise[k]:
                return k
        return len(differences)

    def _exponents(self, differences: Sequence[float], latest: int) -> list[float]:
        """q in difference ~ h**q, from step to step over the LEVELS smallest visible steps.

        Empty if they do not begin by the step number `latest`, or are not of one sign.
        """
        start = self._first_visible(differences)
        seen = differences[start : start + LEVELS + 1]
        if start > latest or len(seen) <= LEVELS:
            return []
        if not (all(d > 0.0 for d in seen) or all(d < 0.0 for d in seen)):
            return []
        return [math.log2(b / a) for a, b in pairwise(seen)]

    # --- the noise ---

    def _raise_noise(self, kinked: bool) -> None:
        """Where the values scatter more than by their last digit, believe the scatter.

        Of a smooth f, the second difference f(x+h) - 2 f(x) + f(x-h) quadruples when h doubles. One
        that stays about the same, while h doubles several times, is made of rounding errors. The
        search ends where the quadrupling has begun. At a kink it doubles, from the first one that is seen.
        """
        sizes = [math.fabs(bend) for bend in self.bends]
        smooth_from = self._first_visible(self.bends) if kinked else self._growth_begins(sizes)
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
        scatter = max(scatter, self._quantum(), self._ulp_of_x())
        if scatter > 0.0:
            self.noise = [max(noise, scatter) for noise in self.noise]

    def _growth_begins(self, sizes: Sequence[float]) -> int | None:
        """The first step from which on the second difference quadruples four times in a row."""
        growing = 0
        for k in range(len(sizes) - 1):
            quadruples = 3.0 < sizes[k + 1] / sizes[k] < 5.5 if sizes[k] > 0.0 else False
            growing = growing + 1 if quadruples else 0
            if growing == 4:
                return k - 3
        return None

    def _ulp_of_x(self) -> float:
        """How far f moves if x does by an ulp: arithmetic on x, as in x * x - 1, loses that much.

        The steps are powers of two, so that such an error can be the same at all of them, unseen.
        """
        if not self.both:
            return 0.0
        move = math.fabs(self.right[0] - self.left[0])
        return move * math.ulp(self.x) / (2.0 * self.steps[0])

    def _quantum(self) -> float:
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

    # --- the slope ---

    def _smooth(self) -> Derivative:
        central = self._walk_central()
        found = [central]
        left = right = central
        if SAFETY * central.error > SHARP * 1e-4 * math.fabs(central.value):
            left, right = self._one_sided()
            found = sorted((central, left, right), key=lambda interval: interval.error)
        best = found[0]
        value = best.value
        error = best.error + self._shift(best.start) + self._surprise(value, best.start)
        for other in found[1:]:
            if not best.meets(other, SAFETY):  # something is amiss: promise no more than both say
                error = max(error, math.fabs(best.value - other.value))
        flat = min(FLAT * self._size(), FLATTEST) / max(math.fabs(self.x), 1.0)
        wide = SAFETY * error
        kind = "smooth"
        zero = math.fabs(value) <= wide <= flat
        if wide > SHARP * math.fabs(value) and not zero:
            kind = "weak" if wide <= BLUNT * math.fabs(value) else "coarse"
        return Derivative(value, error, kind, left.value, right.value)

    def _size(self) -> float:
        """How large f is near x: compared with that, a slope may be as good as 0."""
        near = [k for k in range(self.both) if self.steps[k] <= 0.125 * max(math.fabs(self.x), 1.0)]
        values = [self.here, *(self.right[k] for k in near), *(self.left[k] for k in near)]
        return max(VANISHING, *map(math.fabs, values))

    def _shift(self, k: int) -> float:
        """How far the slope moves if x does by an ulp: |f''| ulp(x).

        Arithmetic inside f loses that much of x as soon as it multiplies it; the slope then measured
        is that of a point beside x. It matters where f turns quickly: sin(30 x) at 1e8.
        """
        if k >= self.both:
            return 0.0
        return math.ulp(self.x) / self.steps[k] * math.fabs(self.bends[k] / self.steps[k])

    def _surprise(self, slope: float, k: int) -> float:
        """What the slope cannot explain of f a few ulp beside x, as an error of the slope.

        The steps are powers of two: a function that oscillates too fast for them can look smooth at
        all of them.
        """
        worst = 0.0
        for ulps in ODD_STEPS:
            there = self.x + ulps * math.ulp(self.x)
            explained = self.here + slope * (there - self.x)
            surprise = math.fabs(_evaluate(self.f, there) - explained)
            worst = max(worst, surprise if surprise == surprise else 0.0)
        return worst / self.steps[k] if worst > VISIBLE * self.noise[0] else 0.0

    def _walk_central(self) -> _Interval:
        quotients = [(self.right[k] - self.left[k]) / (2.0 * self.steps[k]) for k in range(self.both)]
        # A quotient is uncertain by noise/h, and extrapolating at most doubles that:
        # the product of (4**j + 1) / (4**j - 1) is 2.
        return _narrowest(quotients, [2.0 * n / h for n, h in self._rungs()], 4.0)

    def _walk(self, values: Sequence[float], direction: float) -> _Interval:
        quotients = [direction * (y - self.here) / h for y, h in zip(values, self.steps, strict=False)]
        # 2 noise/h; the product of (2**j + 1) / (2**j - 1) over five orders is 7.7.
        return _narrowest(quotients, [16.0 * n / h for n, h in self._rungs()], 2.0)

    def _rungs(self) -> list[tuple[float, float]]:
        return [(n, min(h, self.scale)) for n, h in zip(self.noise, self.steps, strict=True)]

    def _one_sided(self) -> tuple[_Interval, _Interval]:
        return (
            self._walk(self.left[: self.lefts], -1.0),
            self._walk(self.right[: self.rights], 1.0),
        )

    def _slopes_where_there_are(self) -> tuple[float, float]:
        """The one-sided slopes at a jump or an infinite slope: of one side there may be one."""
        slopes = []
        for values, direction in (
            (self.left[: self.lefts], -1.0),
            (self.right[: self.rights], 1.0),
        ):
            kind = self._singular(values)
            if kind:
                slope = direction * math.copysign(inf, values[0] - self.here)
            else:
                slope = self._walk(values, direction).value
            slopes.append(slope)
        return slopes[0], slopes[1]


def middle(numbers: Sequence[float]) -> float:
    """The median, or the larger of the two in the middle."""
    return sorted(numbers)[len(numbers) // 2]


def _leading_finite(values: Sequence[float]) -> int:
    for k, y in enumerate(values):
        if not isfinite(y):
            return k
    return len(values)


def _narrowest(quotients: Sequence[float], round_off: Sequence[float], ratio: float) -> _Interval:
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
                window = _Interval(value, error, k - j)
        if not isfinite(window.value):
            break
        if best is not _NOTHING and not window.meets(best):
            break
        if window.error < best.error:
            best = window
    return best


__all__ = ["Derivative", "numerical_derivative"]
