"""Steps downhill in a page: the update of an optimizer as JavaScript, with what it starts from.

The optimizer's own formula is traced, as for a compiled loop, and printed. Without an optimizer it is that of
gradient descent. It uses `jit` and `optim`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..jit import formulas, javascript
from ..jit.training import numbers_of, update_routine
from ..tensor import values
from .graph import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..jit.program import Routine
    from ..value import Value
    from .graph import Graph, Step

RATE = 0.1
"""The learning rate at the start, if no optimizer is given."""

LETTERS = {
    "lr": "λ", "eps": "ε", "alpha": "α", "betas0": "β1", "betas1": "β2", "exp_avg": "m", "exp_avg_sq": "v",
    "momentum_buffer": "v", "square_avg": "s", "grad_avg": "m", "max_exp_avg_sq": "vmax", "sum": "s",
}  # fmt: skip
"""How a formula writes an option or a number that is remembered; by default with its own name."""


class Descent:
    """The updates of the parameters of a graph.

    name     what the optimizer is called
    lines    its formula for a parameter w, in the order in which it is computed
    groups   for the script: parameters with the same options and the same past
    scripts  JavaScript: functions `bind`, which the groups name by their numbers
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.groups: list[dict[str, Any]] = []
        self.scripts: list[str] = []

    def add(self, optimizer: Any, group: Mapping[str, Any], members: Sequence[tuple[int, Any]]) -> None:
        """Parameters of a group that have the same past, as (number of the step, state)."""
        state = members[0][1]
        keys = [key for key in optimizer.initial_state(group) if key != "step"]
        first = update_routine(optimizer, dict(group), keys, [state[key] is not None for key in keys])
        later = update_routine(optimizer, dict(group), keys, [True] * len(keys))
        options = {key: numbers_of(x) for key, x in group.items() if key not in ("params", "param_names")}
        numbers = [
            (key if len(xs) == 1 else f"{key}{i}", float(x))
            for key, xs in options.items()
            for i, x in enumerate(xs)
        ]
        names = [name for name, _ in numbers]
        self.groups.append(
            {
                "params": [at for at, _ in members],
                "options": [x for _, x in numbers],
                "rate": names.index("lr"),
                "up": bool(group.get("maximize")),
                "steps": state.get("step", 0.0),
                "state": [[own[key] or 0.0 for _, own in members] for key in keys],
                "known": [state[key] is not None for key in keys],
                "first": self._script(first),
                "later": self._script(later),
            }
        )
        self.lines = self.lines or formula(later, names, keys)

    def data(self) -> dict[str, Any]:
        """What the script reads."""
        return {"name": self.name, "lines": self.lines, "groups": self.groups}

    def _script(self, routine: Routine) -> int:
        text = javascript.printed(routine)
        if text not in self.scripts:
            self.scripts.append(text)
        return self.scripts.index(text)


def descent(graph: Graph, place: Mapping[Step, int], given: Sequence[int], optimizer: Any = None) -> Descent:
    """The updates of an optimizer, or of gradient descent on all parameters.

    place  the numbers that the script knows the steps by
    given  the leaves that have no gradient
    """
    if optimizer is None:
        made = Descent("")
        found = [at for step, at in place.items() if step.kind == PARAMETER and at not in given]
        if found:
            plain = _plain()
            made.add(plain, plain.param_groups[0], [(at, {}) for at in found])
        return made
    if not hasattr(optimizer, "param_groups"):
        raise TypeError(
            f"optimizer={optimizer!r}: it is one of microgd.optim, with the parameters of a model"
        )
    made = Descent(type(optimizer).__name__)
    for group in optimizer.param_groups:
        alike: dict[tuple[Any, ...], list[tuple[int, Any]]] = {}
        start = optimizer.initial_state(group)
        for x in values(group["params"]):
            at = _place(x, graph, place)
            if at is not None and at not in given:
                state = {**start, **optimizer.state.get(x, {})}
                past = (state.get("step"), *(state[key] is None for key in start))
                alike.setdefault(past, []).append((at, state))
        for members in alike.values():
            made.add(optimizer, group, members)
    if not made.groups:
        raise ValueError("the loss uses none of the optimizer's parameters: is it the same model?")
    return made


def _place(x: Value, graph: Graph, place: Mapping[Step, int]) -> int | None:
    step = graph.taken.get(id(x))
    return None if step is None else place[step]


def _plain() -> Any:
    from ..optim import SGD
    from ..value import Value

    return SGD([Value(0.0)], lr=RATE)


def formula(routine: Routine, options: Sequence[str], keys: Sequence[str]) -> list[str]:
    """What a step does, as lines of mathematics: "v ← 0.9 · v + g", "w ← w − λ · v"."""
    known = [LETTERS.get(key, key) for key in keys]
    names = [*(LETTERS.get(name, name) for name in options), "t", "w", "g", *known]
    new, *remembered = [formulas.printed(routine.program, i, names) for i in routine.each]
    lines: list[str] = []
    computed: list[tuple[str, str]] = []
    for name, text in zip([*known, "w"], [*remembered, new], strict=True):
        short = text
        for other, long in computed:  # what has been computed is named
            short = short.replace(f"({long})", other).replace(long, other)
        computed.append((name, short))
        lines.append(f"{name} ← {short}")
    return lines
