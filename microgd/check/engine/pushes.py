"""What one node passes on to its operands, right and wrong. It uses nothing of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Node:
    """A number with a memory, as in the smallest engines."""

    def __init__(
        self, data: float, row: str, operands: tuple[Node, ...], partials: tuple[float, ...]
    ) -> None:
        self.data, self.row = data, row
        self.operands, self.partials = operands, partials
        self.grad = 0.0
        self.uses = 0
        for x in operands:
            x.uses += 1


def push(node: Node) -> None:
    """The chain rule at one node: right."""
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad += partial * node.grad


def assigning(node: Node) -> None:
    """= for +=."""
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad = partial * node.grad


def assigning_backwards(node: Node) -> None:
    """= for +=, the last operand first."""
    for x, partial in list(zip(node.operands, node.partials, strict=True))[::-1]:
        x.grad = partial * node.grad


def assigning_last(node: Node) -> None:
    """= for += at the last of two operands alone."""
    for k, (x, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
        x.grad = partial * node.grad + (0.0 if k else x.grad)


def assigning_first(node: Node) -> None:
    """= for += at the first of two operands alone."""
    for k, (x, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
        x.grad = partial * node.grad + (0.0 if k == 0 and len(node.operands) > 1 else x.grad)


def first_only(node: Node) -> None:
    """Nothing for the second operand."""
    if node.operands:
        node.operands[0].grad += node.partials[0] * node.grad


def second_only(node: Node) -> None:
    """Nothing for the first operand."""
    if node.operands:
        node.operands[-1].grad += node.partials[-1] * node.grad


def once_each(node: Node) -> None:
    """One contribution for each node, though it is both operands."""
    for x, partial in {id(x): (x, s) for x, s in zip(node.operands, node.partials, strict=True)}.values():
        x.grad += partial * node.grad


def once_each_first(node: Node) -> None:
    """The same, with the partial of the first."""
    found: dict[int, tuple[Node, float]] = {}
    for x, partial in zip(node.operands, node.partials, strict=True):
        found.setdefault(id(x), (x, partial))
    for x, partial in found.values():
        x.grad += partial * node.grad


def of_first_position(node: Node) -> None:
    """A node that is both operands gets the first one's partial twice."""
    for x in node.operands:
        x.grad += node.partials[node.operands.index(x)] * node.grad


def of_last_position(node: Node) -> None:
    """The same with the last one's."""
    partials = dict(zip(node.operands, node.partials, strict=True))
    for x in node.operands:
        x.grad += partials[x] * node.grad


def until_zero(node: Node) -> None:
    """Nothing for the operands after a partial of 0."""
    for x, partial in zip(node.operands, node.partials, strict=True):
        if partial == 0.0:
            break
        x.grad += partial * node.grad


def until_zero_backwards(node: Node) -> None:
    """The same, the last operand first."""
    for x, partial in list(zip(node.operands, node.partials, strict=True))[::-1]:
        if partial == 0.0:
            break
        x.grad += partial * node.grad


def assigning_leaves(node: Node) -> None:
    """= for += at leaves alone."""
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad = partial * node.grad + (x.grad if x.operands else 0.0)


def assigning_between(node: Node) -> None:
    """= for += at results of operations alone."""
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad = partial * node.grad + (0.0 if x.operands else x.grad)


def once_each_value(node: Node) -> None:
    """One contribution for each value: operands of equal values are taken for one."""
    found: dict[float, tuple[Node, float]] = {}
    for x, partial in zip(node.operands, node.partials, strict=True):
        found[x.data] = found.get(x.data, (x, 0.0))[0], partial
    for x, partial in found.values():
        x.grad += partial * node.grad


def zeroing_first(node: Node) -> None:
    """Operands begin at 0 whenever one that uses them is visited."""
    upstream = node.grad
    for x in node.operands:
        x.grad = 0.0
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad += partial * upstream


def without_factor(node: Node) -> None:
    """The partials, without the upstream gradient."""
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad += partial


def twice(node: Node) -> None:
    """Everything two times."""
    push(node)
    push(node)


def all_to_the_last(node: Node) -> None:
    """The last operand's contribution, once for each operand."""
    for _ in node.operands:
        node.operands[-1].grad += node.partials[-1] * node.grad


def all_partials_to_the_last(node: Node) -> None:
    """The contributions of all operands, to the last one."""
    for partial in node.partials:
        node.operands[-1].grad += partial * node.grad


def _limited(x: float, most: float) -> float:
    return max(-most, min(most, x))


def limiting_results(most: float) -> Callable[[Node], None]:
    """A node's gradient is limited before it is passed on."""

    def one_push(node: Node) -> None:
        if node.operands:
            node.grad = _limited(node.grad, most)
        push(node)

    return one_push


def limiting_sums(most: float) -> Callable[[Node], None]:
    """A gradient is limited whenever a contribution was added."""

    def one_push(node: Node) -> None:
        for x, partial in zip(node.operands, node.partials, strict=True):
            x.grad = _limited(x.grad + partial * node.grad, most)

    return one_push


def limiting_contributions(most: float) -> Callable[[Node], None]:
    """Each contribution is limited."""

    def one_push(node: Node) -> None:
        for x, partial in zip(node.operands, node.partials, strict=True):
            x.grad += _limited(partial * node.grad, most)

    return one_push
