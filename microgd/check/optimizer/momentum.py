"""Mistakes in momentum.

It uses `known` and `updates`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .known import ALL, SGD, known, momentum, with_options
from .updates import Rule

if TYPE_CHECKING:
    pass


with_options(
    "mom-forgot",
    ("sgd", "rmsprop"),
    "Momentum has no effect. Is the velocity kept from step to step?",
    momentum,
    lambda o: {"momentum": 0.0, "nesterov": False},
)


@known(
    "mom-ema",
    ("sgd", "rmsprop"),
    "Every step is exactly (1 - momentum) times the right one: an average. torch adds g whole. Which is"
    " wanted?",
    momentum,
)
class _Average(Rule):
    def factor(self) -> float:
        return float(super().factor() * (1.0 - self.o["momentum"]))


with_options(
    "mom-ema-later",
    SGD,
    "Step 1 is right; from step 2 on the new gradient counts only (1 - momentum) times: an average. torch"
    " adds g whole. Which is wanted?",
    momentum,
    lambda o: {"dampening": o["momentum"]},
)
with_options(
    "mom-minus",
    ("sgd", "rmsprop"),
    "Step 1 is right; step 2 subtracts the velocity. Which sign has momentum * v?",
    momentum,
    lambda o: {"momentum": -o["momentum"]},
)


@known(
    "mom-late",
    ("sgd", "rmsprop"),
    "The effect comes one step late: step 1 moves nothing. Is the parameter moved before its velocity is"
    " new?",
    momentum,
)
class _VelocityLate(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        old = state["momentum_buffer"] or 0.0
        super().updated(p, g, state, **changed)
        return float(p - self.factor() * self.o["lr"] * old)


class Shared(Rule):
    """All parameters use the state of the first."""

    def slot(self, k: int) -> int:
        """The first."""
        return 0


known("mom-shared", SGD, "The parameters share one velocity. Does each have its own?", momentum)(Shared)
with_options(
    "mom-nesterov",
    SGD,
    "This is Nesterov's momentum: it looks one step ahead. Is that wanted?",
    lambda o: bool(o["momentum"]) and not o["nesterov"],
    lambda o: {"nesterov": True, "dampening": 0.0},
)
with_options(
    "nesterov-forgot",
    SGD,
    "The step goes along g + momentum * (the old velocity), which is the new velocity: these are the steps"
    " without nesterov. With which velocity does Nesterov's momentum look one step ahead?",
    lambda o: bool(o["nesterov"]),
    lambda o: {"nesterov": False},
)


@known(
    "nesterov-alone",
    SGD,
    "The step goes along momentum * v, without the gradient. What does Nesterov's momentum add to it?",
    lambda o: bool(o["nesterov"]),
)
class _NesterovAlone(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        super().updated(p, g, state, **changed)
        return float(p - self.factor() * self.o["lr"] * self.o["momentum"] * state["momentum_buffer"])


with_options(
    "damp-forgot",
    SGD,
    "dampening has no effect. By what is the new gradient multiplied before the velocity takes it in?",
    lambda o: bool(o["momentum"] and o["dampening"]),
    lambda o: {"dampening": 0.0},
)
with_options(
    "damp-itself",
    SGD,
    "The gradient is multiplied by dampening itself. Is it 1 - dampening that should be there?",
    lambda o: bool(o["momentum"] and o["dampening"]),
    lambda o: {"dampening": 1.0 - o["dampening"]},
)


@known(
    "damp-first",
    SGD,
    "Step 1 is dampened already; in torch the velocity starts as the first gradient, whole. Which is wanted?",
    lambda o: bool(o["momentum"] and o["dampening"]),
)
class _DampedFirst(Rule):
    def empty(self) -> dict[str, Any]:
        return {**super().empty(), "momentum_buffer": 0.0}


with_options(
    "maximize-forgot",
    ALL,
    "maximize has no effect: it goes downhill. Which sign does the gradient get?",
    lambda o: bool(o["maximize"]),
    lambda o: {"maximize": False},
)


@known(
    "gradient-added",
    SGD,
    "The step goes along g + v, and v has g in it already. Is it added twice?",
    momentum,
)
class _GradientAdded(Rule):
    def moved(self, new: float) -> float:
        return super().moved(new) - self.factor() * self.o["lr"] * self.g


@known(
    "nesterov-of-v",
    SGD,
    "The step goes along v + momentum * v. What does Nesterov's momentum add to momentum * v?",
    lambda o: bool(o["nesterov"]),
)
class _NesterovOfV(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        super().updated(p, g, state, **changed)
        along = (1.0 + self.o["momentum"]) * state["momentum_buffer"]
        return float(p - self.factor() * self.o["lr"] * along)


@known(
    "mom-of-parameter",
    SGD,
    "momentum multiplies the parameter, so that it grows by itself. Is it the last step that should be"
    " multiplied?",
    momentum,
)
class _OfParameter(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        off = {"momentum": 0.0, "nesterov": False}
        return super().updated(p, g, state, **(changed | off)) + float(self.o["momentum"] * p)
