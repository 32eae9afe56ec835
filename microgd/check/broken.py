"""Engines with one known mistake each, to be compared with a learner's.

Every walk here is a backward pass as someone wrote it. `simulated` runs an expression with one of them.
Values and partials come from the table, by `expressions`; nothing else of ours is used.

An engine may go through the operands of a node in either order, or in the order of a Python set. The
numbers of a broken one depend on that, so all orders are tried.
"""

from __future__ import annotations

from collections import deque
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from .expressions import computed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .expressions import Expression

    View = Callable[["Node"], Sequence["Node"]]
    Push = Callable[["Node"], None]
    Kept = dict[str, Any]
    Backward = Callable[["Node", View, Kept], None]


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


# --- what a node passes on --------------------------------------------------------------------------------


def push(node: Node) -> None:
    """The chain rule at one node: right."""
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad += partial * node.grad


def _assigning(node: Node) -> None:
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad = partial * node.grad


def _assigning_backwards(node: Node) -> None:
    for x, partial in list(zip(node.operands, node.partials, strict=True))[::-1]:
        x.grad = partial * node.grad


def _first_only(node: Node) -> None:
    if node.operands:
        node.operands[0].grad += node.partials[0] * node.grad


def _second_only(node: Node) -> None:
    if node.operands:
        node.operands[-1].grad += node.partials[-1] * node.grad


def _once_each(node: Node) -> None:
    for x, partial in {id(x): (x, s) for x, s in zip(node.operands, node.partials, strict=True)}.values():
        x.grad += partial * node.grad


def _once_each_value(node: Node) -> None:
    found: dict[float, tuple[Node, float]] = {}
    for x, partial in zip(node.operands, node.partials, strict=True):
        found[x.data] = found.get(x.data, (x, 0.0))[0], partial
    for x, partial in found.values():
        x.grad += partial * node.grad


def _zeroing_first(node: Node) -> None:
    upstream = node.grad
    for x in node.operands:
        x.grad = 0.0
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad += partial * upstream


def _without_factor(node: Node) -> None:
    for x, partial in zip(node.operands, node.partials, strict=True):
        x.grad += partial


def _twice(node: Node) -> None:
    push(node)
    push(node)


def _all_to_the_last(node: Node) -> None:
    for _ in node.operands:
        node.operands[-1].grad += node.partials[-1] * node.grad


def _all_partials_to_the_last(node: Node) -> None:
    for partial in node.partials:
        node.operands[-1].grad += partial * node.grad


# --- topological orders -----------------------------------------------------------------------------------


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


def _seeded(seed: Callable[[Node], float]) -> Backward:
    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = seed(root)
        for node in reversed(ordered(root, view, set())):
            push(node)

    return backward


def _recursive(root: Node, view: View, kept: Kept) -> None:
    root.grad = 1.0

    def visit(node: Node) -> None:
        push(node)
        for x in view(node):
            visit(x)

    visit(root)


def _reseeding(root: Node, view: View, kept: Kept) -> None:
    root.grad = 1.0
    push(root)
    for x in view(root):
        _reseeding(x, view, kept)


def _postorder(root: Node, view: View, kept: Kept) -> None:
    root.grad = 1.0

    def visit(node: Node) -> None:
        for x in view(node):
            visit(x)
        push(node)

    visit(root)


def _preorder(root: Node, view: View, kept: Kept) -> None:
    root.grad = 1.0
    seen: set[int] = set()

    def visit(node: Node) -> None:
        if id(node) not in seen:
            seen.add(id(node))
            push(node)
            for x in view(node):
                visit(x)

    visit(root)


def _preorder_stack(early: bool) -> Backward:
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


def _breadth_first(late: bool) -> Backward:
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


def _breadth_first_unchecked(root: Node, view: View, kept: Kept) -> None:
    root.grad = 1.0
    queue = deque([root])
    while queue:
        node = queue.popleft()
        push(node)
        queue.extend(view(node))


def _without_visited(root: Node, view: View, kept: Kept) -> None:
    root.grad = 1.0
    for node in reversed(ordered(root, view, None)):
        push(node)


def _not_reversed(root: Node, view: View, kept: Kept) -> None:
    root.grad = 1.0
    for node in ordered(root, view, set()):
        push(node)


def _by_value(root: Node, view: View, kept: Kept) -> None:
    root.grad = 1.0
    for node in reversed(ordered(root, view, set(), lambda node: node.data)):
        push(node)


def _by_value_when_placed(root: Node, view: View, kept: Kept) -> None:
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


def _root_only(root: Node, view: View, kept: Kept) -> None:
    root.grad = 1.0
    push(root)


def _along_one(first: bool) -> Backward:
    def backward(root: Node, view: View, kept: Kept) -> None:
        def one(node: Node) -> Sequence[Node]:
            return view(node)[:1] if first else view(node)[-1:]

        root.grad = 1.0
        for node in reversed(ordered(root, one, set())):
            push(node)

    return backward


def _counting(edges: bool, lowered_by_edges: bool, everywhere: bool = False, stack: bool = False) -> Backward:
    """Kahn's order: a node comes when all nodes that use it have come. It counts nodes, or edges."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        root.grad = 1.0
        waiting: dict[int, int] = {}
        for node in ordered(root, view, set()):
            used = node.operands if edges else {id(x): x for x in node.operands}.values()
            for x in used:
                waiting[id(x)] = x.uses if everywhere else waiting.get(id(x), 0) + 1
        ready = deque([root])
        while ready:
            node = ready.pop() if stack else ready.popleft()
            push(node)
            for x in node.operands if lowered_by_edges else {id(x): x for x in node.operands}.values():
                waiting[id(x)] -= 1
                if waiting[id(x)] == 0:
                    ready.append(x)

    return backward


# --- from one backward pass to the next -------------------------------------------------------------------


def _zeroed_between(nodes: Sequence[Node]) -> None:
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
            _zeroed_between(nodes)
        root.grad = 1.0 + (root.grad if added else 0.0)
        for node in reversed(nodes):
            push(node)

    return backward


def _forgetting(leaves: bool) -> Backward:
    def backward(root: Node, view: View, kept: Kept) -> None:
        nodes = ordered(root, view, set())
        for node in nodes:
            if not leaves or not node.operands:
                node.grad = 0.0
        root.grad = 1.0
        for node in reversed(nodes):
            push(node)

    return backward


def _exhausted(root: Node, view: View, kept: Kept) -> None:
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


def _same_order(root: Node, view: View, kept: Kept) -> None:
    nodes = kept.setdefault("nodes", ordered(root, view, set()))
    _zeroed_between(nodes)
    root.grad = 1.0
    for node in reversed(nodes):
        push(node)


class Broken(NamedTuple):
    """A known mistake: its walks (people write the same mistake in several ways), and what to say.

    push  how a node passes its gradient on, if that is the mistake: it can be in one operation alone
    """

    walks: tuple[Backward, ...]
    message: str
    pushes: tuple[Push, ...] = ()


def _pushing(message: str, *pushes: Push) -> Broken:
    return Broken(tuple(by(one) for one in pushes), message, pushes)


BROKEN: dict[str, Broken] = {
    "no-seed": Broken(
        (_seeded(lambda root: 0.0),),
        "All gradients are 0. Is the gradient of the root set to 1 before the walk?",
    ),
    "seed-data": Broken(
        (_seeded(lambda root: root.data),),
        "Every gradient is multiplied by the root's own value. With which number does the gradient of the"
        " root start?",
    ),
    "root-only": Broken(
        (_root_only,),
        "Only the operands of the root get a gradient, and the nodes before them do not. Does the walk go on?",
    ),
    "first-only": _pushing("The second operand never gets a gradient. Where is its line?", _first_only),
    "second-only": _pushing("The first operand never gets a gradient. Where is its line?", _second_only),
    "dedup": _pushing(
        "A node that is used twice in one operation counts once. Are the operands kept in a set or a dict?",
        _once_each,
    ),
    "assign": _pushing(
        "Right for the last use only: a node used twice keeps only one contribution. Is = written for +=?",
        _assigning,
        _assigning_backwards,
    ),
    "zero-children": _pushing(
        "What a node had from earlier uses is erased on the next visit. Are gradients set to 0 during the"
        " walk?",
        _zeroing_first,
    ),
    "late-binding": _pushing(
        "The last operand gets one contribution for each operand, and the others get none. Is the variable"
        " of a loop used in a function that is called after the loop?",
        _all_to_the_last,
        _all_partials_to_the_last,
    ),
    "twice-each": _pushing(
        "Every contribution arrives twice. Is the backward step of each node called in two places?", _twice
    ),
    "by-value": Broken(
        (_by_value, _by_value_when_placed, by(_once_each_value)),
        "Two nodes with equal values are taken for one. Are they compared by value where identity is meant"
        " (in a list, a set, a dict, or by __eq__)?",
    ),
    "postorder": Broken(
        (_postorder,),
        "The inputs are visited before the output, when they have received nothing yet. In which order"
        " does the walk visit them?",
    ),
    "forward": Broken(
        (_not_reversed,),
        "The inputs are visited first. At which end of the topological order does the walk begin?",
    ),
    "preorder": Broken(
        (_preorder, _preorder_stack(False), _preorder_stack(True)),
        "A shared node passes on its first contribution and none of the later ones. Is every node complete"
        " before it passes its gradient on?",
    ),
    "breadth-first": Broken(
        (_breadth_first(False), _breadth_first(True)),
        "Level by level is not always outputs before inputs: of two paths of different lengths, the longer"
        " one comes too late. In which order is each node complete before it is visited?",
    ),
    "reseeded": Broken(
        (_reseeding,),
        "A node's gradient becomes 1 when the walk comes to it, whatever it had received. Does backward call"
        " itself for the operands, the line with the 1 included?",
    ),
    "recursive": Broken(
        (_recursive, _breadth_first_unchecked),
        "A shared node passes its gradient on again for every use, the earlier contributions included. Is"
        " it complete before it does? (Reverse topological order.)",
    ),
    "no-visited": Broken(
        (_without_visited,),
        "A shared node is in the list once for each use, and passes its gradient on as often. Are the nodes"
        " already visited kept in a set?",
    ),
    "no-upstream": _pushing(
        "The partial derivatives are right, but they are not multiplied by the gradient of the node they"
        " belong to. Which product does the chain rule ask for?",
        _without_factor,
    ),
    "one-branch": Broken(
        (_along_one(True), _along_one(False)),
        "The walk goes on at one operand of a node and not at the other. Does it visit all operands?",
    ),
    "miscounted": Broken(
        (_counting(False, True), _counting(False, True, stack=True), _counting(True, False)),
        "A node that is used twice in one operation comes too early, or never. Is it counted as often as the"
        " count is lowered: once for each edge?",
    ),
    "waits": Broken(
        (_counting(True, True, everywhere=True),),
        "A node waits for a use that does not lead to the root, and never passes its gradient on. Does the"
        " count take only nodes that the root was made of?",
    ),
}
"""The mistakes that one backward pass shows. If two explain the same numbers, the first one is named."""

AGAIN: dict[str, Broken] = {
    "forgets": Broken(
        (_forgetting(False), _forgetting(True)),
        "It should add the same again. Are the leaves' gradients set to 0 at the start?",
    ),
    "kept-visited": Broken(
        (
            keeping(marks=True),
            keeping(marks=True, zeroed=True),
            keeping(marks=True, added=True),
        ),
        "Nodes of an earlier backward pass are not visited again. Where are the visited nodes kept: in a"
        " default argument, in the class, as a mark on the node?",
    ),
    "exhausted": Broken(
        (_exhausted,),
        "A node that was visited once has no operands the second time. Are they kept in an iterator (zip, map,"
        " a generator), which can be read once?",
    ),
    "kept-intermediates": Broken(
        (keeping(), keeping(added=True)),
        "Do nodes between the leaves and the root keep their gradient from the first time, and pass it on"
        " again?",
    ),
    "kept-order": Broken(
        (
            keeping(order=True),
            keeping(order=True, zeroed=True),
            keeping(order=True, marks=True),
            keeping(order=True, marks=True, zeroed=True),
            _same_order,
        ),
        "Nodes of an earlier backward pass are visited again. Is the list of nodes kept: in a default argument,"
        " in the class, on the node?",
    ),
}
"""The mistakes that only a later backward pass shows."""


def in_one(row: str, one_push: Push) -> Backward:
    """A mistake in the nodes of one operation alone."""
    return by(lambda node: one_push(node) if node.row == row else push(node))


def unlinked(row: str) -> Backward:
    """The nodes of one operation pass their gradient on, but the walk does not go on from them."""

    def backward(root: Node, view: View, kept: Kept) -> None:
        by(push)(root, lambda node: () if node.row == row else view(node), kept)

    return backward


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
    kept: Kept = {}
    grads = []

    def view(node: Node) -> Sequence[Node]:
        return order.get(id(node), node.operands)

    walks = list(expression.walks)
    for k, step in enumerate(expression.steps):
        operands = tuple(nodes[i] for i in step.operands)
        node = Node(values[len(leaves) + k], step.operation.row, operands, tuple(partials[k]))
        nodes.append(node)
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
