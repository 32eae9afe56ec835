"""Which values of a graph are shown, and in which order: the first thing that `graph` asks.

Copies are left out. In the graph of a gradient, so is what its rules have written and nobody needs: `× 1`,
and a choice that was made already. Operands come before what is made of them, and the iterations of a loop
in time. It uses only the values themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..value import Value

    Operands = Callable[[Any], Sequence[Any]]

LARGEST_ENTRY = 16
"""What enters an iteration from outside is looked at if it took at most so many operations."""

MOST_LOOKED_AT = 100
"""So many operations are looked at to find the iteration before."""


def past_copies(node: Any) -> Any:
    """The node itself, or x for a nameless 0 + x, for a sum of one value, or for x * 1 or x / 1 in a module.

    A sum starts, a row is copied, a batch has one sample. No picture shows these.
    """
    while not isinstance(node, float) and node.op in ("add", "mul", "div", "sum") and not node.label:
        operands: list[Any] = [*node.inputs, None]
        a, b = operands[:2]
        if (node.op == "add" and isinstance(a, float) and a == 0.0) or (node.op == "sum" and b is None):
            node = b if b is not None else a
        elif node.op in ("mul", "div") and isinstance(b, float) and b == 1.0 and node._scope:
            node = a
        else:
            break
    return node


def past_noise(node: Any) -> Any:
    """As `past_copies`, and past 1 * x, x * 1, and a choice by a number: what rules of derivatives write."""
    while not isinstance(node, float) and not node.label:
        node = past_copies(node)
        operands: list[Any] = [*node.inputs, None, None]
        a, b, *more = operands
        if node.label:
            break
        if node.op == "mul" and _is_one(b) and not isinstance(a, float):
            node = a
        elif node.op == "mul" and _is_one(a) and not isinstance(b, float):
            node = b
        elif node.op == "where" and isinstance(a, float):
            node = b if a else more[0]
        else:
            break
    return node


def _is_one(x: Any) -> bool:
    return isinstance(x, float) and x == 1.0


def operands_of(node: Any) -> list[Any]:
    """The operands as pictures show them: Values, and floats where plain numbers stood."""
    return [past_copies(x) for x in node.inputs]


def operands_past_noise(node: Any) -> list[Any]:
    """The operands in the graph of a gradient."""
    return [past_noise(x) for x in node.inputs]


def walk(
    root: Value, operands: Operands = operands_of, first: dict[int, list[Any]] | None = None
) -> Iterator[Any]:
    """Every value under the root, operands first and in the order they were given.

    That is the order in which a plain formula computes them, and it depends on nothing else.

    first  for some nodes, by their id: what is visited before their operands
    """
    seen: set[int] = set()
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if node is None:  # all operands of the node below have been given
            yield stack.pop()
        elif id(node) not in seen:
            seen.add(id(node))
            stack += [node, None]
            below = operands(node)
            if first and id(node) in first:
                below = [*first[id(node)], *below]
            stack += [x for x in reversed(below) if not isinstance(x, float)]


def shown(root: Value) -> tuple[list[Any], Callable[[Any], Any]]:
    """The values of a graph in their order, and what each of its values is shown as.

    The graph of a gradient loses no leaf and no value with a name.
    """
    nodes = list(walk(root))
    past, operands = past_copies, operands_of
    if _is_gradient(root):
        lean = list(walk(root, operands_past_noise))
        kept = set(map(id, lean))
        if all(id(node) in kept for node in nodes if node.label or node.is_leaf):
            nodes, past, operands = lean, past_noise, operands_past_noise
    first = _siblings_first(nodes, operands) | _in_time(nodes, operands)
    return list(walk(root, operands, first)) if first else nodes, past


def _is_gradient(root: Value) -> bool:
    """Whether a graph looks like what the chain rule writes: a sum of products, partial * upstream.

    The upstream gradients end in a number, and one of these numbers is the 1 at the start. A program writes
    x * 1 too, where 1 is one number of many, and there it must be seen.
    """
    stack: list[Any] = [root]
    seen: set[int] = set()
    begun = False
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.op not in ("add", "mul"):
            return False
        a, b = node.inputs
        begun = begun or (node.op == "mul" and (_is_one(a) or _is_one(b)))
        upstream = [a, b] if node.op == "add" else [] if isinstance(b, float) else [b]
        if any(isinstance(x, float) for x in upstream):
            return False
        stack += upstream
    return begun


def _siblings_first(nodes: list[Any], operands: Operands) -> dict[int, list[Any]]:
    """For each node by its id: the operand to be visited first, because it has more values in their order.

    In -z[2] + logsumexp(z) the second operand needs z[0], z[1], z[2] ..., and the first only one of them.
    """
    first = {}
    for node in nodes:
        below = [x for x in operands(node) if not isinstance(x, float)]
        if len(below) == 2:
            one, other = below
            made_of = [x for x in operands(one) if not isinstance(x, float)]
            if len(made_of) == 1 and any(x is made_of[0] for x in operands(other)[1:]) and other.op != "mul":
                first[id(node)] = [other]
    return first


# --- loops in time ------------------------------------------------------------------------------------
#
#     h = tanh(W * x[t] + U * h)
#
# Whoever visits W * x[t] first goes through the last iteration of a loop before the ones that it is made
# from. So h is visited first, where the sum looks like one of the iteration before.


def _in_time(nodes: list[Any], operands: Operands) -> dict[int, list[Any]]:
    """For each node with an entry, by its id: what is to be visited before its operands."""
    users: dict[int, int] = {}
    sizes: dict[int, int] = {}  # how many operations a value took, if nothing else uses any of them
    first: dict[int, list[Any]] = {}
    for node in nodes:
        below = {id(x): x for x in operands(node) if not isinstance(x, float)}
        for at in below:
            users[at] = users.get(at, 0) + 1
    for node in nodes:
        if node.is_leaf:
            continue
        below = {id(x): x for x in operands(node) if not isinstance(x, float) and not x.is_leaf}
        size = 1
        for at in below:
            size += sizes.get(at, LARGEST_ENTRY) if users[at] == 1 else LARGEST_ENTRY
        if size <= LARGEST_ENTRY:
            sizes[id(node)] = size
        if len(below) == 2 and len(node.inputs) == 2:
            entry, other = below.values()
            small = sizes.get(id(entry), LARGEST_ENTRY)
            if (
                users[id(entry)] == 1
                and small < sizes.get(id(other), LARGEST_ENTRY)
                and _repeats(node, entry, other, operands)
            ):
                before = operands(other) if other.op in ("mul", "dot") else []
                first[id(node)] = [*before, *([] if before else [other])]
    return first


def _repeats(node: Any, entry: Any, other: Any, operands: Operands) -> bool:
    """Whether an operand was made by the same operation, of something like the entry."""
    stack, seen = [other], {id(other)}
    for _ in range(MOST_LOOKED_AT):
        if not stack:
            break
        x = stack.pop()
        below = [y for y in operands(x) if not isinstance(y, float)]
        if x.op == node.op and below and _alike(entry, below[0], operands):
            return True
        for y in reversed(below):
            if not y.is_leaf and id(y) not in seen:
                seen.add(id(y))
                stack.append(y)
    return False


def _alike(one: Any, other: Any, operands: Operands) -> bool:
    """Whether two values are made by the same operations, and with a leaf that they share."""
    shared, stack = False, [(one, other)]
    while stack:
        a, b = stack.pop()
        if isinstance(a, float) or isinstance(b, float):
            if not (isinstance(a, float) and isinstance(b, float)):
                return False
        elif a.is_leaf or b.is_leaf:
            if not (a.is_leaf and b.is_leaf):
                return False
            shared = shared or a is b
        else:
            below_a, below_b = operands(a), operands(b)
            if a.op != b.op or len(below_a) != len(below_b):
                return False
            stack += zip(below_a, below_b, strict=True)
    return shared
