"""How far to go along a direction: a length that meets the strong Wolfe conditions. `lbfgs` uses it.

The loss C along x + t · d is a function of the length t. A length is neither too long nor too short where

    C(t) <= C(0) + C1 · t · ∂C/∂t(0)        the loss has become smaller by enough, and
    |∂C/∂t(t)| <= C2 · |∂C/∂t(0)|           it changes less than at the start

The search is that of Nocedal and Wright 2006, "Numerical Optimization": algorithm 3.5 goes forward until two
lengths enclose such a t, 3.6 closes in on it. The lengths that are tried are PyTorch's.
"""

from __future__ import annotations

import math
from operator import mul
from typing import NamedTuple

from ..ops import as_float, div
from .optimizer import _data, _grad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from ..value import Value

C1, C2 = 1e-4, 0.9
MOST = 25
"""How many lengths are tried after the first."""
NARROW = 1e-9
"""If no parameter differs by this between two lengths, nothing is looked for between them."""


class Point(NamedTuple):
    """A length, and there the loss, its gradient, and ∂C/∂t."""

    t: float
    loss: float
    gradient: list[float]
    partial: float


class Line:
    """The line x + t · d through the parameters. `closure` computes the loss and the gradient at a point."""

    def __init__(self, params: list[Value], closure: Callable[[], Any]) -> None:
        self.params, self.closure = params, closure
        self.evaluations = 0

    def start(self, direction: list[float], loss: float, gradient: list[float]) -> Point:
        """The line goes from here in this direction. The loss here is known."""
        self.direction, self.numbers = direction, list(map(_data.__get__, self.params))
        return Point(0.0, loss, gradient, dot(gradient, direction))

    def go(self, t: float) -> None:
        """Give the parameters the numbers that they have at a length."""
        any(map(_data.__set__, self.params, [x + t * d for x, d in zip(self.numbers, self.direction)]))

    def at(self, t: float) -> Point:
        self.go(t)
        _, loss, gradient = self.evaluate()
        return Point(t, loss, gradient, dot(gradient, self.direction))

    def evaluate(self) -> tuple[Any, float, list[float]]:
        """What the closure returns, the loss as a number, and the gradient: 0 where none arrived."""
        returned = self.closure()
        if returned is None:
            raise TypeError("the closure returned None, expected the loss: is `return loss` missing?")
        self.evaluations += 1
        loss = as_float(returned.item() if hasattr(returned, "item") else returned)
        return returned, loss, [0.0 if g is None else g for g in map(_grad.__get__, self.params)]


def dot(a: Iterable[float], b: Iterable[float]) -> float:
    """The sum of the products"""
    return sum(map(mul, a, b))


def strong_wolfe(
    at: Callable[[float], Point], start: Point, t: float, size: float, most: int = MOST
) -> Point:
    """A point that meets the conditions. If none is found in time, the better end of the last interval.

    at     computes the point of a length
    start  the point of the length 0, with a partial below 0
    t      the length to try first
    size   the largest |d|
    most   how many lengths may be tried after the first, but never more than MOST
    """

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + C1 * point.t * start.partial

    def flat(point: Point) -> bool:
        return abs(point.partial) <= -C2 * start.partial

    most, tries = min(most, MOST), 0
    last, point = start, at(t)
    while tries < most:
        if too_high(point) or (tries > 1 and point.loss >= last.loss):
            break
        if flat(point):
            return point
        if point.partial >= 0.0:
            break
        bounds = point.t + 0.01 * (point.t - last.t), 10.0 * point.t
        last, point = point, at(lowest(last, point, *bounds))
        tries += 1
    else:
        last = start

    ends = [last, point]
    low = _lower(ends)
    stuck = False  # whether the last length was nearly one of the ends
    while tries < most and not abs(ends[1].t - ends[0].t) * size < NARROW:
        left, right = sorted((ends[0].t, ends[1].t))
        t, margin = lowest(ends[0], ends[1], left, right), 0.1 * (right - left)
        near = min(right - t, t - left) < margin
        if near and (stuck or not left < t < right):
            t = right - margin if right - t < t - left else left + margin
            near = False
        stuck = near
        point = at(t)
        tries += 1
        if too_high(point) or point.loss >= ends[low].loss:
            ends[1 - low] = point
            low = _lower(ends)
        elif flat(point):
            return point
        else:
            if point.partial * (ends[1 - low].t - ends[low].t) >= 0.0:
                ends[1 - low] = ends[low]
            ends[low] = point
    return ends[low]


def _lower(ends: list[Point]) -> int:
    return 0 if ends[0].loss <= ends[1].loss else 1


def lowest(one: Point, other: Point, nearest: float, farthest: float) -> float:
    """Where the cubic with the losses and partials of two points is lowest (formula 3.59), within bounds.

    The middle of the bounds if the cubic is lowest nowhere.
    """
    a, b = (one, other) if one.t <= other.t else (other, one)
    d1 = a.partial + b.partial - 3.0 * div(a.loss - b.loss, a.t - b.t)
    square = d1 * d1 - a.partial * b.partial
    if not square >= 0.0:
        return (nearest + farthest) / 2.0
    d2 = math.sqrt(square)
    t = b.t - (b.t - a.t) * div(b.partial + d2 - d1, b.partial - a.partial + 2.0 * d2)
    return min(max(t, nearest), farthest)
