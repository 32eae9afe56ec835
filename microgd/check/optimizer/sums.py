"""Mistakes in setting gradients to 0.

It uses `known` and `updates`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .known import ALL, known
from .updates import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence


@known(
    "sgd-no-zero",
    ALL,
    "Step 1 is right; from step 2 on the old gradients are still added. Where are they set to 0 (zero_grad)?",
)
class _Summed(Rule):
    def prepare(self) -> None:
        super().prepare()
        self.sums: list[float] = []

    def kept(self, k: int) -> bool:
        return True

    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        gs = super().seen(gs, ps)
        old = self.sums or [0.0] * len(gs)
        self.sums = [g + s * self.kept(k) for k, (g, s) in enumerate(zip(gs, old, strict=True))]
        return list(self.sums)


@known(
    "zero-only-first",
    ALL,
    "Only the gradient of the first parameter is set to 0: the others add up. Which loop sets them to 0?",
)
class _ZeroOnlyFirst(_Summed):
    def kept(self, k: int) -> bool:
        return k > 0


@known(
    "zero-only-last",
    ALL,
    "Only the last gradient is set to 0: the others add up. Is that line inside the loop?",
)
class _ZeroOnlyLast(_Summed):
    def kept(self, k: int) -> bool:
        return k < len(self.states) - 1


@known(
    "zero-sometimes",
    ALL,
    "Gradients are set to 0 only in every second step. When is zero_grad called?",
)
class _ZeroSometimes(_Summed):
    def kept(self, k: int) -> bool:
        return self.t % 2 == 0


@known(
    "mean-of-gradients",
    ALL,
    "Each step follows the mean of all gradients so far. Where are the old ones set to 0 (zero_grad)?",
)
class _MeanOfAll(_Summed):
    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        return [s / self.t for s in super().seen(gs, ps)]
