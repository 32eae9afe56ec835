"""Engines with one known mistake each, to be compared with a learner's.

`simulated` runs an expression with one of the backward passes of `walks`. Values and partials come from the
table, by `right`.

An engine may go through the operands of a node in either order, or in the order of a Python set. The
numbers of a broken one depend on that, so all orders are tried.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from . import pushes, walks
from .pushes import Node
from .right import computed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .expressions import Expression
    from .walks import Backward, Kept, Push


class Broken(NamedTuple):
    """A known mistake: its walks (people write the same mistake in several ways), and what to say.

    push  how a node passes its gradient on, if that is the mistake: it can be in one operation alone
    """

    walks: tuple[Backward, ...]
    message: str
    pushes: tuple[Push, ...] = ()


def _pushing(message: str, *pushes: Push) -> Broken:
    return Broken(tuple(walks.by(one) for one in pushes), message, pushes)


BROKEN: dict[str, Broken] = {
    "no-seed": Broken(
        (walks.seeded(lambda root: 0.0),),
        "All gradients are 0. Is the gradient of the root set to 1 before the walk?",
    ),
    "seed-data": Broken(
        (walks.seeded(lambda root: root.data),),
        "Every gradient is multiplied by the root's own value. With which number does the gradient of the"
        " root start?",
    ),
    "first-only": _pushing("The second operand never gets a gradient. Where is its line?", pushes.first_only),
    "second-only": _pushing(
        "The first operand never gets a gradient. Where is its line?", pushes.second_only
    ),
    "dedup": _pushing(
        "A node that is used twice in one operation counts once. Are the operands kept in a set or a dict?",
        pushes.once_each,
    ),
    "assign": _pushing(
        "Right for the last use only: a node used twice keeps only one contribution. Is = written for +=?",
        pushes.assigning,
        pushes.assigning_backwards,
        pushes.assigning_last,
        pushes.assigning_first,
    ),
    "zero-children": _pushing(
        "What a node had from earlier uses is erased on the next visit. Are gradients set to 0 during the"
        " walk?",
        pushes.zeroing_first,
    ),
    "late-binding": _pushing(
        "The last operand gets one contribution for each operand, and the others get none. Is the variable"
        " of a loop used in a function that is called after the loop?",
        pushes.all_to_the_last,
        pushes.all_partials_to_the_last,
    ),
    "twice-each": _pushing(
        "Every contribution arrives twice. Is the backward step of each node called in two places?",
        pushes.twice,
    ),
    "by-value": Broken(
        (walks.by_value, walks.by_value_when_placed, walks.by(pushes.once_each_value)),
        "Two nodes with equal values are taken for one. Are they compared by value where identity is meant"
        " (in a list, a set, a dict, or by __eq__)?",
    ),
    "postorder": Broken(
        (walks.postorder,),
        "The inputs are visited before the output, when they have received nothing yet. In which order"
        " does the walk visit them?",
    ),
    "forward": Broken(
        (walks.not_reversed,),
        "The inputs are visited first. At which end of the topological order does the walk begin?",
    ),
    "root-only": Broken(
        (walks.root_only,),
        "Only the operands of the root get a gradient, and the nodes before them get none. Does the walk"
        " begin at the root, and go on from there?",
    ),
    "preorder": Broken(
        (walks.preorder, walks.preorder_stack(False), walks.preorder_stack(True), walks.marked_early),
        "A shared node passes on its first contribution and none of the later ones. Is every node complete"
        " before it passes its gradient on?",
    ),
    "breadth-first": Broken(
        (walks.breadth_first(False), walks.breadth_first(True)),
        "Level by level is not always outputs before inputs: of two paths of different lengths, the longer"
        " one comes too late. In which order is each node complete before it is visited?",
    ),
    "reseeded": Broken(
        (walks.reseeding,),
        "A node's gradient becomes 1 when the walk comes to it, whatever it had received. Does backward call"
        " itself for the operands, the line with the 1 included?",
    ),
    "seeded-all": Broken(
        (walks.seeding_all(True), walks.seeding_all(False)),
        "Every node gets a 1 when the walk comes to it. Which node alone should begin with 1?",
    ),
    "recursive": Broken(
        (walks.recursive, walks.breadth_first_unchecked),
        "A shared node passes its gradient on again for every use, the earlier contributions included. Is"
        " it complete before it does? (Reverse topological order.)",
    ),
    "no-visited": Broken(
        (walks.without_visited,),
        "A shared node is in the list once for each use, and passes its gradient on as often. Are the nodes"
        " already visited kept in a set?",
    ),
    "no-upstream": _pushing(
        "The partial derivatives are right, but they are not multiplied by the gradient of the node they"
        " belong to. Which product does the chain rule ask for?",
        pushes.without_factor,
    ),
    "one-branch": Broken(
        (walks.along_one(True), walks.along_one(False)),
        "The walk goes on at one operand of a node and not at the other. Does it visit all operands?",
    ),
    "miscounted": Broken(
        (walks.counting(False, True), walks.counting(False, True, stack=True), walks.counting(True, False)),
        "A node that is used twice in one operation comes too early, or never. Is it counted as often as the"
        " count is lowered: once for each edge?",
    ),
    "waits": Broken(
        (walks.counting(True, True, everywhere=True),),
        "A node waits for a use that does not lead to the root, and never passes its gradient on. Does the"
        " count take only nodes that the root was made of?",
    ),
}
"""The mistakes that one backward pass shows. If two explain the same numbers, the first one is named."""

UNLINKED = (
    "The walk does not go on from its result to its operands. Does the new node know what it was made of?"
)
LAST_SAVED = (
    "All its nodes use the values of the last one that was made. Are the values kept on the node, or in one"
    " place for all?"
)
"""Mistakes that are in the nodes of one operation alone."""

AGAIN: dict[str, Broken] = {
    "forgets": Broken(
        (walks.forgetting(False), walks.forgetting(True)),
        "It should add the same again. Are the leaves' gradients set to 0 at the start?",
    ),
    "kept-visited": Broken(
        (
            walks.keeping(marks=True),
            walks.keeping(marks=True, zeroed=True),
            walks.keeping(marks=True, added=True),
        ),
        "Nodes of an earlier backward pass are not visited again. Where are the visited nodes kept: in a"
        " default argument, in the class, as a mark on the node?",
    ),
    "exhausted": Broken(
        (walks.exhausted,),
        "A node that was visited once has no operands the second time. Are they kept in an iterator (zip,"
        " map, a generator), which can be read once?",
    ),
    "kept-intermediates": Broken(
        (walks.keeping(), walks.keeping(added=True)),
        "Do nodes between the leaves and the root keep their gradient from the first time, and pass it on"
        " again?",
    ),
    "kept-root": Broken(
        (walks.root_kept(False), walks.root_kept(True)),
        "The root begins with what it has from before. Is its gradient set to 1, whatever is there?",
    ),
    "freed": Broken(
        (walks.freed(False), walks.freed(True)),
        "No operation counts in two backward passes. Is the list of operations emptied after the first?",
    ),
    "kept-order": Broken(
        (
            walks.keeping(order=True),
            walks.keeping(order=True, zeroed=True),
            walks.keeping(order=True, marks=True),
            walks.keeping(order=True, marks=True, zeroed=True),
            walks.same_order,
        ),
        "Nodes of an earlier backward pass are visited again. Is the list of nodes kept: in a default"
        " argument, in the class, on the node?",
    ),
}
"""The mistakes that only a later backward pass shows."""


# --- what they compute -----------------------------------------------------------------------------------


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
