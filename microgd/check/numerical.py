"""The slope of a plain function, measured, with a bound on the error of the measurement.

It uses `ladder` (f at many steps), `extrapolation`, `waves` (what such steps do not see) and `derivative`
(the verdict on a gradient). `gradients` compares backward passes with it, and `rules` backward rules.

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
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Any

from .derivative import EPS, SAFETY, SHARP, Derivative
from .extrapolation import Interval, narrowest
from .ladder import LARGEST_STEP, LEVELS, SHORTEST_STEP, SMALLEST_STEP, TINY, VISIBLE, Ladder, evaluate
from .waves import ripple, surprise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NEARBY = 2.0**-10  # times |x|: as far as `staircase` looks
LEAP = 64.0  # a difference that grows so much when h doubles is a jump
WILD = 1e6  # times the rounding errors: where values scatter so much, longer steps see nothing true
FLAT = 1e-9  # a slope known to be smaller than this, beside the size of f, is known to be 0 ...
FLATTEST = 1e-6  # ... and smaller than this, however large f is: of 1e15 + sin(x) nothing is known
VANISHING = 2.0**-900  # a function that is smaller is 0
BLUNT = 0.1  # one that cannot tell a slope from 0.9 times it is "coarse"
STEEP, BROKEN = 0.1, 0.9  # p above the first: the slope is infinite; above the second: a jump


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
    here = evaluate(f, x)
    again = evaluate(f, x)
    if here != again and (here == here or again == again):
        return Derivative(nan, inf, "nondeterministic", nan, nan)
    if not isfinite(here):
        return Derivative(nan, inf, "undefined", nan, nan)
    best: Derivative | None = None
    for top in _tops(x):
        ladder = Ladder(f, x, here, top, noise, scale)
        found = _measure(ladder)
        if found.kind == "smooth" or (found.kind == "coarse" and max(ladder.noise) > WILD * ladder.floor):
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
    here = evaluate(f, x)
    if not isfinite(here) or x == 0.0:
        return 0.0
    ladder = Ladder(f, x, here, math.fabs(x) * NEARBY, None, math.fabs(x))
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


def _measure(ladder: Ladder) -> Derivative:
    if ladder.lefts < LEVELS // 2 or ladder.rights < LEVELS // 2:
        return _at_an_edge(ladder)
    for side in (ladder.right[: ladder.rights], ladder.left[: ladder.lefts]):
        kind = _singular(ladder, side)
        if kind:
            return Derivative(nan, inf, kind, *_slopes_where_there_are(ladder))
    kinked = _kinked(ladder)
    ladder.raise_noise(kinked)
    if kinked:
        left, right = _one_sided(ladder)
        error = max(left.error, right.error)
        if not left.meets(right, SAFETY):
            return Derivative(0.5 * (left.value + right.value), error, "kink", left.value, right.value)
    return _smooth(ladder)


def _at_an_edge(ladder: Ladder) -> Derivative:
    if max(ladder.lefts, ladder.rights) < LEVELS:
        return Derivative(nan, inf, "undefined", nan, nan)
    on_right = ladder.rights > ladder.lefts
    values = ladder.right[: ladder.rights] if on_right else ladder.left[: ladder.lefts]
    kind = _singular(ladder, values)
    if kind == "infinite":
        sign = math.copysign(inf, values[0] - ladder.here)
        slopes = (nan, sign) if on_right else (-sign, nan)
        return Derivative(nan, inf, kind, *slopes)
    if kind:
        return Derivative(nan, inf, kind, nan, nan)
    found = _walk(ladder, values, 1.0 if on_right else -1.0)
    slopes = (nan, found.value) if on_right else (found.value, nan)
    return Derivative(found.value, found.error, "edge", *slopes)


def _singular(ladder: Ladder, values: Sequence[float]) -> str:
    """ "jump" or "infinite", by how f(x+h) - f(x) shrinks with h; "" for a slope.

    Both show at the very smallest steps, where a difference that belongs to a slope is tiny.
    """
    shrinks = ladder.exponents([y - ladder.here for y in values], latest=2)
    if not shrinks:
        return ""
    p = 1.0 - middle(shrinks)
    if max(shrinks) - min(shrinks) > 0.25:
        return ""
    return "jump" if p > BROKEN else "infinite" if p > STEEP else ""


def _kinked(ladder: Ladder) -> bool:
    """Whether f(x+h) - 2 f(x) + f(x-h) goes with h, down to where it can no longer be seen."""
    start = ladder.first_visible(ladder.bends)
    growth = ladder.exponents(ladder.bends, latest=len(ladder.bends))
    if not growth or math.fabs(middle(growth) - 1.0) > 0.1:
        return False
    k = start + LEVELS // 2
    gap = math.fabs(ladder.bends[k]) / ladder.steps[k]
    below = start - 1
    return below < 0 or gap * ladder.steps[below] <= 2 * VISIBLE * ladder.noise[below]


def _smooth(ladder: Ladder) -> Derivative:
    central = _walk_central(ladder)
    found = [central]
    left = right = central
    if SAFETY * central.error > SHARP * 1e-4 * math.fabs(central.value):
        left, right = _one_sided(ladder)
        found = sorted((central, left, right), key=lambda interval: interval.error)
    best = found[0]
    value = best.value
    error = best.error + _shift(ladder, best.start) + surprise(ladder, value, best.start)
    error += ripple(ladder, best.start)
    for other in found[1:]:
        if not best.meets(other, SAFETY):  # something is amiss: promise no more than both say
            error = max(error, math.fabs(best.value - other.value))
    flat = min(FLAT * _size(ladder), FLATTEST) / max(math.fabs(ladder.x), 1.0)
    wide = SAFETY * error
    kind = "smooth"
    zero = math.fabs(value) <= wide <= flat
    if wide > SHARP * math.fabs(value) and not zero:
        kind = "weak" if wide <= BLUNT * math.fabs(value) else "coarse"
    return Derivative(value, error, kind, left.value, right.value)


def _size(ladder: Ladder) -> float:
    """How large f is near x: compared with that, a slope may be as good as 0."""
    near = [k for k in range(ladder.both) if ladder.steps[k] <= 0.125 * max(math.fabs(ladder.x), 1.0)]
    values = [ladder.here, *(ladder.right[k] for k in near), *(ladder.left[k] for k in near)]
    return max(VANISHING, *map(math.fabs, values))


def _shift(ladder: Ladder, k: int) -> float:
    """How far the slope moves if x does by an ulp: |f''| ulp(x).

    Arithmetic inside f loses that much of x as soon as it multiplies it; the slope then measured
    is that of a point beside x. It matters where f turns quickly: sin(30 x) at 1e8.
    """
    if k >= ladder.both:
        return 0.0
    return math.ulp(ladder.x) / ladder.steps[k] * math.fabs(ladder.bends[k] / ladder.steps[k])


def _walk_central(ladder: Ladder) -> Interval:
    quotients = [(ladder.right[k] - ladder.left[k]) / (2.0 * ladder.steps[k]) for k in range(ladder.both)]
    # A quotient is uncertain by noise/h, and extrapolating at most doubles that:
    # the product of (4**j + 1) / (4**j - 1) is 2.
    return narrowest(quotients, [2.0 * n / h for n, h in ladder.rungs()], 4.0)


def _walk(ladder: Ladder, values: Sequence[float], direction: float) -> Interval:
    quotients = [direction * (y - ladder.here) / h for y, h in zip(values, ladder.steps, strict=False)]
    # 2 noise/h; the product of (2**j + 1) / (2**j - 1) over five orders is 7.7.
    return narrowest(quotients, [16.0 * n / h for n, h in ladder.rungs()], 2.0)


def _one_sided(ladder: Ladder) -> tuple[Interval, Interval]:
    return (
        _walk(ladder, ladder.left[: ladder.lefts], -1.0),
        _walk(ladder, ladder.right[: ladder.rights], 1.0),
    )


def _slopes_where_there_are(ladder: Ladder) -> tuple[float, float]:
    """The one-sided slopes at a jump or an infinite slope: of one side there may be one."""
    slopes = []
    for values, direction in (
        (ladder.left[: ladder.lefts], -1.0),
        (ladder.right[: ladder.rights], 1.0),
    ):
        kind = _singular(ladder, values)
        if kind:
            slope = direction * math.copysign(inf, values[0] - ladder.here)
        else:
            slope = _walk(ladder, values, direction).value
        slopes.append(slope)
    return slopes[0], slopes[1]


def middle(numbers: Sequence[float]) -> float:
    """The median, or the larger of the two in the middle."""
    return sorted(numbers)[len(numbers) // 2]


__all__ = [
    "BLUNT",
    "EPS",
    "TINY",
    "VANISHING",
    "Derivative",
    "middle",
    "numerical_derivative",
    "staircase",
]
