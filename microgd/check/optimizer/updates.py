"""Rule: the right update of an optimizer on plain floats, with places where a mistake can be put in.

The formulas are those of `microgd.optim`. A mistake is a subclass that changes one place: an option, the
gradient that is seen, the count of the steps, the square root, what is kept. Two mistakes at once are a class
with both as bases. `optimizers` and `training` compare such rules with what a learner wrote.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from ... import optim
from ...value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Trace = list[list[float]]  # the parameters after each step
    Gradient = Callable[[Sequence[float], int], list[float]]  # of the parameters, at a step

RIGHT: dict[str, Any] = {
    "sgd": optim.SGD,
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "rmsprop": optim.RMSprop,
    "adagrad": optim.Adagrad,
}
"""The class that each kind of optimizer should follow."""


@cache
def _made(kind: str) -> Any:
    return RIGHT[kind]([Value(0.0)])


def defaults(kind: str) -> dict[str, Any]:
    """The options of this kind with their values, which are torch's."""
    return {key: value for key, value in _made(kind).defaults.items() if key not in _INNER}


_INNER = ("decoupled_weight_decay",)  # it tells adamw from adam, and is no option of a learner


class Rule:
    """The right update. Its methods are the places where a mistake can be put in."""

    def __init__(self, kind: str, options: dict[str, Any], count: int) -> None:
        self.kind, self.t = kind, 0
        self.o: dict[str, Any] = {**_made(kind).defaults, **options}
        self.prepare()
        self.right = _made(self.kind)
        self.states = [self.empty() for _ in range(count)]
        self.building, self.scale = False, 1.0
        self.k, self.p, self.g = 0, 0.0, 0.0  # of the parameter whose turn it is
        self.state: dict[str, Any] = {}

    def prepare(self) -> None:
        """Change the options here."""

    def empty(self) -> dict[str, Any]:
        """What is kept of a parameter before its first step."""
        state: dict[str, Any] = self.right.initial_state(self.o)
        if "initial_accumulator_value" in self.o:
            state["sum"] = float(self.o["initial_accumulator_value"])
        return state

    def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
        """The gradients that the update works with."""
        return gs

    def slot(self, k: int) -> int:
        """Whose state the k-th parameter uses."""
        return k

    def time(self, k: int) -> float:
        """The number of this step."""
        return float(self.t)

    def factor(self) -> float:
        """By how much the step is longer than it should be."""
        return 1.0

    def correction(self, x: float) -> float:
        """The root in Adam's correction of v."""
        return math.sqrt(x)

    def root(self, x: float) -> float:
        """The root of v."""
        return math.sqrt(x)

    def before(self) -> None:
        """Change what was kept here, before the update of a parameter."""

    def after(self) -> None:
        """Change what is kept here, after the update of a parameter."""

    def moved(self, new: float) -> float:
        """Where the parameter goes, when the update says `new`."""
        return new

    def step(self, ps: list[float], gs: list[float]) -> None:
        """Move all parameters."""
        self.t += 1
        sign = -1.0 if self.o["maximize"] else 1.0
        gradients = self.seen([sign * g for g in gs], ps)
        for k, g in enumerate(gradients):
            self.k, self.p, self.g, self.state = k, ps[k], g, self.states[self.slot(k)]
            self.before()
            new = self.moved(self.updated(self.p, g, self.state))
            self.after()
            ps[k] = new

    def updated(self, p: float, g: float, state: dict[str, Any], **changed: Any) -> float:
        """The formula of microgd.optim."""
        o = {**self.o, **changed}
        longer = self.factor()
        if longer != 1.0:
            o["lr"] *= longer
            if o.get("decoupled_weight_decay"):  # this decay is no part of the step
                o["weight_decay"] /= longer or math.inf
        self.building = True
        update = self.right.formula(o, self.time(self.k), self._sqrt)
        self.building = False
        return float(update(p, g, state))

    def _sqrt(self, x: float) -> float:
        if self.building:
            self.scale = self.correction(x)
            return self.scale
        return self.root(x)

    def raw(self) -> float:
        """The gradient that reaches the means: with the decay, if that is a part of it."""
        decay = 0.0 if self.o.get("decoupled_weight_decay") else self.o["weight_decay"]
        plain = _made("sgd").formula(
            {**_made("sgd").defaults, "lr": 1.0, "weight_decay": decay}, 1.0, math.sqrt
        )
        return self.p - float(plain(self.p, self.g, {}))


def simulate(
    rule: type[Rule],
    kind: str,
    options: dict[str, Any],
    start: Sequence[float],
    gradient: Gradient,
    steps: int,
) -> Trace | None:
    """The parameters after each step, by the right rule or by a mistaken one; None without numbers."""
    ps, trace = list(start), []
    try:
        made = rule(kind, options, len(start))
        for step in range(1, steps + 1):
            made.step(ps, gradient(ps, step))
            trace.append(list(ps))
    except (ArithmeticError, ValueError, KeyError, TypeError):
        return None
    return trace
