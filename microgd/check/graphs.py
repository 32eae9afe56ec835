"""What the record of a function tells of a measurement: how large rounding errors are, how near a turn is.

It uses `autograd`, which walks through the record. `gradients` gives the answers to `numerical`.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .. import autograd
from ..autograd import record, shown_record
from ..ops import as_float
from ..value import Value
from .derivative import EPS
from .ladder import TINY
from .numerical import VANISHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


def absolute(node: Value) -> list[float | None]:
    """The sizes of the recorded partials."""
    return [None if partial is None else abs(partial) for partial in autograd.recorded(node)]


def shown(node: Value) -> Sequence[Any]:
    """The partials as numbers, also those of a `Function`."""
    return shown_record(node)[1]


def is_call(node: Value) -> bool:
    """Whether this is the call of a `Function`. It has no number of its own."""
    return node._row is not None and node._row.hidden


def noise_of(nodes: Sequence[Value], upstream: dict[int, float]) -> float:
    """The rounding error of the combined output.

    Every node is rounded to EPS |node|, and a reduction rounds each of the terms it adds up. The output
    changes by that times the node's upstream gradient.
    """
    errors: list[float] = []
    for node in nodes:
        rounded = [node.data, TINY / EPS]
        operands = record(node)[0]
        if len(operands) > 2:
            terms = {id(x): math.fabs(data_of(x)) for x in operands}
            autograd.forward_pass([node], terms, absolute)
            rounded.append(terms.get(id(node), 0.0))
        errors += [math.fabs(upstream.get(id(node), 0.0) * each) for each in rounded]
    return EPS * sum(filter(math.isfinite, errors))


def narrowest_turn(nodes: Sequence[Value], leaf: Value) -> float:
    """How far the leaf must move for some operation to show a feature of its own; 1 at most.

    A feature that is smaller than the rounding errors cannot be seen, but has a slope:
    sin(1e8 * x) + 1e17 turns at steps of 1e-8, hidden in errors of 16.
    """
    tangents = {id(leaf): 1.0}
    autograd.forward_pass(nodes, tangents, shown, shown_record)
    narrowest = 1.0
    for node in nodes:
        operands, partials = shown_record(node)
        moved = zip(operands, partials, strict=True)
        speed = max((math.fabs(tangents.get(id(x), 0.0)) for x, d in moved if d is not None), default=0.0)
        if 0.0 < speed < math.inf and node is not leaf:
            narrowest = min(narrowest, width(node) / speed)
    return max(narrowest, VANISHING)


def width(node: Value) -> float:
    """How near the operands of this operation are to a turn, unless they are right there."""
    if node.op in FEATURELESS:
        return math.inf
    if node.op in OF_WIDTH_1:
        return 1.0
    operands = [data_of(x) for x in node.inputs]
    if node.op == "pow" and isinstance(node.inputs[1], float) and operands[1] in (2.0, 3.0, 4.0):
        return math.inf  # a polynomial
    if len(operands) == 1:
        edges = [0.0, 1.0, -1.0]
        gaps = [math.fabs(operands[0] - edge) for edge in edges]
    else:
        ordered = sorted([0.0, *operands])
        gaps = [b - a for a, b in pairwise(ordered)]
    return min([1.0, *(gap for gap in gaps if gap > 0.0)])


def overflow_of(nodes: Iterable[Value]) -> str:
    """Where a gradient that is nan or inf comes from: the first operation with no finite derivative.

    By the rules of IEEE arithmetic such a gradient is what it has to be, even if the function as a
    whole is smooth there, as sign(sqrt(x)) is for x < 0 or x ** (y / y) is for y at x < 0.
    """
    for node in nodes:
        if is_call(node):
            continue
        operands, partials = shown_record(node)
        for x, d in zip(operands, partials, strict=True):
            if d is not None and not math.isfinite(d):
                return f"the derivative of {node.op} is {d} at {data_of(x):g}"
        if not math.isfinite(node.data):
            return f"{node.op} has no finite value: {node.data}"
    return ""


def data_of(y: Any) -> float:
    """The number of an operand or an output."""
    return y.data if isinstance(y, Value) else as_float(y)
