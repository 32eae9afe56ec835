"""Mistakes in the step of any optimizer: its sign, its rate, its gradient, which parameters move.

It uses `known` and `updates`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .known import ALL, known, momentum, no_momentum
from .updates import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence


@known("frozen", ALL, "The parameters do not move. Is the new value stored back in .data?")
class _Frozen(Rule):
    def moved(self, new: float) -> float:
        return self.p


@known(
    "sgd-plus", ALL, "It goes uphill: every step has the right size and the wrong sign. Is + written for -?"
)
class _Uphill(Rule):
    def factor(self) -> float:
        return -super().factor()


@known(
    "sgd-no-zero",
    ALL,
    "Step 1 is right; from step 2 on the old gradients are still added. Where are they set to 0 (zero_grad)?",
)
class _Summed(Rule):
    def prepare(self) -> None:
        super().prepare()
        self.sums: list[float] = []

    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        self.sums = [a + b for a, b in zip(self.sums or [0.0] * len(gs), gs, strict=True)]
        return list(self.sums)


class _TimesRate(Rule):
    def factor(self) -> float:
        return float(super().factor() * self.o["lr"])


known(
    "sgd-lr-twice", ALL, "Each step is exactly lr times too small. Is lr in the product twice?", no_momentum
)(_TimesRate)
known(
    "mom-lr-twice",
    ("sgd", "rmsprop"),
    "Each step is exactly lr times too small. Is lr both inside the velocity and outside?",
    momentum,
)(_TimesRate)


@known(
    "late",
    ALL,
    "The effect comes one step late: step 1 moves nothing, and each later step is the right one before it. Is"
    " the parameter moved before the new gradient is used?",
)
class _Late(Rule):
    def prepare(self) -> None:
        super().prepare()
        self.last: list[float] = []

    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        last, self.last = self.last or [0.0] * len(gs), gs
        return last

    def time(self, k: int) -> float:
        return max(1.0, super().time(k) - 1.0)


@known("only-first", ALL, "Only the first parameter moves. Does the loop go over all of them?")
class _OnlyFirst(Rule):
    def moved(self, new: float) -> float:
        return super().moved(new) if self.k == 0 else self.p


@known("only-last", ALL, "Only the last parameter moves. Is the update inside the loop over the parameters?")
class _OnlyLast(Rule):
    def moved(self, new: float) -> float:
        return super().moved(new) if self.k == len(self.states) - 1 else self.p


@known(
    "first-gradient", ALL, "Every parameter moves by the gradient of the first. Which gradient belongs to it?"
)
class _FirstGradient(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        return [gs[0]] * len(gs)


@known(
    "last-gradient", ALL, "Every parameter moves by the gradient of the last. Which gradient belongs to it?"
)
class _LastGradient(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        return [gs[-1]] * len(gs)


@known("sign-of-gradient", ALL, "Only the sign of the gradient counts, not its size. Where is the size lost?")
class _OfSigns(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return [math.copysign(1.0, g) if g else 0.0 for g in super().seen(gs, ps)]


@known(
    "normed-gradient",
    ALL,
    "The gradient is divided by its own length: twice the gradient gives the same step. Is that wanted?",
)
class _Normed(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        length = math.hypot(*gs) or 1.0
        return [g / length for g in gs]


@known("clipped-gradient", ALL, "Gradients beyond 1 act as if they were 1. Is that limit wanted?")
class _Clipped(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return [max(-1.0, min(1.0, g)) for g in super().seen(gs, ps)]


@known(
    "times-parameter",
    ALL,
    "Each step is multiplied by the parameter itself. Where does that factor come from?",
)
class _TimesParameter(Rule):
    def moved(self, new: float) -> float:
        return self.p + (super().moved(new) - self.p) * self.p
