"""Mistakes in the step of any optimizer: its sign, its rate, its gradient, which parameters move.

It uses `known` and `updates`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .known import ADAM, ALL, known, momentum, no_momentum
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
    "no-lr", ALL, "lr has no effect: each step is as long as with lr = 1. Where is it a factor of the step?"
)
class _NoRate(Rule):
    def factor(self) -> float:
        return float(super().factor() / self.o["lr"])


@known("assign", ALL, "The step replaces the parameter: its old value is lost. Is = written for -=?")
class _Assigned(Rule):
    def moved(self, new: float) -> float:
        return super().moved(new) - self.p


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


@known(
    "read-once",
    ALL,
    "Step 1 is right; from step 2 on nothing moves. Are the parameters kept in an iterator (zip, map, a"
    " generator), which can be read once?",
)
class _ReadOnce(Rule):
    def moved(self, new: float) -> float:
        return super().moved(new) if self.t == 1 else self.p


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


@known(
    "reversed-gradients", ALL, "The gradients reach the parameters in reversed order. Which belongs to which?"
)
class _Reversed(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return super().seen(gs, ps)[::-1]


@known("sign-of-gradient", ALL, "Only the sign of the gradient counts, not its size. Where is the size lost?")
class _OfSigns(Rule):
    of_zero = 0.0

    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return [math.copysign(1.0, g) if g else self.of_zero for g in super().seen(gs, ps)]


@known(
    "sign-0-negative",
    ALL,
    "Only the sign of the gradient counts, not its size, and 0 counts as negative. Where is the size lost?",
)
class _ZeroNegative(_OfSigns):
    of_zero = -1.0


@known(
    "sign-0-positive",
    ALL,
    "Only the sign of the gradient counts, not its size, and 0 counts as positive. Where is the size lost?",
)
class _ZeroPositive(_OfSigns):
    of_zero = 1.0


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


@known(
    "times-gradient",
    ALL,
    "The gradient is multiplied by its own size: twice the gradient gives four times the step. Is it in the"
    " product twice?",
)
class _TimesSize(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return [g * abs(g) for g in super().seen(gs, ps)]


@known(
    "squared-gradient", ALL, "Every step goes the same way: the gradient is squared. Where is its sign lost?"
)
class _Squared(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return [g * g for g in super().seen(gs, ps)]


@known(
    "abs-gradient", ALL, "Every step goes the same way: the gradient has no sign. Is there an abs too many?"
)
class _Abs(Rule):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return [abs(g) for g in super().seen(gs, ps)]


class _Starting(Rule):
    """What is kept does not start at 0 but at `first`."""

    names: tuple[str, ...] = ("momentum_buffer", "exp_avg", "exp_avg_sq", "square_avg", "sum", "grad_avg")

    def first(self, name: str) -> float:
        return 1.0

    def before(self) -> None:
        super().before()
        if self.t == 1:
            self.state.update({name: self.first(name) for name in self.names if name in self.state})


known(
    "starts-at-1",
    ALL,
    "What is kept from step to step starts at 1. Where does the sum of no gradients start?",
)(_Starting)


@known("m-starts-at-1", ADAM, "m starts at 1, v at 0. Where does the mean of no gradients start?")
class _MStarting(_Starting):
    names = ("exp_avg",)


@known("v-starts-at-1", ADAM, "v starts at 1, m at 0. Where does the mean of no squares start?")
class _VStarting(_Starting):
    names = ("exp_avg_sq",)


@known(
    "starts-at-gradient",
    ALL,
    "What is kept starts as the first gradient, and then takes it in once more. Is it counted twice in step"
    " 1?",
)
class _StartingAtGradient(_Starting):
    def first(self, name: str) -> float:
        return self.g * self.g if name in ("exp_avg_sq", "square_avg", "sum") else self.g


def _not_a_factor(o: dict[str, Any]) -> bool:
    return bool(o.get("momentum", 1.0))  # without momentum, it is lr that is twice as large


@known(
    "moves-twice",
    ALL,
    "Each step is taken twice with the same gradient. Is step() called twice?",
    _not_a_factor,
)
class _Twice(Rule):
    def moved(self, new: float) -> float:
        return self.updated(super().moved(new), self.g, self.state)


@known(
    "stale_gradient", ALL, "Every step has the gradient of the first. Is backward() called anew in each step?"
)
class _StaleGradient(Rule):
    def prepare(self) -> None:
        super().prepare()
        self.gs: list[float] = []

    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        self.gs = self.gs or super().seen(gs, ps)
        return self.gs


@known(
    "from-the-start",
    ALL,
    "Each step is taken from the first values of the parameters, not from where the last step ended. Which"
    " value is kept?",
)
class _FromTheStart(Rule):
    def prepare(self) -> None:
        super().prepare()
        self.firsts: dict[int, float] = {}

    def moved(self, new: float) -> float:
        return self.firsts.setdefault(self.k, self.p) + (super().moved(new) - self.p)
