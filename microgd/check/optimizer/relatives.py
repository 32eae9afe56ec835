"""Mistakes by which an optimizer is another one: RMSprop for Adam, with amsgrad or without.

It uses `known` and `updates`.
"""

from __future__ import annotations

from typing import Any

from .known import ADAM, MEANS, known, no_momentum, with_options
from .updates import Rule


class _ByOther(Rule):
    """Another optimizer in this one's name."""

    def become(self, kind: str, **options: Any) -> None:
        kept = {key: self.o[key] for key in ("lr", "eps", "maximize")}
        kept["weight_decay"] = 0.0 if self.o.get("decoupled_weight_decay") else self.o["weight_decay"]
        self.kind, self.o = kind, {**Rule(kind, {}, 0).o, **kept, **options}


@known("adam-is-sgd", MEANS, "This is plain gradient descent. Where are the moments?")
class _IsSgd(_ByOther):
    def prepare(self) -> None:
        super().prepare()
        self.become("sgd")


@known(
    "is-rmsprop", ADAM, "This is RMSprop: there is no m, and nothing is corrected. Where is the average m?"
)
class _IsRmsprop(_ByOther):
    def prepare(self) -> None:
        super().prepare()
        self.become("rmsprop", alpha=self.o["betas"][1])


@known(
    "is-adagrad",
    ("rmsprop",),
    "This is Adagrad: the squares are added up, so that the steps only get shorter. What should forget the"
    " old ones?",
)
class _IsAdagrad(_ByOther):
    def prepare(self) -> None:
        super().prepare()
        self.become("adagrad")


@known(
    "rms-bias",
    ("rmsprop",),
    "v is corrected for its start at 0, as in Adam. torch's RMSprop does not do that. Which is wanted?",
    no_momentum,
)
class _RmsBias(_ByOther):
    def prepare(self) -> None:
        super().prepare()
        self.become("adam", betas=(0.0, self.o["alpha"]))


def _flag(option: str, what: str, kinds: tuple[str, ...]) -> None:
    with_options(
        f"{option}-forgot",
        kinds,
        f"{option} has no effect: {what}. Where is it kept?",
        lambda o: bool(o[option]),
        lambda o: {option: False},
    )
    with_options(
        f"{option}-unasked",
        kinds,
        f"These are the steps with {option}=True, and it was not asked for. Is it always on?",
        lambda o: not o[option],
        lambda o: {option: True},
    )


_flag("amsgrad", "it divides by the last v, not by the largest so far", ADAM)
_flag("centered", "the square of the mean gradient is not taken from v", ("rmsprop",))
