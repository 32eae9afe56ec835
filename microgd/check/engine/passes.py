"""Backward passes of which something is left when the next one begins, or nothing where it should be.

The first pass is right. It uses `walks` and `pushes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .pushes import Node, push
from .walks import ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .walks import Backward, Kept, View


def zero_between(nodes: Sequence[Node]) -> None:
    """0 for all nodes that are no leaves."""
    for node in nodes:
        if node.operands:
            node.grad = 0.0


def keeping(zeroed: bool = False, added: bool = False, marks: bool = False, order: bool = False) -> Backward:
    """A right first pass, and something that is kept for the next.

    zeroed  nodes with operands begin at 0 again
    added   the 1 of the root is added to what it has
    marks   the set of visited nodes is kept
    order   the list of nodes is kept, and becomes longer
    """

    def backward(root: Node, view: View, kept: Kept) -> None:
        seen = kept.setdefault("seen", set()) if marks else set()
        nodes = ordered(root, view, seen)
        if order:
            nodes = kept["nodes"] = [*kept.get("nodes", ()), *nodes]
        if zeroed:
            zero_between(nodes)
        root.grad = 1.0 + (root.grad if added else 0.0)
        for node in reversed(nodes):
            push(node)

    return backward


def forgetting(leaves: bool) -> Backward:
    """Gradients begin at 0, those of the leaves alone or all."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        nodes = ordered(root, view, set())
        for node in nodes:
            if not leaves or not node.operands:
                node.grad = 0.0
        root.grad = 1.0
        for node in reversed(nodes):
            push(node)

    return backward


def exhausted(root: Node, view: View, kept: Kept) -> None:
    """The operands are kept in something that can be read once."""
    read: set[int] = kept.setdefault("read", set())

    def once(node: Node) -> Sequence[Node]:
        if id(node) in read:
            return ()
        read.add(id(node))
        return view(node)

    nodes = ordered(root, once, set())
    root.grad = 1.0
    for node in reversed(nodes):
        push(node)


def root_kept(if_zero: bool) -> Backward:
    """The root begins with what it has: 1 is added to it, or it gets 1 if it has 0."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        nodes = ordered(root, view, set())
        zero_between(nodes[:-1])
        root.grad = root.grad if if_zero and root.grad else root.grad + 1.0
        for node in reversed(nodes):
            push(node)

    return backward


def freed(zeroed: bool) -> Backward:
    """A list of all operations, the last first; it is emptied when they have been used."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        made = kept["made"]
        if zeroed:
            zero_between(made)
        root.grad = 1.0
        for node in reversed(made):
            push(node)
        made.clear()

    return backward


def same_order(root: Node, view: View, kept: Kept) -> None:
    """The first list of nodes, each time."""
    nodes = kept.setdefault("nodes", ordered(root, view, set()))
    zero_between(nodes)
    root.grad = 1.0
    for node in reversed(nodes):
        push(node)


def taped(zeroed: bool) -> Backward:
    """A list of all operations, the last first; it is never emptied."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        if zeroed:
            zero_between(kept["made"])
        root.grad = 1.0
        for node in reversed(kept["made"]):
            push(node)

    return backward
