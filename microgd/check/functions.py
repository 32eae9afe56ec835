"""Which `autograd.Function` of a graph has a wrong backward, and what is wrong in it?

It asks `diagnose` (of `rules`) about each Function in the graph, with the Function's forward as f and its
backward as the rule.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from ..value import Value
    from .diagnosis import Diagnosis

NEAR = 0.1
"""The points are drawn so near to the numbers of the call, in proportion to these."""


def wrong_functions(nodes: Iterable[Value]) -> dict[str, Diagnosis]:
    """The diagnosis of each Function that is called among these nodes, by its name; none of a right one."""
    hidden = [node._row for node in nodes if node._row is not None and node._row.hidden]
    calls = {call.function: call for call in hidden if call.function is not None}
    found = {function.__name__: _diagnosed(call) for function, call in calls.items()}
    return {name: diagnosis for name, diagnosis in found.items() if diagnosis is not None}


def _diagnosed(call: Any) -> Diagnosis | None:
    """What is wrong in the backward of a call; None if nothing is, or if nothing can be measured."""
    from .rules import diagnose

    here = [x for x, wanted in zip(call.operands(), call.wanted, strict=True) if wanted]
    several = len(call.numbers()) > 1

    def f(*xs: float) -> Any:
        numbers = call.again(xs).numbers()
        return numbers if several else numbers[0]

    def rule(*given: Any) -> list[float]:
        *xs, _, g = given
        answers = call.again(xs).backward(g if several else [g])
        return [x for x, wanted in zip(answers, call.wanted, strict=True) if wanted]

    def near(rng: random.Random) -> list[float]:
        return [x + (abs(x) or 1.0) * rng.uniform(-NEAR, NEAR) for x in here]

    names = _names(call)
    f.__signature__ = _signature(names)  # type: ignore[attr-defined]
    rule.__signature__ = _signature([*names, "out", "g"])  # type: ignore[attr-defined]
    for sample in (None, near):
        try:
            found = diagnose(f, rule, sample)
        except (TypeError, ValueError):  # nothing can be measured at the points drawn so
            continue
        if not found:
            return found
    return None


def _names(call: Any) -> list[str]:
    """What forward calls the inputs that require grad; if it does not tell, x0, x1 ..."""
    own = list(inspect.signature(call.function.forward).parameters)[1:]
    if len(own) == len(call.wanted) and not {"out", "g"} & {*own}:
        return [name for name, wanted in zip(own, call.wanted, strict=True) if wanted]
    return [f"x{i}" for i in range(call.wanted.count(True))]


def _signature(names: Iterable[str]) -> inspect.Signature:
    return inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
