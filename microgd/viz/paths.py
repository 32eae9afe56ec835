"""`explain`: a gradient in words, as the sum over the paths that lead from a value to the loss.

    d loss / d v  =  sum over all paths from v to the loss of the product of the partials

There may be exponentially many paths, so the strongest ones are found without going along all of them. Each
of the k strongest paths from a value begins with a step to an operation that uses it, and goes on along one
of the k strongest paths from there.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ..autograd import backward_pass, shown_record, topological_order
from ..tensor import named_elements
from .digits import FEWEST, enough_digits
from .graph import for_text, one_value
from .order import walk
from .words import LONGEST_NAME, Text, clean, number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..value import Value
    from .graph import Graph, Peek

LONGEST = 9
"""A path of more steps is shown with its middle left out."""

MOST_EXACT = 2.0**53
"""Up to here paths are counted one by one; a larger number of them is rounded."""


def explain(loss: Value, wrt: Value | str, model: Any = None, top: int = 5) -> Text:
    """The gradient of `loss` with respect to `wrt`, explained path by path.

        print(microgd.explain(loss, w))

    loss   the Value where the paths end
    wrt    the Value where they start, or its name: a label, or a parameter's name if the model is given
    model  if the Module is given, its parameters have their full names
    top    how many paths to show, the strongest first

    The partials along a path are multiplied. The products of all paths add up to `wrt.grad`.
    """
    loss = one_value(loss)
    graph = for_text(loss, model)
    doubt = ""
    if isinstance(wrt, str) and len(wrt) > LONGEST_NAME:  # pictures and trees do not show it whole
        wrt = dict(named_elements(model.named_parameters() if model is not None else ())).get(wrt, wrt)
    if isinstance(wrt, str):
        values = [x for x in walk(loss) if graph.knows(x)]
        names = {graph.name(x): x for x in reversed(values)}
        same = sum(graph.name(x) == clean(wrt) for x in values)
        if same > 1:
            doubt = (
                f"\n{same} values are called {clean(wrt)!r}. This is about the first of them: give a Value"
                " instead of its name to choose another."
            )
        if clean(wrt) not in names:
            named = ", ".join(name for name in reversed(names) if name)[:200]
            raise ValueError(f"no value of this loss is called {wrt!r}; there are: {named}")
        start = names[clean(wrt)]
    else:
        start = one_value(wrt)
        if start is not loss:
            start = graph.past(start)
        if not graph.knows(start):
            raise ValueError(f"{start!r} was not used to compute this loss")
    return Text(_Paths(graph, loss, start, top).text() + doubt)


class Path(NamedTuple):
    """A way from a value to the loss: into an operand slot of `step`, and from there along `rest`."""

    product: float
    step: Any
    partial: float
    rest: Path | None


class _Paths:
    """The strongest paths from one value to the loss, their number, and the sum over all of them."""

    def __init__(self, graph: Graph | Peek, loss: Value, start: Value, top: int) -> None:
        self.graph = graph
        self.loss = loss
        self.start = graph.step(start)
        nodes = self.between(start)
        upstream, counts = {id(loss): 1.0}, {id(loss): 1.0}
        backward_pass(nodes, upstream, self.partials, shown_record)
        backward_pass(
            nodes, counts, lambda node: [d if d is None else 1.0 for d in self.partials(node)], shown_record
        )
        self.total, self.count = upstream.get(id(start), 0.0), counts.get(id(start), 0.0)
        ends: dict[int, list[Path]] = {id(x): [] for x in [start, *nodes, loss]}  # the best paths from each
        ends[id(loss)].append(Path(1.0, None, 1.0, None))
        for node in reversed(nodes):
            here = _strongest(ends.pop(id(node)), top)
            for operand, partial in zip(shown_record(node)[0], self.partials(node), strict=True):
                if partial is not None and id(operand) in ends:
                    found = ends[id(operand)]
                    found += [Path(partial * rest.product, node, partial, rest) for rest in here]
                    if len(found) > 1000 + top:  # a value with many uses
                        found[:] = _strongest(found, top)
        self.best = _strongest(ends[id(start)], top)

    def partials(self, node: Value) -> Sequence[float | None]:
        """The partials of a node; of a copy, which no picture shows, only that of what it is a copy of."""
        found = shown_record(node)[1]
        if node is self.loss or self.graph.past(node) is node:
            return found
        return [partial or None for partial in found]

    def between(self, start: Value) -> list[Value]:
        """All nodes between the start and the loss, in topological order."""
        reached = {id(start)}
        found = []
        for node in topological_order((self.loss,)):
            shown = self.graph.knows(node) or self.graph.past(node) is not node
            if node is start or not shown:
                continue
            if any(
                d is not None and id(x) in reached
                for x, d in zip(node.inputs, self.partials(node), strict=True)
            ):
                reached.add(id(node))
                found.append(node)
        return found

    def text(self) -> str:
        start, root = self.start, self.graph.root
        name, end, total, count = start.name or number(start.data), root.name, self.total, self.count
        if start is root:
            return f"d {end} / d {end} = 1: it is the loss itself."
        if not count:
            return f"d {end} / d {name} = 0: no path with a derivative leads from {name} to {end}."
        lines = [f"d {end} / d {name} = {number(total)}"]
        lines.append(_meaning(name, end, total))
        many = f"{_counted(count)} paths lead" if count > 1 else "One path leads"
        lines.append(f"{many} from {name} to {end}; along a path the partials multiply:")
        rows = [self.row(path) for path in self.best]
        wide = max((len(words) for words, _ in rows), default=0)
        lines.append("")
        lines += [f"  {words:{wide}}   {product}" for words, product in rows]
        rest = total - sum(path.product for path in self.best)
        if count > len(rows):
            said = f"{_counted(count - len(rows))} weaker path{'s' * (count - len(rows) > 1)}"
            lines.append(f"  {said:{wide}}   {number(rest)}")
        if count > 1:
            lines += ["", f"Together {number(total)}."]
        lines += self.beside_grad(total, name)
        return "\n".join([*lines, *self.graph.notes])

    def beside_grad(self, total: float, name: str) -> list[str]:
        """A sentence that compares the sum with `.grad`."""
        grad = self.start.grad
        if grad is None:
            return []
        if math.isclose(total, grad, rel_tol=1e-9, abs_tol=1e-300) or (total != total and grad != grad):
            return [f"That is {name}.grad."]
        return [
            f"{name}.grad is {number(grad)}: it holds what other losses or earlier backward() calls"
            " have added, too."
        ]

    def row(self, path: Path) -> tuple[str, str]:
        """One path: the steps it takes, and the product along it."""
        product = path.product
        taken: list[Path] = []
        while path.rest is not None:
            if path.step is self.loss or self.graph.past(path.step) is path.step:
                taken.append(path)
            path = path.rest
        names = _short([None, *taken], self.called)
        digits = None
        if len(taken) <= LONGEST:
            digits = enough_digits([path.partial for path in taken], product, math.prod)
        factors = _short(taken, lambda path: number(path.partial, digits or FEWEST))
        factors = [f"({f})" if f.startswith("-") and i else f for i, f in enumerate(factors)]
        said = " · ".join(factors)
        return " → ".join(names), f"{said} = {number(product)}" if len(factors) > 1 else said

    def called(self, path: Path | None) -> str:
        if path is None:
            return self.start.name or number(self.start.data)
        step = self.graph.step(path.step)
        what = "neuron" if step.op == "dot" else step.sign
        return f"{step.name} ({what})" if step.name else what


def _strongest(paths: list[Path], top: int) -> list[Path]:
    return heapq.nlargest(top, paths, key=_strength) if len(paths) > 1 else paths[:top]


def _strength(path: Path) -> float:
    return math.inf if math.isnan(path.product) else abs(path.product)


def _counted(paths: float) -> str:
    if paths <= MOST_EXACT:
        return str(int(paths))
    return number(paths) if paths < math.inf else "more than 1e308"


def _short(parts: Sequence[Any], said: Callable[[Any], str]) -> list[str]:
    """The parts, joined. Of many parts, only the first and the last ones."""
    if len(parts) <= LONGEST:
        return [said(x) for x in parts]
    half = LONGEST // 2
    left_out = f"… {len(parts) - 2 * half} more …"
    return [*(said(x) for x in parts[:half]), left_out, *(said(x) for x in parts[-half:])]


def _meaning(name: str, end: str, derivative: float) -> str:
    if not math.isfinite(derivative):
        return f"The derivative of {end} with respect to {name} is no finite number."
    if derivative == 0.0:
        return f"A little more of {name} changes {end} not at all."
    way = "up" if derivative > 0.0 else "down"
    return f"A little more of {name} moves {end} {way}, by {number(abs(derivative))} times as much."
