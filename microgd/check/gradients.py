"""gradcheck: is every gradient of a function of Values right?

It uses `numerical`, which measures each slope and knows how well, and `autograd`. Besides the slopes it
checks what must hold whatever the function is: two runs give the same; backward is linear in the
upstream gradient; forward mode (`autograd.forward_pass`) and the textbook's backward pass
(`autograd.backward_pass`) agree with what `backward()` finds.
"""

from __future__ import annotations

import inspect
import math
import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import autograd
from ..autograd import no_grad, record, shown_record, topological_order
from ..ops import as_float, flat, same
from ..value import Value
from .functions import wrong_functions
from .numerical import EPS, TINY, VANISHING, Derivative, numerical_derivative

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .diagnosis import Diagnosis

WELL = frozenset(
    ("ok", "ok_weak", "coarse", "kink", "jump", "infinite", "edge", "undefined")
)  # not a failure

FEATURELESS = frozenset(["", "add", "sub", "mul", "neg", "sum", "mean", "dot", "prod"])
"""Polynomials: they turn nowhere faster than elsewhere."""

OF_WIDTH_1 = frozenset(
    [
        *("exp", "exp2", "expm1", "sin", "cos", "sinh", "cosh", "tanh", "asinh", "atan"),
        *("erf", "erfc", "sigmoid", "softplus", "logaddexp", "logsumexp"),
    ]
)
"""They turn when their operand changes by about 1. All others have a kink, a pole or a root at 0, at 1, at
-1, or where two operands are equal. They may turn as near as that."""

AGREEMENT = 64 * EPS
"""How far two sums of the same terms in another order may differ, beside the sum of their sizes."""


class Row(NamedTuple):
    """One input's gradient, and what was measured there."""

    input: str
    order: int
    yours: float
    measured: Derivative
    verdict: str
    note: str = ""

    @property
    def remark(self) -> str:
        """What the verdict cannot say in a word."""
        if self.note:
            return self.note
        plain = self.verdict in ("ok", "ok_weak", "coarse", "wrong")
        return "" if plain and self.measured.kind != "kink" else self.measured.describe()


class Report:
    """The outcome of `gradcheck`: true when all is well, and printed as a table.

    rows      one `Row` for each input (and, with order=2, for each second derivative)
    failures  a sentence for everything else that is wrong: not deterministic, not linear, ...
    named     by the name of each `autograd.Function` with a wrong backward, the `Diagnosis` of it
    """

    def __init__(
        self, rows: Sequence[Row], failures: Sequence[str] = (), named: Mapping[str, Diagnosis] | None = None
    ) -> None:
        self.rows = list(rows)
        self.failures = list(failures)
        self.named = dict(named or {})

    def __bool__(self) -> bool:
        return not self.failures and all(row.verdict in WELL for row in self.rows)

    @property
    def wrong(self) -> list[Row]:
        """The rows whose gradient is wrong."""
        return [row for row in self.rows if row.verdict not in WELL]

    def __str__(self) -> str:
        table = [["input", "yours", "measured", "± can be seen", "verdict", ""]]
        for row in self.rows:
            name = row.input if row.order == 1 else f"{row.input} (2nd order)"
            seen = row.measured.tolerance
            table.append(
                [
                    name,
                    f"{row.yours:.10g}",
                    f"{row.measured.value:.10g}",
                    f"{seen:.1g}" if math.isfinite(seen) else "-",
                    row.verdict,
                    row.remark,
                ]
            )
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in table
        ]
        named = [f"{name}.backward: {diagnosis}" for name, diagnosis in self.named.items()]
        return "\n".join(lines + self.failures + named)

    __repr__ = __str__


class GradcheckError(RuntimeError):
    """Raised by `gradcheck` when something is wrong; `report` says what."""

    def __init__(self, report: Report) -> None:
        bad = len(report.wrong)
        parts = [f"{bad} of {len(report.rows)} gradients are wrong"] if bad else []
        parts += ["backward does not behave like a derivative"] if report.failures else []
        super().__init__(f"{' and '.join(parts)}:\n{report}")
        self.report = report


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
        overflow = _overflow(topological_order(filter(_has_graph, outputs)))
        for name, graph, number in zip(self.names, first, plain, strict=True):
            agree = _close(_data(graph), number, math.fabs(number))
            # Where a derivative is inf, 0 * inf is nan in a graph; a plain backward cuts such branches off.
            if not agree and not (math.isnan(_data(graph)) and overflow):
                self.failures.append(
                    f"the gradient of {name} is {number!r}, and {_data(graph)!r} with create_graph"
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
        nodes = [node for node in nodes if not _is_call(node)]
        noise = _noise(nodes, upstream)
        self._passes_agree(nodes, upstream, outputs, weights, gradients, sizes)
        rows = []
        for leaf, name, gradient, size in zip(self.leaves, self.names, gradients, sizes, strict=True):
            scale = _narrowest(nodes, leaf)
            measured = self._measure(combined, leaf, noise, scale, order)
            lost = EPS * size if math.isfinite(size) else 0.0
            measured = measured._replace(error=measured.error + lost)
            verdict, note = measured.judge(gradient), ""
            if verdict == "wrong" and not math.isfinite(gradient):
                note = _overflow(nodes)
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
        return [0.0 if g is None else _data(g) for g in found]

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
        sizes = self._upstream(nodes, outputs, list(map(math.fabs, weights)), _absolute)
        return [sizes.get(id(leaf), 0.0) for leaf in self.leaves]

    # --- what holds for every function ---

    def _deterministic(
        self, outputs: Sequence[Any], weights: Sequence[float], gradients: Sequence[float]
    ) -> None:
        again = _outputs(self.run())
        if len(again) != len(outputs) or not all(map(same, map(_data, outputs), map(_data, again))):
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
        autograd.forward_pass(nodes, tangents, _shown, shown_record)
        forward = sum(w * tangents.get(id(y), 0.0) for y, w in zip(outputs, weights, strict=True))
        reverse = math.fsum(d * g for d, g in zip(directions, gradients, strict=True) if math.isfinite(g))
        size = sum(abs(d) * s for d, s in zip(directions, sizes, strict=True))
        if math.isfinite(size) and math.isfinite(forward) and not _close(forward, reverse, size):
            self.failures.append(
                f"forward and reverse mode differ: {forward!r} and {reverse!r} along one direction"
            )


def _absolute(node: Value) -> list[float | None]:
    """The sizes of the recorded partials."""
    return [None if partial is None else abs(partial) for partial in autograd.recorded(node)]


def _shown(node: Value) -> Sequence[Any]:
    """The partials as numbers, also those of a `Function`."""
    return shown_record(node)[1]


def _is_call(node: Value) -> bool:
    """Whether this is the call of a `Function`. It has no number of its own."""
    return node._row is not None and node._row.hidden


def _noise(nodes: Sequence[Value], upstream: dict[int, float]) -> float:
    """The rounding error of the combined output.

    Every node is rounded to EPS |node|, and a reduction rounds each of the terms it adds up. The output
    changes by that times the node's upstream gradient.
    """
    errors: list[float] = []
    for node in nodes:
        rounded = [node.data, TINY / EPS]
        operands = record(node)[0]
        if len(operands) > 2:
            terms = {id(x): math.fabs(_data(x)) for x in operands}
            autograd.forward_pass([node], terms, _absolute)
            rounded.append(terms.get(id(node), 0.0))
        errors += [math.fabs(upstream.get(id(node), 0.0) * each) for each in rounded]
    return EPS * sum(filter(math.isfinite, errors))


def _narrowest(nodes: Sequence[Value], leaf: Value) -> float:
    """How far the leaf must move for some operation to show a feature of its own; 1 at most.

    A feature that is smaller than the rounding errors cannot be seen, but has a slope:
    sin(1e8 * x) + 1e17 turns at steps of 1e-8, hidden in errors of 16.
    """
    tangents = {id(leaf): 1.0}
    autograd.forward_pass(nodes, tangents, _shown, shown_record)
    narrowest = 1.0
    for node in nodes:
        operands, partials = shown_record(node)
        moved = zip(operands, partials, strict=True)
        speed = max((math.fabs(tangents.get(id(x), 0.0)) for x, d in moved if d is not None), default=0.0)
        if 0.0 < speed < math.inf and node is not leaf:
            narrowest = min(narrowest, _width(node) / speed)
    return max(narrowest, VANISHING)


def _width(node: Value) -> float:
    """How near the operands of this operation are to a turn, unless they are right there."""
    if node.op in FEATURELESS:
        return math.inf
    if node.op in OF_WIDTH_1:
        return 1.0
    operands = [_data(x) for x in node.inputs]
    if node.op == "pow" and isinstance(node.inputs[1], float) and operands[1] in (2.0, 3.0, 4.0):
        return math.inf  # a polynomial
    if len(operands) == 1:
        edges = [0.0, 1.0, -1.0]
        gaps = [math.fabs(operands[0] - edge) for edge in edges]
    else:
        ordered = sorted([0.0, *operands])
        gaps = [b - a for a, b in pairwise(ordered)]
    return min([1.0, *(gap for gap in gaps if gap > 0.0)])


def _overflow(nodes: Iterable[Value]) -> str:
    """Where a gradient that is nan or inf comes from: the first operation with no finite derivative.

    By the rules of IEEE arithmetic such a gradient is what it has to be, even if the function as a
    whole is smooth there, as sign(sqrt(x)) is for x < 0 or x ** (y / y) is for y at x < 0.
    """
    for node in nodes:
        operands, partials = shown_record(node)
        for x, d in zip(operands, partials, strict=True):
            if d is not None and not math.isfinite(d):
                return f"the derivative of {node.op} is {d} at {_data(x):g}"
        if not math.isfinite(node.data):
            return f"{node.op} has no finite value: {node.data}"
    return ""


def _outputs(returned: Any) -> list[Any]:
    """What f returned, in one list. An array of no dimension stands for the Value or the number in it."""
    return [y if isinstance(y, Value) or not hasattr(y, "item") else y.item() for y in flat(returned)]


def _combined(outputs: Iterable[Any], weights: Iterable[float]) -> float:
    terms = [w * _data(y) for y, w in zip(outputs, weights, strict=True)]
    return math.fsum(terms) if all(map(math.isfinite, terms)) else sum(terms)


def _has_graph(y: Any) -> bool:
    return isinstance(y, Value) and y.requires_grad


def _data(y: Any) -> float:
    return y.data if isinstance(y, Value) else as_float(y)


def _close(a: float, b: float, size: float) -> bool:
    return same(a, b) or math.fabs(a - b) <= AGREEMENT * size or max(math.fabs(a), math.fabs(b)) < VANISHING
