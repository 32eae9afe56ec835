"""What an expression's values and gradients are, and how near to them an engine must come.

Values and partials come from the table (`ops`), gradients from this package's own engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...ops import TABLE
from ...value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .expressions import Expression, Operation

LARGEST = 200.0  # no number and no partial in a smooth expression is larger
NEAR = 1e-3  # between x - NEAR and x + NEAR, a partial changes little: there is no kink, jump or pole
POLYNOMIALS = ("add", "sub", "mul", "neg")  # smooth everywhere


class Computed(NamedTuple):
    """The value of every node, and of every step the partials for its operands that are no plain numbers."""

    values: list[float]
    partials: list[list[float]]


def computed(expression: Expression) -> Computed:
    """Values and partials by the table."""
    values, partials = [float(x) for x in expression.numbers], []
    for step in expression.steps:
        value, found = at(step.operation, [values[i] for i in step.operands], step.number)
        values.append(value)
        partials.append(found)
    return Computed(values, partials)


def at(operation: Operation, operands: Sequence[float], number: float | None) -> tuple[float, list[float]]:
    """The value and the partials of an operation."""
    row = TABLE[operation.row]
    if operation.number_at is None:
        value = row.value(*operands)
        return value, [partial(*operands, value) for partial in row.partials]
    every = operation.filled(operands, None if number is None else float(number))
    value = row.value(*every)
    return value, [p(*every, value) for k, p in enumerate(row.partials) if k != operation.number_at]


def smooth(expression: Expression) -> bool:
    """Whether every step is smooth there, and no number too large."""
    found = computed(expression)
    return all(
        smooth_at(step.operation, [found.values[i] for i in step.operands], step.number)
        for step in expression.steps
    )


def smooth_at(operation: Operation, operands: Sequence[float], number: float | None) -> bool:
    """Whether value and partials exist there and change little nearby: no kink, no jump, no pole."""
    here = at(operation, operands, number)
    if not _moderate(here):
        return False
    if operation.row in POLYNOMIALS:
        return True
    for i in range(len(operands)):
        for move in (-NEAR, NEAR):
            near = at(operation, [x + move * (j == i) for j, x in enumerate(operands)], number)
            if not _moderate(near):
                return False
            for a, b in zip(here[1], near[1], strict=True):
                if abs(a - b) > 20.0 * NEAR and abs(a - b) > 0.4 * min(1.0, abs(a) + abs(b)):
                    return False
    return True


def _moderate(found: tuple[float, list[float]]) -> bool:
    return all(abs(x) <= LARGEST for x in (found[0], *found[1]))  # not so for nan


def close(x: float, y: float, within: float, size: float) -> bool:
    """Whether x and y differ by rounding errors only, of terms of this size."""
    return abs(x - y) <= within * max(abs(y), size) + 1e-12


def run(expression: Expression, nodes: list[Any], walk: Callable[[Any], object]) -> Iterator[None]:
    """Compute the steps and do the backward passes; stops after each of these."""
    walks = list(expression.walks)
    for k in range(len(expression.steps) + 1):
        if k:
            step = expression.steps[k - 1]
            operands = [nodes[i] for i in step.operands]
            nodes.append(step.operation.apply(*step.operation.filled(operands, step.number)))
        while walks and walks[0].after == k:
            walk(nodes[walks.pop(0).root])
            yield


def right_gradients(expression: Expression) -> list[list[float]]:
    """The gradients of the leaves after each backward pass, by this package's own engine."""
    nodes = [Value(float(x)) for x in expression.numbers]
    leaves = tuple(nodes)
    return [[leaf.grad or 0.0 for leaf in leaves] for _ in run(expression, nodes, Value.backward)]


def scales(expression: Expression) -> list[list[float]]:
    """The same, with the size of every contribution added: what rounding errors are judged by.

    A partial that is small can be a difference of larger terms, as 1 - out**2 is; so it counts as 1.
    """
    found = computed(expression)
    leaves = len(expression.numbers)
    totals, after = [0.0] * leaves, []
    for walk in expression.walks:
        size = [0.0] * (expression.last + 1)
        size[walk.root] = 1.0
        for i in range(walk.root, leaves - 1, -1):
            for j, partial in zip(
                expression.steps[i - leaves].operands, found.partials[i - leaves], strict=True
            ):
                size[j] += max(1.0, abs(partial)) * size[i]
        totals = [x + y for x, y in zip(totals, size, strict=False)]
        after.append(totals)
    return after
