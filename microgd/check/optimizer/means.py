"""Mistakes in Adam and its relatives: means of gradients and of their squares.

It uses `known` and `updates`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .known import ADAM, MEANS, always, known, with_options
from .momentum import Shared
from .updates import Rule

if TYPE_CHECKING:
    pass


class _OtherSquare(Rule):
    """v takes in `square` in the place of the gradient's square."""

    def square(self, g: float) -> float:
        return g * g

    def before(self) -> None:
        super().before()
        g, o = self.raw(), self.o
        for name, beta in (
            ("exp_avg_sq", o.get("betas", (0, 0))[1]),
            ("square_avg", o.get("alpha")),
            ("sum", 0.5),
        ):
            if name in self.state and beta:  # a sum takes in all, as a mean with two equal parts
                self.state[name] += (1.0 - beta) / beta * (self.square(g) - g * g)


@known("adam-abs", MEANS, "v averages |g|. The square root undoes a square: what should v average?")
class _OfSize(_OtherSquare):
    def square(self, g: float) -> float:
        return abs(g)


@known("adam-v-of-m", ADAM, "v averages the square of m. Which square should it average?")
class _OfMean(_OtherSquare):
    def square(self, g: float) -> float:
        beta = self.o["betas"][0]
        return float(beta * self.state["exp_avg"] + (1.0 - beta) * g) ** 2


with_options(
    "adam-betas-swapped",
    ADAM,
    "Step 1 is right, and then it is off: which beta belongs to m, which to v?",
    always,
    lambda o: {"betas": o["betas"][::-1]},
)


@known("adam-no-sqrt", MEANS, "The step is divided by v itself. What makes v the size of a gradient?")
class _NoRoot(Rule):
    def correction(self, x: float) -> float:
        return x

    def root(self, x: float) -> float:
        return x


with_options(
    "adam-no-m",
    ADAM,
    "The step follows the gradient alone, not its average m. Where is m?",
    always,
    lambda o: {"betas": (0.0, o["betas"][1])},
)


@known("adam-no-v", ADAM, "The step follows m alone and is not divided by the root of v. Where is v?")
class _NoV(Rule):
    def root(self, x: float) -> float:
        return float((1.0 - self.o["eps"]) * self.scale)


class _SharedPart(Rule):
    """All parameters share what is kept by this name."""

    name = "exp_avg"

    def prepare(self) -> None:
        super().prepare()
        self.common = 0.0

    def before(self) -> None:
        super().before()
        self.state[self.name] = self.common

    def after(self) -> None:
        super().after()
        self.common = self.state[self.name]


known("m-shared", ADAM, "The parameters share one m. Does each have its own?")(_SharedPart)


@known("v-only-shared", ADAM, "The parameters share one v. Does each have its own?")
class _SharedSquare(_SharedPart):
    name = "exp_avg_sq"


known("adam-shared", ADAM, "The parameters share m and v. Does each have its own?", always)(Shared)
known(
    "v-shared",
    ("rmsprop", "adagrad"),
    "The parameters share what is kept of their gradients. Does each have its own?",
)(Shared)


class _EpsMoved(Rule):
    """eps is no longer added to the root of v, but where `root` puts it."""

    def prepare(self) -> None:
        super().prepare()
        self.eps, self.o["eps"] = self.o["eps"], 0.0


@known("adam-eps-inside", MEANS, "eps is under the square root. Where does torch add it?")
class _EpsInside(_EpsMoved):
    def root(self, x: float) -> float:
        return math.sqrt(x + self.eps * self.scale**2)


class EfficientForm(_EpsMoved):
    """Adam as at the end of section 2 of Kingma and Ba's paper. It is right, and eps is added elsewhere."""

    def root(self, x: float) -> float:
        """eps is added before v is corrected."""
        return super().root(x) + float(self.eps)


@known("eps-twice", MEANS, "eps is both under the square root and beside it. Where does torch add it?")
class _EpsTwice(_EpsMoved):
    def root(self, x: float) -> float:
        return float(math.sqrt(x + self.eps * self.scale**2) + self.eps * self.scale)


@known(
    "m-whole", ADAM, "The new gradient goes into m whole: m is a sum and no average. What is (1 - beta1) for?"
)
class _MWhole(Rule):
    def factor(self) -> float:
        return float(super().factor() / (1.0 - self.o["betas"][0]))


@known(
    "v-whole",
    ("adam", "adamw", "rmsprop"),
    "The new square goes into v whole: v is a sum and no average. By what should g**2 be multiplied?",
)
class _VWhole(Rule):
    def root(self, x: float) -> float:
        return super().root(x / (1.0 - (self.o["betas"][1] if "betas" in self.o else self.o["alpha"])))


@known("both-whole", ADAM, "m and v are sums and no averages. By what should g and g**2 be multiplied?")
class _BothWhole(_MWhole, _VWhole):
    pass


@known("v-late", MEANS, "The step is divided by the root of the old v. Is v made new before it is used?")
class _VLate(Rule):
    def before(self) -> None:
        super().before()
        names = ("exp_avg_sq", "square_avg", "sum")
        self.old = next((self.state[name] for name in names if name in self.state), 0.0)

    def root(self, x: float) -> float:
        return super().root(self.old)


@known("m-late", ADAM, "The step follows the old m. Is m made new before it is used?")
class _MLate(Rule):
    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        old = state["exp_avg"]
        there = super().updated(p, g, state, **changed)
        here = p * (1.0 - self.o["lr"] * self.o["weight_decay"]) if self.kind == "adamw" else p
        return float(here + (there - here) * old / state["exp_avg"]) if state["exp_avg"] else there


@known(
    "state-forgotten",
    MEANS,
    "Nothing is remembered: each step is as if the optimizer were new. Is the state kept from step to step?",
)
class _Forgotten(Rule):
    def before(self) -> None:
        super().before()
        self.state.update(self.empty())


@known("v-multiplied", MEANS, "The step is multiplied by the root of v. Should it be divided?")
class _Multiplied(Rule):
    def root(self, x: float) -> float:
        return float(self.scale * (1.0 / (super().root(x) / self.scale + self.o["eps"]) - self.o["eps"]))


@known(
    "largest-v",
    ADAM,
    "The step is divided by the root of the largest corrected v so far, where the last v is asked. Is there a"
    " max too many?",
    lambda o: not o["amsgrad"],
)
class _LargestV(Rule):
    def prepare(self) -> None:
        super().prepare()
        self.largest: dict[int, float] = {}

    def root(self, x: float) -> float:
        v = max(x / self.scale**2, self.largest.get(self.k, 0.0))
        self.largest[self.k] = v
        return super().root(v) * self.scale


@known(
    "beta-power-in-means",
    ADAM,
    "m and v are made with beta to the power t. Does the power belong in the means, or in their correction?",
)
class _PowersInMeans(Rule):
    def time(self, k: int) -> float:
        return 1.0  # what is taken for beta is its power already

    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        betas = tuple(beta**self.t for beta in self.o["betas"])
        return super().updated(p, g, state, **{"betas": betas, **changed})
