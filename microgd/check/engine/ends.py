"""Backward passes that end too early: at a gradient of 0, at a leaf, after so many levels.

The nodes that are visited come in a right order. It uses `walks` and `pushes`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from .pushes import Node, push
from .walks import by, ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .walks import Backward, Kept, View

    Order = Callable[[Node, View, Kept], list[Node]]
    Distances = Callable[[Node, View], dict[Node, int]]

MOST_LEVELS, MOST_NODES = 6, 16


# --- right orders, the root first -------------------------------------------------------------------------


def depth_first(root: Node, view: View, kept: Kept) -> list[Node]:
    """The usual one."""
    return ordered(root, view, set())[::-1]


def as_made(root: Node, view: View, kept: Kept) -> list[Node]:
    """The node that was made last comes first; leaves come last."""
    found = ordered(root, view, set())
    operations = [node for node in reversed(kept["made"]) if node in found]
    return [*operations, *(node for node in found if not node.operands)]


def when_complete(stack: bool) -> Order:
    """Kahn's order: a node comes when all that use it have come, the first of these or the last."""

    def order(root: Node, view: View, kept: Kept) -> list[Node]:
        left = _edges(root, view)
        placed, ready = [], deque([root])
        while ready:
            node = ready.pop() if stack else ready.popleft()
            placed.append(node)
            for x in node.operands:
                left[x] -= 1
                if left[x] == 0:
                    ready.append(x)
        return placed

    return order


def highest_first(root: Node, view: View, kept: Kept) -> list[Node]:
    """The longest way to a leaf comes first."""
    height: dict[Node, int] = {}
    found = ordered(root, view, set())
    for node in found:
        height[node] = 1 + max((height[x] for x in node.operands), default=-1)
    return sorted(found, key=lambda node: -height[node])


ORDERS: tuple[Order, ...] = (
    depth_first,
    as_made,
    when_complete(False),
    when_complete(True),
    highest_first,
)


def _edges(root: Node, view: View) -> dict[Node, int]:
    """How often each node below the root is an operand."""
    found = ordered(root, view, set())
    left = dict.fromkeys(found, 0)
    for node in found:
        for x in node.operands:
            left[x] += 1
    return left


# --- where they end ---------------------------------------------------------------------------------------


def until(ends: Callable[[Node], bool]) -> Iterator[Backward]:
    """The loop over the nodes ends at the first one of this kind, in each right order."""

    def ended(order: Order) -> Backward:
        def backward(root: Node, view: View, kept: Kept) -> None:
            root.grad = 1.0
            for node in order(root, view, kept):
                if ends(node):
                    break
                push(node)

        return backward

    return map(ended, ORDERS)


def has_no_gradient(node: Node) -> bool:
    """Whether nothing has come to it but 0."""
    return node.grad == 0.0


def is_leaf(node: Node) -> bool:
    """Whether it is the result of nothing."""
    return not node.operands


def waiting_at_zero(contributions: bool) -> Backward:
    """Kahn's order in which a node without a gradient lowers no count, or no contribution of 0 does."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        left = _edges(root, view)
        ready = [root]
        while ready:
            node = ready.pop()
            push(node)
            for x, partial in zip(node.operands, node.partials, strict=True):
                if (partial * node.grad if contributions else node.grad) != 0.0:
                    left[x] -= 1
                    if left[x] == 0:
                        ready.append(x)

    return backward


def past_zeros(root: Node, view: View, kept: Kept) -> None:
    """Operands whose value is 0 are not visited."""
    by(push)(root, lambda node: [x for x in view(node) if x.data], kept)


def silent_zeros(root: Node, view: View, kept: Kept) -> None:
    """Nodes whose value is 0 pass nothing on, the root too."""
    root.grad = 1.0
    for node in depth_first(root, view, kept):
        if node.data:
            push(node)


# --- how far they come ------------------------------------------------------------------------------------


def shortest(root: Node, view: View) -> dict[Node, int]:
    """How many operations are between the root and each node, by the shortest way."""
    far, queue = {root: 0}, deque([root])
    while queue:
        node = queue.popleft()
        for x in node.operands:
            if x not in far:
                far[x] = far[node] + 1
                queue.append(x)
    return far


def longest(root: Node, view: View) -> dict[Node, int]:
    """The same by the longest way."""
    far = {root: 0}
    for node in depth_first(root, view, {}):
        for x in node.operands:
            far[x] = max(far.get(x, 0), far[node] + 1)
    return far


def first_way(root: Node, view: View) -> dict[Node, int]:
    """The same by the way on which a recursion comes first."""
    far: dict[Node, int] = {}

    def visit(node: Node, level: int) -> None:
        if node not in far:
            far[node] = level
            for x in view(node):
                visit(x, level + 1)

    visit(root, 0)
    return far


def count(root: Node, view: View) -> dict[Node, int]:
    """How many nodes come before each, in the usual order."""
    return {node: k for k, node in enumerate(depth_first(root, view, {}))}


def within_levels() -> Iterator[Backward]:
    """Only nodes near the root pass their gradient on, for each way to measure and each limit."""

    def limited(distances: Distances, limit: int) -> Backward:
        def backward(root: Node, view: View, kept: Kept) -> None:
            root.grad = 1.0
            far = distances(root, view)
            for node in depth_first(root, view, kept):
                if far[node] < limit:
                    push(node)

        return backward

    for distances, most in (
        (shortest, MOST_LEVELS),
        (longest, MOST_LEVELS),
        (first_way, MOST_LEVELS),
        (count, MOST_NODES),
    ):
        for limit in range(2, most + 1):
            yield limited(distances, limit)
    for limit in range(2, MOST_LEVELS + 1):
        yield to_level(limit)


def to_level(limit: int) -> Backward:
    """A recursion that ends at a level, and so does not mark the nodes there; they may come later."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        placed: list[Node] = []
        seen: set[Node] = set()

        def visit(node: Node, level: int) -> None:
            if level < limit and node not in seen:
                seen.add(node)
                for x in view(node):
                    visit(x, level + 1)
                placed.append(node)

        visit(root, 0)
        for node in reversed(placed):
            push(node)

    return backward
