"""`explain`: a gradient in words, as the sum over the paths that lead from a value to the loss.

    d loss / d v  =  sum over all paths from v to the loss of the product of the local derivatives

The strongest paths are found without walking all of them, of which there may be exponentially many:
the best k paths from a value begin with a step to one of its consumers, and go on along one of the
best k from there.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, Any

from .graph import Graph, Step, one_value, read_with_places, sign
from .words import Text, clean, number

if TYPE_CHECKING:
    from ..value import Value

LONGEST = 9
"""A path of more steps is shown with its middle left out."""


def explain(loss: Value, wrt: Value | str, model: Any = None, top: int = 5) -> Text:
    """Why the gradient of `loss` with respect to `wrt` is what it is, path by path.

        print(microgd.explain(loss, w))

    loss   where the paths end
    wrt    the Value they start from, or its name: a label, or a parameter's name if the model is given
    model  with the Module given, its parameters bear their full names
    top    how many paths to show, the strongest first

    Along a path the local derivatives multiply; the paths add up to `wrt.grad`.
    """
    graph, places = read_with_places(one_value(loss), model)
    if isinstance(wrt, str):
        found = [s.number for s in graph.steps if s.name == clean(wrt)]
        if not found:
            named = ", ".join(s.name for s in graph.steps if s.name)[:200]
            raise ValueError(f"no value of this loss is called {wrt!r}; there are: {named}")
        start = found[0]
    else:
        value = one_value(wrt)
        if id(value) not in places:
            raise ValueError(f"{value!r} was not used to compute this loss")
        start = places[id(value)]
    return Text(_Paths(graph, start, top).text())


class _Paths:
    """The strongest paths from one step to the root."""

    def __init__(self, graph: Graph, start: int, top: int) -> None:
        self.graph = graph
        self.start = graph.steps[start]
        self.top = top
        n = len(graph.steps)
        self.reached = [False] * n  # whether a path from the start comes by
        self.reached[start] = True
        for step in graph.steps:
            slopes = zip(step.operands, step.slopes, strict=True)
            if any(self.reached[i] and d is not None for i, d in slopes):
                self.reached[step.number] = True
        # For each step on the way: the best paths from it as (product, consumer, slot, which of the
        # consumer's paths), their number, and the sum over all.
        self.best: list[list[tuple[float, int, int, int]]] = [[] for _ in range(n)]
        self.count = [0] * n
        self.sums = [0.0] * n
        root = graph.root.number
        self.best[root], self.count[root], self.sums[root] = [(1.0, -1, -1, -1)], 1, 1.0
        for step in reversed(graph.steps):
            if self.reached[step.number] and self.count[step.number]:
                self.hand_back(step)

    def hand_back(self, step: Step) -> None:
        """Tell the operands of a step, whose own paths are known, of the paths through it."""
        if step is self.start:
            return
        here = self.best[step.number] = heapq.nlargest(self.top, self.best[step.number], key=_weight)
        for slot, (i, d) in enumerate(zip(step.operands, step.slopes, strict=True)):
            if d is not None and self.reached[i]:
                self.best[i] += [(d * p[0], step.number, slot, k) for k, p in enumerate(here)]
                self.count[i] += self.count[step.number]
                self.sums[i] += d * self.sums[step.number]

    def text(self) -> str:
        start, root = self.start, self.graph.root
        name, end = start.name or number(start.data), root.name
        at = start.number
        total = self.sums[at]
        if start is root:
            return f"d {end} / d {end} = 1: it is the loss itself."
        if not self.count[at]:
            return f"d {end} / d {name} = 0: no path with a derivative leads from {name} to {end}."
        lines = [f"d {end} / d {name} = {number(total)}"]
        lines.append(_meaning(name, end, total))
        count = self.count[at]
        many = f"{count} paths lead" if count > 1 else "One path leads"
        lines.append(f"{many} from {name} to {end}; along a path the local derivatives multiply:")
        best = heapq.nlargest(self.top, self.best[at], key=_weight)
        rows = [self.row(path) for path in best]
        wide = max(len(words) for words, _ in rows)
        lines.append("")
        lines += [f"  {words:{wide}}   {product}" for words, product in rows]
        rest = total - sum(path[0] for path in best)
        if count > len(best):
            said = f"{count - len(best)} weaker path{'s' * (count - len(best) > 1)}"
            lines.append(f"  {said:{wide}}   {number(rest)}")
        if count > 1:
            lines += ["", f"Together {number(total)}."]
        lines += self.beside_grad(total, name)
        return "\n".join([*lines, *self.graph.notes])

    def beside_grad(self, total: float, name: str) -> list[str]:
        """How the sum compares to the `.grad` that is there."""
        grad = self.start.grad
        if grad is None:
            return []
        if math.isclose(total, grad, rel_tol=1e-9, abs_tol=1e-300) or (total != total and grad != grad):
            return [f"That is {name}.grad."]
        return [
            f"{name}.grad is {number(grad)}: it holds what other losses or earlier backward() calls"
            " have added, too."
        ]

    def row(self, path: tuple[float, int, int, int]) -> tuple[str, str]:
        """One path: the steps it takes, and the product along it."""
        names, factors = [self.start.name or number(self.start.data)], []
        product = path[0]
        while path[1] >= 0:
            step = self.graph.steps[path[1]]
            names.append(_called(self.graph, step))
            factors.append(number(step.slopes[path[2]] or 0.0))
            path = self.best[path[1]][path[3]]
        factors = [f"({f})" if f.startswith("-") and i else f for i, f in enumerate(factors)]
        said = " · ".join(_short(factors))
        return " → ".join(_short(names)), f"{said} = {number(product)}" if len(factors) > 1 else said


def _called(graph: Graph, step: Step) -> str:
    what = "neuron" if step.op == "dot" else sign(graph, step)
    return f"{step.name} ({what})" if step.name else what


def _short(parts: list[str]) -> list[str]:
    if len(parts) <= LONGEST:
        return parts
    half = LONGEST // 2
    return [*parts[:half], f"… {len(parts) - 2 * half} more …", *parts[-half:]]


def _weight(path: tuple[float, int, int, int]) -> float:
    return math.inf if path[0] != path[0] else abs(path[0])


def _meaning(name: str, end: str, slope: float) -> str:
    if not math.isfinite(slope):
        return f"The slope of {end} along {name} is no finite number."
    if slope == 0.0:
        return f"A little more of {name} changes {end} not at all."
    way = "up" if slope > 0.0 else "down"
    return f"A little more of {name} moves {end} {way}, by {number(abs(slope))} times as much."
