"""Backward passes that count the uses of a node wrong: one of several, or a number that does not fit.

It uses `ends` (right orders), `walks` and `pushes`.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from .ends import depth_first
from .pushes import Node, push
from .walks import ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .walks import Backward, Kept, View


def one_user(last: bool, reached: bool) -> Backward:
    """Of the uses of a node only the one counts that was made last, or first.

    reached  whether only the uses that lead to the root are looked at
    """

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        below = depth_first(root, view, kept)
        chosen: dict[Node, tuple[Node, int]] = {}
        for node in kept["made"]:
            for k, x in enumerate(node.operands):
                if (not reached or node in below) and (last or x not in chosen):
                    chosen[x] = node, k
        for node in below:
            for k, (x, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
                if chosen[x] == (node, k):
                    x.grad += partial * node.grad

    return backward


def first_contribution(zero_counts: bool) -> Backward:
    """A node keeps the first contribution; `zero_counts`: also if that is 0."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        has = {root}
        for node in depth_first(root, view, kept):
            for x, partial in _edges(node, view):
                if x not in has if zero_counts else x.grad == 0.0:
                    has.add(x)
                    x.grad = partial * node.grad

    return backward


def largest(key: Callable[[float], float]) -> Backward:
    """A node keeps the largest contribution."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        for node in depth_first(root, view, kept):
            for x, partial in zip(node.operands, node.partials, strict=True):
                x.grad = max(x.grad, partial * node.grad, key=key)

    return backward


def mean(root: Node, view: View, kept: Kept) -> None:
    """The mean of the contributions, where it should be their sum."""
    nodes = depth_first(root, view, kept)
    uses = Counter(x for node in nodes for x in node.operands)
    root.grad = 1.0
    for node in nodes:
        for x, partial in zip(node.operands, node.partials, strict=True):
            x.grad += partial * node.grad / uses[x]


def first_way(added: bool) -> Backward:
    """A recursion that carries the contribution goes on from each node once.

    added  whether what comes later is added to the node, or lost
    """

    def backward(root: Node, view: View, kept: Kept) -> None:
        seen: set[Node] = set()

        def visit(node: Node, contribution: float) -> None:
            if added or node not in seen:
                node.grad += contribution
            if node not in seen:
                seen.add(node)
                for x, partial in _edges(node, view):
                    visit(x, partial * contribution)

        root.grad = 0.0
        visit(root, 1.0)

    return backward


def _edges(node: Node, view: View) -> Iterator[tuple[Node, float]]:
    """Operands and partials in the order in which the operands are visited."""
    pairs = list(zip(node.operands, node.partials, strict=True))
    turned = bool(pairs) and view(node)[0] is not node.operands[0]
    return iter(pairs[::-1] if turned else pairs)


def after_each_contribution(root: Node, view: View, kept: Kept) -> None:
    """A recursion that goes on from an operand as soon as it has got a contribution."""
    root.grad = 1.0

    def visit(node: Node) -> None:
        for x, partial in _edges(node, view):
            x.grad += partial * node.grad
            visit(x)

    visit(root)


# --- counted before the walk ------------------------------------------------------------------------------


def counting(
    edges: bool, lowered_by_edges: bool, everywhere: bool = False, ready: str = "first", below: bool = False
) -> Backward:
    """Kahn's order: a node comes when all nodes that use it have come. It counts nodes, or edges.

    everywhere  nodes that do not lead to the root count too
    ready       which of the nodes that are ready comes next: the "first", the "last"; or it comes "at once"
    below       a node comes again when its count is lower than 0
    """

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        left: dict[Node, int] = {}
        for node in kept["made"] if everywhere else ordered(root, view, set()):
            for x in node.operands if edges else dict.fromkeys(node.operands):
                left[x] = left.get(x, 0) + 1
        found = deque([root])

        def counted(node: Node) -> Iterator[Node]:
            for x in node.operands if lowered_by_edges else dict.fromkeys(node.operands):
                left[x] -= 1
                if left[x] == 0 or (below and left[x] < 0):
                    yield x

        def at_once(node: Node) -> None:
            for x, partial in zip(node.operands, node.partials, strict=True):
                x.grad += partial * node.grad
                left[x] -= 1
                if left[x] == 0 or (below and left[x] < 0):
                    at_once(x)

        if ready == "at once":
            at_once(root)
            return
        while found:
            node = found.popleft() if ready == "first" else found.pop()
            push(node)
            found.extend(counted(node))

    return backward


def miscounted() -> Iterator[Backward]:
    """Uses are counted as nodes and lowered for each edge, or the other way round."""
    for everywhere in (False, True):
        yield counting(True, False, everywhere)
        for below in (False, True):
            for ready in ("first", "last", "at once"):
                yield counting(False, True, everywhere, ready, below)
