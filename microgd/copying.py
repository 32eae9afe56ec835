"""Copies and pickles of a Value with the graph under it: without recursion, so a chain may have any length.

A tuple of operands that two nodes share is shared again in the copy. `value` loads this module when it is
first asked for a copy; this module uses `autograd` and `value`.
"""

from __future__ import annotations

from .autograd import LEAF, topological_order
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def copied(x: Value) -> Value:
    """Another Value with the same record: the operands are not copied."""
    return _made(type(x), x._row, *_facts(x), x._a, x._b, x._da, x._db)


def deep_copied(root: Value, memo: dict[int, Any]) -> Value:
    """Another Value, made of copies of all operands. `memo` is that of copy.deepcopy."""

    def operand(x: Any) -> Any:
        if x is None or type(x) is float:
            return x
        if id(x) not in memo:  # a constant: the nodes of the graph come in their order
            memo[id(x)] = x.__copy__()
        return memo[id(x)]

    slot = slot_reader(operand, memo)
    for node in topological_order((root,)):
        if id(node) not in memo:
            record = slot(node._a), slot(node._b), node._da, node._db
            memo[id(node)] = _made(type(node), node._row, *_facts(node), *record)
    return memo[id(root)]


def reduced(root: Value) -> tuple[Any, ...]:
    """What pickle writes: a leaf, or the graph as columns of plain numbers.

    An object for each node would take pickle much longer.
    """
    if root.is_leaf:
        return _leaf, (type(root), root.requires_grad, *_facts(root))
    others: list[Value] = []
    found: dict[int, Any] = {}

    def reference(x: Any) -> Any:
        """A number for an operand: i for the i-th node, ~i for the i-th of the other Values."""
        if x is None or type(x) is float:
            return x
        if id(x) not in found:  # a leaf or a constant: the nodes of the graph come in their order
            found[id(x)] = ~len(others)
            others.append(x)
        return found[id(x)]

    slot = slot_reader(reference, found)
    nodes = [node for node in topological_order((root,)) if not node.is_leaf]
    columns: list[list[Any]] = [[], []]
    for i, node in enumerate(nodes):
        columns[0].append(slot(node._a))
        columns[1].append(slot(node._b))
        found[id(node)] = i
    columns += [[n._da for n in nodes], [n._db for n in nodes], [type(n) for n in nodes]]
    columns += [[n._row for n in nodes], *map(list, zip(*map(_facts, nodes)))]
    return _replayed, (others, *columns)


def _facts(x: Value) -> tuple[Any, ...]:
    """Everything of a Value but its record. A subclass may have attributes of its own."""
    return x._data, x._grad, x.label, x._scope, getattr(x, "__dict__", None)


def _made(
    kind: Any, op: Any, data: float, grad: Any, label: str, scope: str, more: Any, *slots: Any
) -> Value:
    """A Value from its parts. This is no operation, so detect_anomaly has nothing to check."""
    node = object.__new__(kind)
    node._row, node._data, node._grad, node.label, node._scope = op, data, grad, label, scope
    node._mark = 0
    node._a, node._b, node._da, node._db = slots or (None, None, None, None)
    if more:
        node.__dict__.update(more)
    return node


def _leaf(kind: Any, requires_grad: bool, *facts: Any) -> Value:
    return _made(kind, LEAF if requires_grad else None, *facts)


def _replayed(
    others: list[Value], a: list[Any], b: list[Any], da: list[Any], db: list[Any], *columns: list[Any]
) -> Value:
    """The Value again, from what `reduced` wrote down."""
    nodes: list[Value] = []

    def operand(x: Any) -> Any:
        if type(x) is int:
            return nodes[x] if x >= 0 else others[~x]
        return x

    slot = slot_reader(operand, {})
    for first, second, d_first, d_second, *parts in zip(a, b, da, db, *columns):
        nodes.append(_made(*parts, slot(first), slot(second), d_first, d_second))
    return nodes[-1]


def slot_reader(operand: Callable[[Any], Any], rows: dict[int, Any]) -> Callable[[Any], Any]:
    """`operand` for a whole slot, which may hold a tuple. A tuple in two slots becomes one tuple again."""

    def slot(x: Any) -> Any:
        if type(x) is not tuple:
            return operand(x)
        if id(x) not in rows:
            rows[id(x)] = tuple(map(operand, x))
        return rows[id(x)]

    return slot
