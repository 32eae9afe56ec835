"""Backward passes with a mistake, as people write them.

A walk is backward(root, view, kept): view(node) gives the operands of a node in the order in which they are
visited, and `kept` is what the engine keeps from one pass to the next. It uses `pushes`. `ends`, `uses` and
`passes` have more of them.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .pushes import Node, push

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    View = Callable[[Node], Sequence[Node]]
    Push = Callable[[Node], None]
    Kept = dict[str, Any]
    Backward = Callable[[Node, View, Kept], None]


def ordered(root: Node, view: View, seen: set[Any] | None, mark: Callable[[Node], Any] = id) -> list[Node]:
    """A topological order, operands first; `seen` holds the marks of those visited, or is not there."""
    placed: list[Node] = []

    def visit(node: Node) -> None:
        if seen is not None:
            if mark(node) in seen:
                return
            seen.add(mark(node))
        for x in view(node):
            visit(x)
        placed.append(node)

    visit(root)
    return placed


def by(one_push: Push) -> Backward:
    """The right order, with this way to pass gradients on."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        for node in reversed(ordered(root, view, set())):
            one_push(node)

    return backward


def seeded(seed: Callable[[Node], float]) -> Backward:
    """The root begins with another number than 1."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = seed(root)
        for node in reversed(ordered(root, view, set())):
            push(node)

    return backward


def recursive(root: Node, view: View, kept: Kept) -> None:
    """Each node passes its gradient on whenever it is reached."""
    root.grad = 1.0

    def visit(node: Node) -> None:
        push(node)
        for x in view(node):
            visit(x)

    visit(root)


def reseeding(root: Node, view: View, kept: Kept) -> None:
    """Each node gets 1 when it is reached."""
    root.grad = 1.0
    push(root)
    for x in view(root):
        reseeding(x, view, kept)


def seeding_all(added: bool) -> Backward:
    """Each node gets a 1 before its step: `added` to what it has, or in its place."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        for node in reversed(ordered(root, view, set())):
            node.grad = 1.0 + (node.grad if added else 0.0)
            push(node)

    return backward


def postorder(root: Node, view: View, kept: Kept) -> None:
    """Operands first, in a recursion."""
    root.grad = 1.0

    def visit(node: Node) -> None:
        for x in view(node):
            visit(x)
        push(node)

    visit(root)


def preorder(root: Node, view: View, kept: Kept) -> None:
    """Each node once, when it is first reached."""
    root.grad = 1.0
    seen: set[int] = set()

    def visit(node: Node) -> None:
        if id(node) not in seen:
            seen.add(id(node))
            push(node)
            for x in view(node):
                visit(x)

    visit(root)


def preorder_stack(early: bool) -> Backward:
    """The same with a stack; `early`: a node is marked when it is put there."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        seen = {id(root)} if early else set()
        stack = [root]
        while stack:
            node = stack.pop()
            if early or id(node) not in seen:
                seen.add(id(node))
                push(node)
                for x in view(node):
                    if not early or id(x) not in seen:
                        seen |= {id(x)} if early else set()
                        stack.append(x)

    return backward


def marked_early(root: Node, view: View, kept: Kept) -> None:
    """A list with a stack, in which a node is marked when it is put there, and not when it is visited."""
    placed: list[Node] = []
    seen, stack = {id(root)}, [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            placed.append(node)
            continue
        stack.append((node, True))
        for x in view(node):
            if id(x) not in seen:
                seen.add(id(x))
                stack.append((x, False))
    root.grad = 1.0
    for node in reversed(placed):
        push(node)


def breadth_first(late: bool) -> Backward:
    """Level by level; `late`: a node is marked when it is taken out."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        seen = {id(root)}
        queue = deque([root])
        done: set[int] = set()
        while queue:
            node = queue.popleft()
            if late:
                if id(node) in done:
                    continue
                done.add(id(node))
            push(node)
            for x in view(node):
                if late or id(x) not in seen:
                    seen.add(id(x))
                    queue.append(x)

    return backward


def breadth_first_unchecked(root: Node, view: View, kept: Kept) -> None:
    """Level by level, each node as often as it is reached."""
    root.grad = 1.0
    queue = deque([root])
    while queue:
        node = queue.popleft()
        push(node)
        queue.extend(view(node))


def without_visited(root: Node, view: View, kept: Kept) -> None:
    """A list of nodes in which a node is as often as it is used."""
    root.grad = 1.0
    for node in reversed(ordered(root, view, None)):
        push(node)


def not_reversed(root: Node, view: View, kept: Kept) -> None:
    """From the first node of the list."""
    root.grad = 1.0
    for node in ordered(root, view, set()):
        push(node)


def by_value(root: Node, view: View, kept: Kept) -> None:
    """Nodes of equal values are one."""
    root.grad = 1.0
    for node in reversed(ordered(root, view, set(), lambda node: node.data)):
        push(node)


def by_value_when_placed(root: Node, view: View, kept: Kept) -> None:
    """Nodes of equal values are one, if the first is in the list already."""
    placed: list[Node] = []

    def visit(node: Node) -> None:
        if node.data not in [x.data for x in placed]:
            for x in view(node):
                visit(x)
            placed.append(node)

    visit(root)
    root.grad = 1.0
    for node in reversed(placed):
        push(node)


def root_only(root: Node, view: View, kept: Kept) -> None:
    """Nothing after the root."""
    root.grad = 1.0
    push(root)


def along_one(first: bool) -> Backward:
    """From each node on to one operand alone."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        def one(node: Node) -> Sequence[Node]:
            return view(node)[:1] if first else view(node)[-1:]

        root.grad = 1.0
        for node in reversed(ordered(root, one, set())):
            push(node)

    return backward


# --- in one operation ---------------------------------------------------------------------------------------


def in_one(row: str, one_push: Push) -> Backward:
    """A mistake in the nodes of one operation alone."""
    return by(lambda node: one_push(node) if node.row == row else push(node))


def unlinked(row: str, position: int | None = None) -> Backward:
    """The nodes of one operation pass their gradient on, but the walk does not go on from them.

    position  the operand to which it does not go on; by default none
    """

    def backward(root: Node, view: View, kept: Kept) -> None:
        def linked(node: Node) -> Sequence[Node]:
            if node.row != row:
                return view(node)
            return () if position is None else node.operands[1 - position : 2 - position]

        by(push)(root, linked, kept)

    return backward


def last_saved(row: str) -> Backward:
    """All nodes of one operation use the partials of the one that was made last."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        last: Node = next((node for node in reversed(kept["made"]) if node.row == row), root)

        def one_push(node: Node) -> None:
            if node.row != row or len(node.operands) != len(last.partials):
                push(node)
                return
            for x, partial in zip(node.operands, last.partials, strict=True):
                x.grad += partial * node.grad

        by(one_push)(root, view, kept)

    return backward
