"""What an engine with a known mistake computes.

An expression is run with one of the backward passes of `walks`. Values and partials come from the table, by
`right`. An engine may go through the operands of a node in either order, or in the order of a Python set. The
numbers of a broken one depend on that, so all orders are tried.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from .pushes import Node
from .right import computed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .expressions import Expression
    from .walks import Backward, Kept


def simulated(
    expression: Expression, backward: Backward, orders: Callable[[int], Iterator[tuple[bool, ...]]]
) -> Iterator[list[list[float]]]:
    """The leaves' gradients after each backward pass, for every order of visiting operands."""
    joints = sum(len(step.operands) == 2 for step in expression.steps)
    found = computed(expression)
    for turned in orders(joints):
        for once in (False, True):
            yield _one(expression, found.values, found.partials, backward, turned, once)
            if all(len(set(step.operands)) == len(step.operands) for step in expression.steps):
                break


def _one(
    expression: Expression,
    values: Sequence[float],
    partials: Sequence[Sequence[float]],
    backward: Backward,
    turned: tuple[bool, ...],
    once: bool,
) -> list[list[float]]:
    nodes = [Node(float(x), "", (), ()) for x in expression.numbers]
    leaves = nodes[:]
    turn = iter(turned)
    order: dict[int, Sequence[Node]] = {}
    made: list[Node] = []
    kept: Kept = {"made": made}  # all operations, for an engine that keeps a list of them
    grads = []

    def view(node: Node) -> Sequence[Node]:
        return order.get(id(node), node.operands)

    walks = list(expression.walks)
    for k, step in enumerate(expression.steps):
        operands = tuple(nodes[i] for i in step.operands)
        node = Node(values[len(leaves) + k], step.operation.row, operands, tuple(partials[k]))
        nodes.append(node)
        made.append(node)
        if len(operands) == 2:
            chosen = operands[:: -1 if next(turn) else 1]
            order[id(node)] = chosen[:1] if once and operands[0] is operands[1] else chosen
        while walks and walks[0].after == k + 1:
            backward(nodes[walks.pop(0).root], view, kept)
            grads.append([leaf.grad for leaf in leaves])
    return grads


def as_written(joints: int) -> Iterator[tuple[bool, ...]]:
    """The first operand first."""
    yield (False,) * joints


def turned_round(joints: int) -> Iterator[tuple[bool, ...]]:
    """The last operand first."""
    yield (True,) * joints


def in_any_order(joints: int) -> Iterator[tuple[bool, ...]]:
    """As in a Python set: for every node of two operands, either first."""
    yield from product((False, True), repeat=joints)
