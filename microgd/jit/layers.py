"""Arrays in a program: equal operations on neighbours, which an array library computes at once.

A layer of 16 neurons is 16 dot products in a program and 16 relus, and hundreds of products and sums in the
backward pass. They are found here as arrays:

    matrix products   dot products of the same numbers with rows of weights: a layer. And with columns of
                      weights: what its backward pass passes on
    all else          operations of the same row of the table on neighbours in an array

This module uses `program`.
"""

from __future__ import annotations

import heapq
from itertools import combinations

from .program import ADD, CONDITIONS, DOT, INPUT, MUL, Program, Routine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, TypeAlias

    from ..ops import Primitive

    Vector: TypeAlias = tuple[int, ...]


class Array:
    """Operations that are computed at once.

    row       of the table
    members   the operations
    operands  of the row. Each is one operation that all members use, or the operations that the members use,
              one after another. Of DOT: the weights of each member, the numbers they are multiplied with,
              and what is added (one after another, or nothing)
    """

    def __init__(self, row: Primitive, members: Vector, operands: Sequence[Any]) -> None:
        self.row = row
        self.members = members
        self.operands = operands


class Layers:
    """A routine in arrays.

    routine  the same routine, with the sums of products in it as dot products
    uniform  which of its operations are the same for all samples
    uses     how often each is used
    at       of each operation in an array the array, and its place there
    order    arrays and single operations, in an order in which they can be computed
    """

    def __init__(self, routine: Routine) -> None:
        self.routine = with_dots(routine)
        self.program = self.routine.program
        self.uniform = self.routine.uniform()
        self.uses = uses_of(self.routine)
        self.at: dict[int, tuple[Array, int]] = {}
        self._found: list[Array] = []
        self._inputs()
        self._classes()
        self._matrices()
        while self._neighbours():
            pass
        self.order = self._sorted()

    def is_shared(self, i: int) -> bool:
        """Whether an operation is an input that all samples use."""
        return self.program.rows[i] is INPUT and self.program.operands[i][0] < self.routine.shared

    def _new(self, row: Primitive, members: Iterable[int], operands: Sequence[Any]) -> None:
        array = Array(row, tuple(members), operands)
        self._found.append(array)
        for k, i in enumerate(array.members):
            self.at[i] = array, k

    def dots(self) -> Iterator[tuple[int, Vector, Vector, Vector]]:
        """Each dot product with shared inputs: the operation, its numbers, its weights, and its bias."""
        for i, row in enumerate(self.program.rows):
            if row is DOT:
                operands = self.program.operands[i]
                n = len(operands) // 2
                xs, ws = operands[:n], operands[n : 2 * n]
                for numbers, weights in ((xs, ws), (ws, xs)):
                    if n > 1 and all(map(self.is_shared, weights)) and not all(map(self.is_shared, numbers)):
                        yield i, numbers, weights, operands[2 * n :]
                        break

    def _inputs(self) -> None:
        """Arrays of inputs: the weights of a neuron, and the numbers of a sample."""
        for _, xs, ws, _ in self.dots():
            for vector in (ws, xs):
                run: list[int] = []
                for i in (*vector, -1):
                    if run and not (i == run[-1] + 1 and self.uniform[i] == self.uniform[run[0]]):
                        if len(run) > 1:
                            self._new(INPUT, run, ())
                        run = []
                    if self.program.rows[i] is INPUT and i not in self.at:
                        run.append(i)

    def _classes(self) -> None:
        """Arrays of comparisons of one number with 0, 1, 2, ...: is it the index of this class?"""
        program = self.program
        found: dict[int, list[int]] = {}
        for i, row in enumerate(program.rows):
            if row is CONDITIONS["eq"]:
                x, k = program.operands[i]
                members = found.setdefault(x, [])
                if program.constants.get(k) == len(members):
                    members.append(i)
        for x, members in found.items():
            if len(members) > 1:
                self._new(CONDITIONS["eq"], members, (x, tuple([program.operands[i][1] for i in members])))

    def _matrices(self) -> None:
        """Arrays of dot products of the same numbers."""
        layers: dict[Any, list[tuple[int, Vector, Vector]]] = {}
        for i, xs, ws, bias in self.dots():
            layers.setdefault((xs, len(bias), self.uniform[i]), []).append((i, ws, bias))
        for (xs, _, _), dots in layers.items():
            members, weights, biases = zip(*dots, strict=True)
            if len(members) > 1:
                self._new(DOT, members, (weights, xs, tuple([b for bias in biases for b in bias])))

    def _neighbours(self) -> bool:
        """Find arrays of the same row on neighbours in known arrays. Returns whether there are new ones."""
        program, before = self.program, len(self._found)
        waiting: dict[Any, dict[int, int]] = {}
        for i, row in enumerate(program.rows):
            operands = program.operands[i]
            if i in self.at or not _is_elementwise(row):
                continue
            inside = [k for k, j in enumerate(operands) if j in self.at]
            for chosen in _subsets(inside):
                places = {self.at[operands[k]][1] for k in chosen}
                key = row, *(self.at[j][0] if k in chosen else j for k, j in enumerate(operands))
                members = waiting.setdefault(key, {})
                if len(places) > 1:
                    continue
                members.setdefault(places.pop(), i)
                length = len(self.at[operands[chosen[0]]][0].members)
                if len(members) == length and not any(j in self.at for j in members.values()):
                    ordered = [members[k] for k in range(length)]
                    vectors = [
                        tuple([program.operands[j][k] for j in ordered]) if k in chosen else operands[k]
                        for k in range(len(operands))
                    ]
                    self._new(row, ordered, vectors)
                    break
        return len(self._found) > before

    def _sorted(self) -> list[Array | int]:
        """The order: each array after all that its members use. An array that has no place is given up."""
        program = self.program
        while True:
            node = [self.at[i][0] if i in self.at else i for i in range(len(program))]
            missing: dict[Array | int, int] = dict.fromkeys(node, 0)
            users: dict[Array | int, list[Array | int]] = {x: [] for x in missing}
            first = {x: i for i, x in reversed([*enumerate(node)])}
            for i, x in enumerate(node):
                for j in program.operands[i] if program.rows[i] is not INPUT else ():
                    missing[x] += 1
                    users[node[j]].append(x)
            ready = [first[x] for x in missing if not missing[x]]
            order: list[Array | int] = []
            while ready:
                x = node[heapq.heappop(ready)]
                order.append(x)
                for user in users[x]:
                    missing[user] -= 1
                    if not missing[user]:
                        heapq.heappush(ready, first[user])
            if len(order) == len(missing):
                return order
            stuck = next(x for x in missing if missing[x] and isinstance(x, Array))
            for i in stuck.members:
                del self.at[i]


def _is_elementwise(row: Primitive) -> bool:
    return (type(row.partials) is tuple and len(row.partials) > 0) or CONDITIONS.get(row.name) is row


def _subsets(items: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The subsets that are not empty, large ones first."""
    for size in range(len(items), 0, -1):
        yield from combinations(items, size)


def uses_of(routine: Routine) -> list[int]:
    """How often each operation is used."""
    program = routine.program
    uses = [0] * len(program)
    for i in (*routine.each, *(i for terms in routine.sums for i in terms)):
        uses[i] += 1
    for i, row in enumerate(program.rows):
        for j in program.operands[i] if row is not INPUT else ():
            uses[j] += 1
    return uses


def with_dots(routine: Routine) -> Routine:
    """The same routine, where the sums of products with inputs are dot products."""
    program = routine.program
    rows, operands = program.rows, program.operands
    uses = uses_of(routine)
    inner = {
        j for i, row in enumerate(rows) if row is ADD for j in operands[i] if rows[j] is ADD and uses[j] == 1
    }
    fresh = Program()
    fresh.rows, fresh.operands, fresh.constants = list(rows), list(operands), dict(program.constants)
    fresh.inputs = list(program.inputs)
    for i, row in enumerate(rows):
        if row is ADD and i not in inner:
            terms, left = [], list(operands[i][::-1])
            while left:
                j = left.pop()
                if j in inner:
                    left += operands[j][::-1]
                else:
                    terms.append(j)
            if all(rows[j] is MUL and uses[j] == 1 for j in terms):
                pairs = [_weight_last(program, operands[j]) for j in terms]
                if all(rows[w] is INPUT for _, w in pairs):
                    fresh.rows[i] = DOT
                    fresh.operands[i] = (*(x for x, _ in pairs), *(w for _, w in pairs))
    return Routine(fresh, routine.shared, routine.own, routine.sums, routine.each, routine.columns)


def _weight_last(program: Program, pair: Vector) -> Vector:
    """The factors of a product, an input last."""
    a, b = pair
    return (b, a) if program.rows[a] is INPUT and program.rows[b] is not INPUT else (a, b)
