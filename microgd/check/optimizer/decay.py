"""Mistakes in weight decay.

It uses `known` and `updates`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .known import ALL, decay, known, with_options
from .updates import Rule

if TYPE_CHECKING:
    pass


with_options(
    "wd-forgot",
    ALL,
    "Weight decay has no effect. Where is it added to the gradient?",
    decay,
    lambda o: {"weight_decay": 0.0},
)
with_options(
    "wd-sign",
    ALL,
    "Weight decay pushes the parameters away from 0. Which sign should it have?",
    decay,
    lambda o: {"weight_decay": -o["weight_decay"]},
)


class _Beside(Rule):
    """The decay is beside the step; `share` says how much of the parameter it takes."""

    def share(self) -> float:
        return float(self.o["lr"] * self.o["weight_decay"])

    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        return super().updated(p, g, state, **(changed | {"weight_decay": 0.0})) - self.share() * p


@known(
    "wd-decoupled",
    ("sgd", "adam", "rmsprop", "adagrad"),
    "Weight decay shrinks the parameter beside the step; torch adds it to the gradient. Which of the two"
    " is wanted?",
    decay,
)
class _Decoupled(_Beside):
    pass


@known(
    "wd-no-lr",
    ALL,
    "Weight decay shrinks the parameter beside the step, by weight_decay itself and not by lr * weight_decay."
    " Is lr in that product?",
    decay,
)
class _NoRate(_Beside):
    def share(self) -> float:
        return float(self.o["weight_decay"])


@known(
    "wd-coupled",
    ("adamw",),
    "Weight decay goes into the gradient, as in Adam. Which part of AdamW does it shrink directly?",
    decay,
)
class _Coupled(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        return super().updated(p, g, state, **(changed | {"decoupled_weight_decay": False}))


@known(
    "wd-after",
    ("adamw",),
    "Weight decay is taken from the parameter after the step; torch takes it before. Does the order matter?",
    decay,
)
class _After(_Beside):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        return (super().updated(p, g, state, **changed) + self.share() * p) * (1.0 - self.share())


@known(
    "wd-of-gradient",
    ALL,
    "Weight decay multiplies the gradient. Is the gradient written where the parameter should be?",
    decay,
)
class _OfGradient(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        grown = g * (1.0 + self.o["weight_decay"])
        return super().updated(p, grown, state, **(changed | {"weight_decay": 0.0}))


@known(
    "wd-abs",
    ("sgd", "adam", "rmsprop", "adagrad"),
    "Weight decay adds the same number to every gradient, whatever the size of its parameter: that is the"
    " derivative of |p|. Is the penalty |p| or p**2?",
    decay,
)
class _OfSign(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        grown = g + self.o["weight_decay"] * math.copysign(1.0, p)
        return super().updated(p, grown, state, **(changed | {"weight_decay": 0.0}))
