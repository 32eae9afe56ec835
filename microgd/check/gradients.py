"""gradcheck: is every gradient of a function of Values right?

It uses `numerical`, which measures each slope and knows how well, `graphs` (rounding errors and turns),
`reports` and `autograd`. Besides the slopes it checks what must hold whatever the function is: two runs give
the same; backward is linear in the upstream gradient; forward mode (`autograd.forward_pass`) and the
textbook's backward pass (`autograd.backward_pass`) agree with what `backward()` finds.
"""

from __future__ import annotations

import inspect
import math
import random
from typing import TYPE_CHECKING, Any

from .. import autograd
from ..autograd import no_grad, shown_record, topological_order
from ..ops import flat, same
from ..value import Value
from .functions import wrong_functions
from .graphs import absolute, data_of, is_call, narrowest_turn, noise_of, overflow_of, shown
from .numerical import EPS, VANISHING, Derivative, numerical_derivative
from .reports import GradcheckError, Report, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

AGREEMENT = 64 * EPS
"""How far two sums of the same terms in another order may differ, beside the sum of their sizes."""


def gradcheck(f: Callable[..., Any], inputs: Any, order: int = 1, raise_exception: bool = True) -> Report:
    """Compare the gradients of f(*inputs) with measured slopes, for every input that requires grad.

        >>> bool(gradcheck(lambda a, b: (a * b).tanh(), (0.3, -2.0)))
        True

    f        takes the inputs and returns a Value, or a (nested) list of them; of several outputs, a
             random combination is checked
    inputs   a number, a Value, or a sequence of numbers, Values and (nested) lists of these. A
             Value's data is moved while measuring and put back; no `.grad` is touched
    order    2: check the second derivatives too, those that create_graph=True makes

    A gradient at a kink is right if it lies between the slopes of the two sides; where there is no
    slope at all, the row says so and nothing is called wrong. Raises GradcheckError unless
    raise_exception=False.
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order!r}")
    arguments, leaves, names = _leaves(inputs)
    _check_call(f, arguments)
    before = [leaf.data for leaf in leaves]
    try:
        rows, failures = _Check(lambda: f(*arguments), leaves, names).first_order()
        if order == 2:
            more = _Check(lambda: f(*arguments), leaves, names).second_order()
            rows, failures = rows + more[0], failures + more[1]
        report = Report(rows, list(dict.fromkeys(failures)))
        if not report:
            report.named = wrong_functions(topological_order(filter(_has_graph, _outputs(f(*arguments)))))
    finally:
        for leaf, data in zip(leaves, before, strict=True):
            leaf.data = data
    if raise_exception and not report:
        raise GradcheckError(report)
    return report


def _leaves(inputs: Any) -> tuple[list[Any], list[Value], list[str]]:
    """The inputs to call f with, all Values in them that require grad, and their names."""
    leaves: list[Value] = []
    names: list[str] = []

    def made(x: Any, name: str) -> Any:
        if hasattr(x, "_elements"):  # a Tensor
            places = [made(row, f"{name}[{k}]") for k, row in enumerate(x)]
            return x._with([part for place in places for part in getattr(place, "_elements", [place])])
        if isinstance(x, (list, tuple)):
            parts = [made(part, f"{name}[{k}]") for k, part in enumerate(x)]
            return type(x)(parts) if type(x) is not tuple else tuple(parts)
        value = x if isinstance(x, Value) else Value(x)
        if value.requires_grad and not any(value is leaf for leaf in leaves):
            leaves.append(value)
            names.append(value.label or name)
        return value

    if type(inputs) not in (list, tuple):
        several = hasattr(inputs, "__iter__") and not hasattr(inputs, "_elements")  # a Tensor is one input
        inputs = list(inputs) if several else (inputs,)
    arguments = [made(x, f"inputs[{k}]") for k, x in enumerate(inputs)]
    if not leaves:
        raise ValueError("gradcheck expects at least one input that requires grad, got none")
    return arguments, leaves, names


def _check_call(f: Callable[..., Any], arguments: Sequence[Any]) -> None:
    """TypeError with a hint if f does not take so many inputs."""
    try:
        inspect.signature(f).bind(*arguments)
    except TypeError as error:
        raise TypeError(
            f"f cannot be called with {len(arguments)} inputs: {error}. A list that is one input of f"
            " stands in a tuple: gradcheck(f, ([1.0, 2.0],))"
        ) from None
    except ValueError:  # a builtin that does not say what it takes
        pass


class _Check:
    """One function at one point."""

    def __init__(self, run: Callable[[], Any], leaves: Sequence[Value], names: Sequence[str]) -> None:
        self.run, self.leaves, self.names = run, leaves, names
        self.random = random.Random(0)
        self.failures: list[str] = []

    def first_order(self) -> tuple[list[Row], list[str]]:
        outputs = _outputs(self.run())
        weights = self._weights(len(outputs)) if len(outputs) > 1 else [1.0]
        gradients = self._gradients(outputs, weights)
        self._deterministic(outputs, weights, gradients)
        self._linear(outputs, weights, gradients)

        def combined() -> float:
            return _combined(_outputs(self.run()), weights)

        return self._rows(1, combined, outputs, weights, gradients), self.failures

    def second_order(self) -> tuple[list[Row], list[str]]:
        """The gradients of a random combination of the first derivatives."""
        outputs = _outputs(self.run())
        weights = self._weights(len(outputs)) if len(outputs) > 1 else [1.0]
        directions = self._weights(len(self.leaves)) if len(self.leaves) > 1 else [1.0]
        first = self._gradients(outputs, weights, create_graph=True)
        gradients = self._gradients(first, directions)
        plain = self._gradients(outputs, weights)
        overflow = overflow_of(topological_order(filter(_has_graph, outputs)))
        for name, graph, number in zip(self.names, first, plain, strict=True):
            agree = _close(data_of(graph), number, math.fabs(number))
            # Where a derivative is inf, 0 * inf is nan in a graph; a plain backward cuts such branches off.
            if not agree and not (math.isnan(data_of(graph)) and overflow):
                self.failures.append(
                    f"the gradient of {name} is {number!r}, and {data_of(graph)!r} with create_graph"
                )

        def combined() -> float:
            return _combined(self._gradients(_outputs(self.run()), weights), directions)

        return self._rows(2, combined, first, directions, gradients), self.failures

    def _rows(
        self,
        order: int,
        combined: Callable[[], float],
        outputs: Sequence[Any],
        weights: Sequence[float],
        gradients: Sequence[float],
    ) -> list[Row]:
        nodes = topological_order(filter(_has_graph, outputs))
        upstream = self._upstream(nodes, outputs, weights)
        sizes = self._sizes(nodes, outputs, weights)
        nodes = [node for node in nodes if not is_call(node)]
        noise = noise_of(nodes, upstream)
        self._passes_agree(nodes, upstream, outputs, weights, gradients, sizes)
        rows = []
        for leaf, name, gradient, size in zip(self.leaves, self.names, gradients, sizes, strict=True):
            scale = narrowest_turn(nodes, leaf)
            measured = self._measure(combined, leaf, noise, scale, order)
            lost = EPS * size if math.isfinite(size) else 0.0
            measured = measured._replace(error=measured.error + lost)
            verdict, note = measured.judge(gradient), ""
            if verdict == "wrong" and not math.isfinite(gradient):
                note = overflow_of(nodes)
                if not note and not math.isfinite(size):
                    note = "the products of derivatives on the way leave the range of floats"
                verdict = "undefined" if note else verdict
            rows.append(Row(name, order, gradient, measured, verdict, note))
        return rows

    def _measure(
        self, combined: Callable[[], float], leaf: Value, noise: float, scale: float, order: int
    ) -> Derivative:
        here = leaf.data

        def along(x: float) -> float:
            leaf.data = x
            if order == 1:
                with no_grad():
                    return combined()
            return combined()

        try:
            return numerical_derivative(along, here, noise, scale)
        finally:
            leaf.data = here

    def _weights(self, count: int) -> list[float]:
        """Random in sign and size."""
        signs = [self.random.choice((-1.0, 1.0)) for _ in range(count)]
        return [sign * self.random.uniform(0.5, 2.0) for sign in signs]

    def _gradients(
        self, outputs: Sequence[Any], weights: Sequence[float], create_graph: bool = False
    ) -> list[Any]:
        """d (sum of weight * output) / d leaf for every leaf; 0 where it has no say."""
        roots = [(y, w) for y, w in zip(outputs, weights, strict=True) if _has_graph(y)]
        if not roots:
            return [0.0] * len(self.leaves)
        found = autograd.grad(
            [y for y, _ in roots],
            list(self.leaves),
            grad_outputs=[w for _, w in roots],
            create_graph=create_graph,
            allow_unused=True,
        )
        if create_graph:
            return [0.0 if g is None else g for g in found]
        return [0.0 if g is None else data_of(g) for g in found]

    def _upstream(
        self,
        nodes: Sequence[Value],
        outputs: Sequence[Any],
        weights: Sequence[float],
        partials: Callable[[Value], Sequence[Any]] = autograd.recorded,
    ) -> dict[int, float]:
        """d (sum of weight * output) / d node of every node, by its id: the textbook's backward pass."""
        upstream: dict[int, float] = {}
        for y, weight in zip(outputs, weights, strict=True):
            if _has_graph(y):
                upstream[id(y)] = upstream.get(id(y), 0.0) + weight
        autograd.backward_pass(nodes, upstream, partials)
        return upstream

    def _sizes(self, nodes: Sequence[Value], outputs: Sequence[Any], weights: Sequence[float]) -> list[float]:
        """Of each leaf's gradient, the sum of the sizes of its terms, one for each path of the graph.

        EPS times that is the gradient's rounding error.
        """
        sizes = self._upstream(nodes, outputs, list(map(math.fabs, weights)), absolute)
        return [sizes.get(id(leaf), 0.0) for leaf in self.leaves]

    # --- what holds for every function ---

    def _deterministic(
        self, outputs: Sequence[Any], weights: Sequence[float], gradients: Sequence[float]
    ) -> None:
        again = _outputs(self.run())
        if len(again) != len(outputs) or not all(map(same, map(data_of, outputs), map(data_of, again))):
            self.failures.append("not deterministic: two runs at the same inputs differ")
        elif not all(map(same, gradients, self._gradients(again, weights))):
            self.failures.append("not deterministic: two backward passes at the same inputs differ")

    def _linear(self, outputs: Sequence[Any], weights: Sequence[float], gradients: Sequence[float]) -> None:
        """backward(g + h) = backward(g) + backward(h), for another upstream gradient h."""
        others = self._weights(len(outputs))
        both = [a + b for a, b in zip(weights, others, strict=True)]
        second = self._gradients(outputs, others)
        third = self._gradients(outputs, both)
        largest = [abs(a) + abs(b) for a, b in zip(weights, others, strict=True)]
        sizes = self._sizes(topological_order(filter(_has_graph, outputs)), outputs, largest)
        for name, a, b, c, size in zip(self.names, gradients, second, third, sizes, strict=True):
            if math.isfinite(size) and not _close(a + b, c, size):
                self.failures.append(
                    f"not linear in the upstream gradient: {name} gets {a!r} and {b!r} from two of them,"
                    f" but {c!r} from their sum"
                )

    def _passes_agree(
        self,
        nodes: Sequence[Value],
        upstream: dict[int, float],
        outputs: Sequence[Any],
        weights: Sequence[float],
        gradients: Sequence[float],
        sizes: Sequence[float],
    ) -> None:
        """backward() finds what `backward_pass` finds, and `forward_pass` along a random direction."""
        for leaf, name, gradient, size in zip(self.leaves, self.names, gradients, sizes, strict=True):
            textbook = upstream.get(id(leaf), 0.0)
            if math.isfinite(size) and math.isfinite(textbook) and not _close(textbook, gradient, size):
                self.failures.append(
                    f"backward() and backward_pass differ: {name} gets {gradient!r} and {textbook!r}"
                )
        directions = self._weights(len(self.leaves))
        tangents = {id(leaf): d for leaf, d in zip(self.leaves, directions, strict=True)}
        autograd.forward_pass(nodes, tangents, shown, shown_record)
        forward = sum(w * tangents.get(id(y), 0.0) for y, w in zip(outputs, weights, strict=True))
        reverse = math.fsum(d * g for d, g in zip(directions, gradients, strict=True) if math.isfinite(g))
        size = sum(abs(d) * s for d, s in zip(directions, sizes, strict=True))
        if math.isfinite(size) and math.isfinite(forward) and not _close(forward, reverse, size):
            self.failures.append(
                f"forward and reverse mode differ: {forward!r} and {reverse!r} along one direction"
            )


def _outputs(returned: Any) -> list[Any]:
    """What f returned, in one list. An array of no dimension stands for the Value or the number in it."""
    return [y if isinstance(y, Value) or not hasattr(y, "item") else y.item() for y in flat(returned)]


def _combined(outputs: Iterable[Any], weights: Iterable[float]) -> float:
    terms = [w * data_of(y) for y, w in zip(outputs, weights, strict=True)]
    return math.fsum(terms) if all(map(math.isfinite, terms)) else sum(terms)


def _has_graph(y: Any) -> bool:
    return isinstance(y, Value) and y.requires_grad


def _close(a: float, b: float, size: float) -> bool:
    return same(a, b) or math.fabs(a - b) <= AGREEMENT * size or max(math.fabs(a), math.fabs(b)) < VANISHING


__all__ = ["GradcheckError", "Report", "gradcheck"]
