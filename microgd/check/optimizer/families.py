"""Mistakes that come in families: which beta stands where in Adam, and along what a step of SGD goes.

It uses `updates`. Each member of a family is a `Rule` with other factors; the simplest one that takes the
learner's steps is said. `naming` asks here when no mistake of `known` explains them.
"""

from __future__ import annotations

import math
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, NamedTuple

from .known import ADAM
from .updates import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Member(NamedTuple):
    """One mistake of a family."""

    key: str
    message: str
    rule: type[Rule]


# --- which beta stands where ------------------------------------------------------------------------------

PLACES = (
    "m keeps beta2 times what it was",
    "m takes in (1 - beta2) times the gradient",
    "m is corrected with beta2",
    "v keeps beta1 times what it was",
    "v takes in (1 - beta1) times the square",
    "v is corrected with beta1",
)
"""Where a beta stands in Adam, and what is said if it is the other one."""


def _with_other_beta(places: tuple[int, ...]) -> type[Rule]:
    class Mixed(Rule):
        def beta(self, place: int) -> float:
            return float(self.o["betas"][(place > 2) != (place in places)])

        def before(self) -> None:
            super().before()
            g = self.raw()
            for name, place, new in (("exp_avg", 0, g), ("exp_avg_sq", 3, g * g)):
                right = self.o["betas"][place > 2]
                more = (1.0 - self.beta(place + 1)) - (1.0 - right)
                self.state[name] = (self.beta(place) * self.state[name] + more * new) / right

        def factor(self) -> float:
            t = self.time(self.k)
            longer = (1.0 - self.o["betas"][0] ** t) / (1.0 - self.beta(2) ** t)
            return float(super().factor() * longer)

        def correction(self, x: float) -> float:
            return math.sqrt(1.0 - self.beta(5) ** self.time(self.k))

    return Mixed


def betas(kind: str, options: dict[str, Any], given: dict[str, Any]) -> Iterator[Member]:
    """Adam with the other beta in some places, the fewest first; `given` are the options of the call."""
    if kind not in ADAM:
        return
    first, second = options["betas"]
    for count in range(1, len(PLACES)):
        for places in combinations(range(len(PLACES)), count):
            if places in ((0, 1, 2), (3, 4, 5)):
                continue  # one option acts as the other, which `settings` says
            text = _listed([PLACES[place] for place in places])
            if "betas" not in given and places == (1,):  # it may as well be the rate
                times = (1.0 - second) / (1.0 - first)
                text = f"Every step is {times:.6g} times the right one, as it is if {text}"
            ask = "Which beta belongs to m, and which to v?"
            yield Member("adam-betas-mixed", f"{text}. {ask}", _with_other_beta(places))


# --- along what the step goes -----------------------------------------------------------------------------

FACTORS: dict[str, Callable[[float], float]] = {
    "": lambda mu: 1.0,
    "momentum * ": lambda mu: mu,
    "(1 + momentum) * ": lambda mu: 1.0 + mu,
    "(1 - momentum) * ": lambda mu: 1.0 - mu,
    "momentum**2 * ": lambda mu: mu * mu,
    "2 * ": lambda mu: 2.0,
}
PARTS = ("g", "v", "the old v")


def _along(factors: tuple[str, ...], parts: tuple[int, ...], sign: float) -> type[Rule]:
    class Along(Rule):
        def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
            old = state["momentum_buffer"] or 0.0
            super().updated(p, g, state, **{**changed, "nesterov": False})
            found = (self.raw(), state["momentum_buffer"], old)
            mu = self.o["momentum"]
            along = sum(
                s * FACTORS[factor](mu) * found[part]
                for s, factor, part in zip((1.0, sign), factors, parts, strict=False)
            )
            return float(p - self.factor() * self.o["lr"] * along)

    return Along


def directions(kind: str, options: dict[str, Any], given: dict[str, Any]) -> Iterator[Member]:
    """SGD with momentum along another sum of g, v and the old v, the shortest first."""
    if kind != "sgd" or not options["momentum"]:
        return
    for count in (1, 2):
        for parts in combinations(range(len(PARTS)), count):
            for factors in product(FACTORS, repeat=count):
                for sign, between in ((1.0, " + "), (-1.0, " - "))[:count]:
                    text = between.join(f + PARTS[part] for f, part in zip(factors, parts, strict=True))
                    fact = f"The step goes along {text}, where g is the gradient and v the new velocity."
                    ask = "Which of these does momentum ask for, and with which factor?"
                    yield Member("step-along", f"{fact} {ask}", _along(factors, parts, sign))


def _listed(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])}, and {texts[-1]}"
