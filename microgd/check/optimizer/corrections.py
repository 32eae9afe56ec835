"""Mistakes in Adam's correction of m and v, which start at 0, and in the count of its steps.

It uses `known` and `updates`.
"""

from __future__ import annotations

import math

from .known import ADAM, known
from .updates import Rule


@known(
    "adam-no-bias",
    ADAM,
    "The first step is not lr in size: m and v start at 0 and are too small at first. By what are they to"
    " be divided?",
)
class _NoBias(Rule):
    def time(self, k: int) -> float:
        return math.inf


@known(
    "adam-bias-mul",
    ADAM,
    "The bias correction makes m and v smaller. Is it multiplied where it should divide?",
)
class _BiasMultiplied(Rule):
    def factor(self) -> float:
        return float(super().factor() * (1.0 - self.o["betas"][0] ** self.time(self.k)) ** 2)

    def correction(self, x: float) -> float:
        return 1.0 / math.sqrt(x)


class _InPlace(Rule):
    kept: tuple[str, ...] = ("exp_avg", "exp_avg_sq")

    def after(self) -> None:
        super().after()
        for name, beta in zip(("exp_avg", "exp_avg_sq"), self.o["betas"], strict=True):
            if name in self.kept:
                self.state[name] /= 1.0 - beta ** self.time(self.k)


known(
    "adam-bias-inplace",
    ADAM,
    "Step 1 is right, then it is off: the corrected moments are stored back. Which m belongs to the next"
    " step?",
)(_InPlace)


@known(
    "adam-m-inplace",
    ADAM,
    "Step 1 is right, then it is off: the corrected m is stored back. Which m is averaged?",
)
class _MInPlace(_InPlace):
    kept = ("exp_avg",)


@known(
    "adam-v-inplace",
    ADAM,
    "Step 1 is right, then it is off: the corrected v is stored back. Which v is averaged?",
)
class _VInPlace(_InPlace):
    kept = ("exp_avg_sq",)


@known("adam-fixed-t", ADAM, "Step 1 is right, and then it is off: does t count the steps?")
class _FixedTime(Rule):
    def time(self, k: int) -> float:
        return 1.0


@known("adam-t-ahead", ADAM, "t is one too large at every step: 2 at the first. Where does it start?")
class _TimeAhead(Rule):
    def time(self, k: int) -> float:
        return super().time(k) + 1.0


@known(
    "adam-t-per-parameter", ADAM, "t grows with every parameter, not with every step. Where is it counted?"
)
class _TimePerParameter(Rule):
    def time(self, k: int) -> float:
        return float((self.t - 1) * len(self.states) + k + 1)


@known("adam-t-behind", ADAM, "t is one too small from step 2 on: 1 at the second. When is it counted?")
class _TimeBehind(Rule):
    def time(self, k: int) -> float:
        return max(1.0, super().time(k) - 1.0)


@known("adam-m-not-corrected", ADAM, "v is corrected, m is not. Does m start at 0 too?")
class _MNotCorrected(Rule):
    def factor(self) -> float:
        return float(super().factor() * (1.0 - self.o["betas"][0] ** self.time(self.k)))


@known("adam-v-not-corrected", ADAM, "m is corrected, v is not. Does v start at 0 too?")
class _VNotCorrected(Rule):
    def correction(self, x: float) -> float:
        return 1.0


@known(
    "adam-corrections-swapped", ADAM, "m is corrected with beta2 and v with beta1. Which belongs to which?"
)
class _CorrectionsSwapped(Rule):
    def factor(self) -> float:
        first, second = (1.0 - beta ** self.time(self.k) for beta in self.o["betas"])
        return float(super().factor() * first / second)

    def correction(self, x: float) -> float:
        return math.sqrt(1.0 - self.o["betas"][0] ** self.time(self.k))


@known("adam-corrected-after-root", ADAM, "v is corrected after its root is taken. Which comes first?")
class _AfterRoot(Rule):
    def correction(self, x: float) -> float:
        return x
