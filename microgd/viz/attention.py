"""Attention in a graph: rows of softmax weights that mix the same values.

    out_t = Σ_s a_ts v_s   with   a_t = softmax over s of the scores q_t · k_s

It is known by its wiring, not by names. A softmax over products of two computed vectors, whose results
are the factors of sums, is one row. Rows that mix the same values are one head. The output of a classifier
is none: nothing is mixed by it, and its scores are made with parameters.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .graph import CONSTANT, INPUT, OP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .graph import Graph, Step

    _Mix = tuple[list[tuple[Step, Step]], set[Step]]
    """A sum of weight times value: the pairs, and its operations."""


@dataclass(slots=True, eq=False)
class Head:
    """One attention head on one sequence.

    rows   for each query the attention weights, by the number of the key
    keys   how many keys there are
    steps  all operations from the scores to the mixed values
    """

    rows: list[dict[int, Step]]
    keys: int
    steps: list[Step]


@dataclass(slots=True, eq=False)
class _Softmax:
    """A softmax: its results, the operations between its scores and these, and the scores."""

    results: list[Step]
    between: set[Step]
    scores: list[Step]


@dataclass(slots=True, eq=False)
class _Row:
    """The attention of one query: its weights, for each weight the value it mixes, and all operations."""

    weights: list[Step]
    values: list[int]
    steps: set[Step]


def heads(graph: Graph) -> list[Head]:
    """All heads of at least two queries and two keys, in the order of their first operation."""
    of_value: dict[tuple[tuple[str, ...], int], list[_Row]] = {}
    for softmax in _softmaxes(graph):
        if (row := _attending(graph, softmax)) is not None:
            for value in row.values:
                of_value.setdefault((row.weights[0].path, value), []).append(row)
    found = []
    taken: set[_Row] = set()
    for first, *_ in of_value.values():
        if first not in taken:
            together = _joined(first, of_value)
            taken |= together
            head = _head(sorted(together, key=lambda row: row.weights[0].number))
            if len(head.rows) > 1 and head.keys > 1:
                found.append(head)
    return sorted(found, key=lambda head: head.steps[0].number)


def _joined(row: _Row, of_value: dict[tuple[tuple[str, ...], int], list[_Row]]) -> set[_Row]:
    """All rows that mix a value of this row, or of one of those rows."""
    found, stack = {row}, [row]
    while stack:
        one = stack.pop()
        for value in one.values:
            for other in of_value[one.weights[0].path, value]:
                if other not in found:
                    found.add(other)
                    stack.append(other)
    return found


def _head(rows: list[_Row]) -> Head:
    """Rows as a matrix: keys are numbered in the order in which the rows mix their values."""
    number: dict[int, int] = {}
    for row in rows:
        for value in row.values:
            number.setdefault(value, len(number))
    steps = sorted(set().union(*(row.steps for row in rows)), key=lambda step: step.number)
    return Head(
        [dict(zip((number[v] for v in row.values), row.weights, strict=True)) for row in rows],
        len(number),
        steps,
    )


# --- one row -----------------------------------------------------------------------------------------


def _softmaxes(graph: Graph) -> Iterable[_Softmax]:
    """Each softmax: e^x / Σ e^x, or e^(x - log Σ e^x)."""
    divided: dict[Step, list[Step]] = {}  # by what they are divided by
    for step in graph.steps:
        if step.op == "div" and step.operands[0].op == "exp":
            divided.setdefault(step.operands[1], []).append(step)
        elif step.op == "exp" and step.operands[0].op == "sub":
            total = step.operands[0].operands[1]
            if total.op == "logsumexp":
                divided.setdefault(total, []).append(step)
    for total, results in divided.items():
        before = [step.operands[0] for step in results]
        if total.op == "logsumexp":
            if {step.operands[0] for step in before} == set(total.operands):
                yield _Softmax(results, {total, *before}, total.operands)
        elif (inside := _sum_of(graph, total, set(before))) is not None:
            yield _Softmax(results, {*inside, *before}, [step.operands[0] for step in before])


def _sum_of(graph: Graph, total: Step, terms: set[Step]) -> set[Step] | None:
    """The additions that make a sum of exactly these terms; None if it is another sum."""
    inside: set[Step] = set()
    left = set(terms)
    stack = [total]
    while stack:
        step = stack.pop()
        if step in left:
            left.remove(step)
        elif step.op in ("add", "sum") and (step is total or graph.uses(step) == 1):
            inside.add(step)
            stack += step.operands
        else:
            return None
    return None if left else inside


def _attending(graph: Graph, softmax: _Softmax) -> _Row | None:
    """A softmax as a row of attention, if it is one."""
    mixes = _mixes(graph, softmax.results)
    scores = _scores(graph, softmax)
    if not mixes or scores is None:
        return None
    order = {weight: at for at, (weight, _) in enumerate(mixes[0][0])}
    values = [graph.count] * len(order)
    steps = {*softmax.results, *softmax.between, *scores}
    for pairs, inside in mixes:
        steps |= inside
        for weight, value in pairs:
            values[order[weight]] = min(values[order[weight]], value.number)
    return _Row(list(order), values, steps)


def _mixes(graph: Graph, weights: list[Step]) -> list[_Mix]:
    """Each sum of weight times value: the pairs, and its operations. All weights take part in each."""
    row = set(weights)
    found: list[_Mix] = []
    for user in dict.fromkeys(graph.consumers[weights[0].number]):
        n = user.width
        if user.op == "dot" and len(user.operands) == 2 * n:
            for one, other in (
                (user.operands[:n], user.operands[n:]),
                (user.operands[n:], user.operands[:n]),
            ):
                if n == len(row) and set(one) == row:
                    found.append((list(zip(one, other, strict=True)), {user}))
                    break
        elif user.op == "mul" and (mix := _mix_of_products(graph, user, row)):
            found.append(mix)
    return found


def _mix_of_products(graph: Graph, product: Step, row: set[Step]) -> _Mix | None:
    """The sum of products that this one belongs to, if it has one for each weight."""
    top, inside = product, {product}
    while True:
        terms = _terms(graph, top, row)
        if terms is None or len(terms[0]) > len(row):
            return None
        if len(terms[0]) == len(row):
            return terms if {weight for weight, _ in terms[0]} == row else None
        users = graph.consumers[top.number]
        if len(users) != 1 or users[0].op not in ("add", "sum"):
            return None
        top = users[0]
        inside.add(top)


def _terms(graph: Graph, top: Step, row: set[Step]) -> _Mix | None:
    """A sum of products taken apart into pairs of weight and value; None if it is none."""
    pairs: list[tuple[Step, Step]] = []
    inside: set[Step] = set()
    stack = [top]
    while stack:
        step = stack.pop()
        inside.add(step)
        if step.op == "mul" and (step.operands[0] in row) != (step.operands[1] in row):
            a, b = step.operands
            pairs.append((a, b) if a in row else (b, a))
        elif step.op in ("add", "sum") and (step is top or graph.uses(step) == 1):
            stack += reversed(step.operands)
        else:
            return None
    return pairs, inside


def _scores(graph: Graph, softmax: _Softmax) -> set[Step] | None:
    """The operations from the products of two vectors to the softmax; None if a score is none of these.

    A score may be scaled and masked. What is used elsewhere, too, is left out.
    """
    found: set[Step] = set()
    for score in softmax.scores:
        at = score
        while at.op in ("mul", "div", "add", "sub", "where") and not _adds_products(at):
            computed = [x for x in at.operands if x.kind not in (CONSTANT, INPUT)]
            if at.op == "sub" and at.operands[1].op == "max":  # x - max(x): against overflow
                found.add(at.operands[1])
                computed = at.operands[:1]
            if len(computed) != 1:
                return None
            found.add(at)
            (at,) = computed
        if not (_adds_products(at) or (at.op == "dot" and not at.weighs)):
            return None
        found |= _products(at)
    inside = {*found, *softmax.results, *softmax.between}
    for step in sorted(found, key=lambda s: -s.number):
        if not inside.issuperset(graph.consumers[step.number]):
            inside.remove(step)
    return inside & found


def _products(top: Step) -> set[Step]:
    """A dot product, or the products and the additions that a program wrote for it."""
    found: set[Step] = set()
    stack = [top]
    while stack:
        step = stack.pop()
        found.add(step)
        if step.op in ("add", "sum"):
            stack += [x for x in step.operands if x.op in ("add", "sum", "mul")]
    return found


def _adds_products(step: Step) -> bool:
    """Whether a value is a sum of products of two computed values."""
    inside = _products(step)
    ends = [x for s in inside if s.op in ("add", "sum") for x in s.operands if x not in inside]
    products = [s for s in inside if s.op == "mul"]
    return (
        step.op in ("add", "sum")
        and not ends
        and all(x.kind == OP for product in products for x in product.operands)
    )


# --- an order in which each head is one piece --------------------------------------------------------


def in_one_piece(graph: Graph, found: list[Head]) -> tuple[list[Step], list[Head]]:
    """The steps, operands first, so that the steps of each head follow each other; and these heads.

    A head that takes what was made of its own results, as in a network that looks back again and again,
    cannot be one piece. It is left out.
    """
    if not found:
        return graph.steps, found
    unit: dict[Step, int] = {step: at for at, head in enumerate(found) for step in head.steps}
    members: dict[int, list[Step]] = {at: head.steps for at, head in enumerate(found)}
    for step in graph.steps:
        if step not in unit:
            unit[step] = len(found) + step.number
            members[unit[step]] = [step]
    feeds: dict[int, set[int]] = {at: set() for at in members}
    waits = dict.fromkeys(members, 0)
    for step in graph.steps:
        head = unit[step]
        for operand in step.operands:
            tail = unit[operand]
            if tail != head and head not in feeds[tail]:
                feeds[tail].add(head)
                waits[head] += 1
    ready = [(members[at][0].number, at) for at, count in waits.items() if count == 0]
    heapq.heapify(ready)
    order: list[Step] = []
    while ready:
        _, at = heapq.heappop(ready)
        order += members[at]
        for other in feeds[at]:
            waits[other] -= 1
            if waits[other] == 0:
                heapq.heappush(ready, (members[other][0].number, other))
    whole = [head for at, head in enumerate(found) if waits[at] == 0]
    if len(whole) < len(found):
        return in_one_piece(graph, whole)
    return order, whole
