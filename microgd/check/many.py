"""Rules of functions of many inputs, in bounded time.

It uses `probe`. A gradient of many inputs is compared along random directions: that costs the same for any
number of inputs. If it is wrong, each input is measured once, and `rules` asks its questions of some of the
wrong ones, while the other inputs keep their values.
"""

from __future__ import annotations

import math
import random
import re
from math import isfinite
from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis
from .findings import listed_some
from .numerical import numerical_derivative
from .probe import Point, Probe, times
from .rounding import EXACTLY, ROUNDED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MANY = 20
"""A function of more inputs is compared along directions."""

DIRECTIONS = 2
"""So many at each point."""

POINTS = 8
"""At so many points."""

LOCATED = 2
"""At so many points, each input is measured alone."""

MOST = 600
"""Of more inputs, a sample of so many is measured alone."""

CHOSEN = 4
"""So many inputs are looked at closely."""

CLOSELY = 8
"""At so many points."""


class Part(Probe):
    """Some of the inputs of a function of many; the others keep their values.

    The outputs at the positions of these inputs come first, so that each input may have an output of its own.
    """

    def __init__(
        self,
        whole: Probe,
        chosen: Sequence[int],
        rest: Sequence[float],
        points: int,
        seed: int,
    ) -> None:
        self.whole, self.chosen, self.rest = whole, list(chosen), list(rest)
        count = len(whole.points[0].outs)
        self.square = count == len(rest)
        first = self.chosen if self.square else []
        self.order = [*first, *(j for j in range(count) if j not in first)]

        def sample(random: random.Random) -> list[float]:
            drawn = whole.sample(random)
            return [drawn[i] for i in self.chosen]

        super().__init__(whole.f, whole.rule, sample, points, seed)
        self.names = [whole.names[i] for i in self.chosen]

    def _full(self, xs: Sequence[float]) -> list[float]:
        if len(xs) == len(self.rest):
            return list(xs)
        full = list(self.rest)
        for i, x in zip(self.chosen, xs, strict=True):
            full[i] = x
        return full

    def _called(self, xs: Sequence[float]) -> tuple[list[float], Any]:
        outs, like = super()._called(self._full(xs))
        return ([outs[j] for j in self.order] if len(outs) == len(self.order) else []), like

    def is_square(self) -> bool:
        """Whether each input has an output of its own."""
        return self.square and not self.scalar

    def all_inputs(self, p: Point) -> list[float]:
        """With those that keep their values."""
        return self._full(p.xs)

    def all_names(self) -> list[str]:
        """Those of the whole function."""
        return self.whole.names

    def looked_at(self, gradients: list[float]) -> list[float]:
        """The chosen ones."""
        return [gradients[i] for i in self.chosen]

    def as_outputs(self, p: Point) -> list[float]:
        """In the order of the outputs."""
        full = self._full(p.xs)
        return [full[j] for j in self.order]

    def in_order(self, outputs: Sequence[float]) -> list[float]:
        """Back in the order of the function."""
        found = [0.0] * len(self.order)
        for j, value in zip(self.order, outputs, strict=True):
            found[j] = value
        return found

    def said(self, message: str) -> str:
        """A message with the numbers that the outputs have in the function."""
        return re.sub(r"\b(out|g)\[(\d+)\]", lambda m: f"{m[1]}[{self.order[int(m[2])]}]", message)


class Whole(Probe):
    """A function of many inputs. The gradient is measured along directions only."""

    def __init__(self, f: Any, rule: Any, sample: Any, points: int, seed: int) -> None:
        self.directions: dict[Point, list[list[float]]] = {}
        super().__init__(f, rule, sample, min(points, POINTS), seed)
        self.names = [f"x[{i}]" for i in range(self.width)]

    def _measure(self, point: Point) -> bool:
        """Of each direction: right and error are those of the derivative along it."""
        self.directions[point] = []
        for _ in range(DIRECTIONS):
            v = [math.copysign(self.random.uniform(0.5, 1.5), self.random.random() - 0.5) for _ in point.xs]

            def along(t: float, v: Sequence[float] = v) -> float:
                return self.loss([x + t * d for x, d in zip(point.xs, v, strict=True)], point.gs)

            found = numerical_derivative(along, 0.0)
            self.kinds.add(found.kind)
            if found.kind not in ("smooth", "weak"):
                return False
            self.directions[point].append(v)
            point.right.append(found.value)
            point.error.append(found.tolerance)
        return True

    def loss(self, xs: Sequence[float], gs: Sequence[float]) -> float:
        """The sum of g * f."""
        outs = self.outputs(xs)
        return math.fsum(map(times, gs, outs)) if len(outs) == len(gs) else math.nan

    def error_of(self, p: Point) -> float:
        """How far the gradient is off along the worst direction, relative to its terms."""
        worst = 0.0
        for v, right, error in zip(self.directions[p], p.right, p.error, strict=True):
            terms = list(map(times, v, p.given))
            gap = max(0.0, math.fabs(math.fsum(terms) - right) - error)
            worst = max(worst, gap / max(math.fsum(map(math.fabs, terms)), math.fabs(right), 1e-300))
        return worst

    def wrong_at(self, p: Point) -> set[int]:
        """The inputs whose gradients are wrong at a point, by a measurement of each alone."""
        looked = range(self.width)
        if self.width > MOST:
            looked = sorted(self.random.sample(looked, MOST))  # type: ignore[assignment]
        scale = max(map(math.fabs, p.gs)) * 1e-9
        wrong = set()
        for i in looked:
            row = self._row(p, i)
            right = math.fsum(map(times, row, p.gs))
            size = math.fsum(math.fabs(a * b) for a, b in zip(row, p.gs, strict=True))
            if isfinite(right) and math.fabs(right - p.given[i]) > ROUNDED * size + scale:
                wrong.add(i)
        return wrong


def diagnosis_of_many(whole: Whole, judge: Callable[[Probe], Diagnosis], seed: int) -> Diagnosis:
    """Compare along directions; if that is wrong, look at some inputs closely.

    judge  the diagnosis of a probe
    """
    for point in whole.points:
        point.given = whole.ask(point)
    errors = {point: whole.error_of(point) for point in whole.points}
    worst = max(errors.values())
    count = len(whole.points)
    where = f"along {DIRECTIONS} random directions at all {count} points"
    if worst <= EXACTLY:
        return Diagnosis(True, "ok", (), f"The gradient of {whole.width} inputs is right {where}.")
    points = sorted(whole.points, key=lambda p: -errors[p])[:LOCATED]
    wrong = sorted(set().union(*(whole.wrong_at(p) for p in points)))
    if not wrong and worst <= ROUNDED:
        return Diagnosis(
            True,
            "ok_rounded",
            (),
            f"The gradient of {whole.width} inputs is right {where}, but it agrees to"
            f" {math.floor(-math.log10(worst))} digits only: float32 arithmetic, a rounded constant, or an"
            " eps?",
        )
    if not wrong:
        return Diagnosis(
            False,
            "unknown",
            (),
            f"The gradient of {whole.width} inputs is wrong along a random direction. No single input could"
            " be found that is wrong. Which step of the derivation can you check on its own?",
        )
    step = max(1.0, len(wrong) / CHOSEN)
    chosen = [wrong[int(k * step)] for k in range(min(CHOSEN, len(wrong)))]
    part = Part(whole, chosen, points[0].xs, CLOSELY, seed)
    found = judge(part)
    some = listed_some(whole.names[i] for i in wrong)
    if len(wrong) == 1:
        start = f"Of {whole.width} inputs, {some} gets a wrong gradient."
    else:
        start = f"{len(wrong)} of {whole.width} inputs get a wrong gradient: {some}."
    if found.ok:
        return Diagnosis(False, "unknown", tuple(wrong), f"{start} Do they have something in common?")
    return Diagnosis(False, found.key, tuple(wrong), f"{start} {part.said(found.message)}")
