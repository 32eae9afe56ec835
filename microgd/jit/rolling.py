"""Loops where a program has many equal operations: layers of a neural network.

A program is straight-line code. A layer of 64 inputs and 32 neurons is 2,048 products in it, and as many in
the gradient of its weights. This module finds them, so that machine code can be a few loops:

    a product  dot products of the same numbers x with different weights, y[r] = x . w[r], as they are in a
               layer and, with the weights read down the columns, in its backward pass
    an outer   sums over the samples of a[r] * b[c], for many r and the same b: the gradient of the weights

The terms of each sum stay in their order, so no bit changes.

This module uses `program`.
"""

from __future__ import annotations

from typing import NamedTuple

from .program import ADD, CONSTANT, DOT, INPUT, MUL, WHERE, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHORTEST = 8
"""A chain of fewer sums of products is left as it is."""

SMALLEST = 256
"""A product of fewer factors is left as straight-line code."""

CACHE_PERIOD = 128
"""Numbers that are a multiple of this apart compete for the same few lines of the processor's cache."""


# --- products -----------------------------------------------------------------------------------------------


class Product(NamedTuple):
    """The dot products `members` of the operations `xs` with shared inputs.

    The weight of x number k in member number r is the shared input  first + r * across + k * along.
    plain  whether they begin with their first term, and not with 0.0
    """

    members: tuple[int, ...]
    xs: tuple[int, ...]
    first: int
    across: int
    along: int
    plain: bool


def with_dots(program: Program, outputs: Iterable[int]) -> Program:
    """The same program, with chains of additions of products written as dot products."""
    rows, operands = program.rows, program.operands
    used = _uses(program, outputs)
    inside: set[int] = set()
    found: dict[int, tuple[list[tuple[int, int]], bool]] = {}
    for i in range(len(rows) - 1, -1, -1):
        if rows[i] is ADD and i not in inside:
            chain = _chain(program, used, i, inside)
            if chain is not None:
                found[i] = chain
    fresh = Program()
    fresh.rows, fresh.operands, fresh.constants = list(rows), list(operands), dict(program.constants)
    fresh.inputs, fresh.plain_start = list(program.inputs), set(program.plain_start)
    for i, (terms, plain) in found.items():
        fresh.rows[i] = DOT
        fresh.operands[i] = (*(x for x, _ in terms), *(w for _, w in terms))
        if plain:
            fresh.plain_start.add(i)
    return fresh


def _uses(program: Program, outputs: Iterable[int]) -> list[int]:
    used = [0] * len(program)
    for i, row in enumerate(program.rows):
        if row is not INPUT:
            for j in program.operands[i]:
                used[j] += 1
    for i in outputs:
        used[i] += 1
    return used


def _chain(
    program: Program, used: Sequence[int], last: int, inside: set[int]
) -> tuple[list[tuple[int, int]], bool] | None:
    """The factors of x1 * w1 + x2 * w2 + ... whose last addition this is, and whether it begins without 0."""
    rows, operands = program.rows, program.operands

    def is_term(i: int) -> bool:
        return rows[i] is MUL and used[i] == 1

    terms: list[tuple[int, int]] = []
    additions: list[int] = []
    i = last
    while rows[i] is ADD and (i == last or used[i] == 1):
        a, b = operands[i]
        if rows[a] is not ADD and is_term(a) and not (is_term(b) and a < b):
            a, b = b, a
        if not is_term(b):
            break
        additions.append(i)
        terms.append(_weight_last(program, operands[b]))
        i = a
    inside.update(additions)  # nor are they looked at again if this chain is none
    plain = is_term(i)
    if plain:
        terms.append(_weight_last(program, operands[i]))
    elif rows[i] is not CONSTANT or str(program.constants[i]) != "0.0":  # -0.0 is another number
        return None
    if len(terms) < SHORTEST:
        return None
    return terms[::-1], plain


def _weight_last(program: Program, pair: tuple[int, ...]) -> tuple[int, int]:
    a, b = pair
    return (b, a) if program.rows[a] is INPUT and program.rows[b] is not INPUT else (a, b)


def products(program: Program, shared: int) -> list[Product]:
    """The layers in a program: dot products that are one loop over the same numbers."""
    groups: dict[tuple[tuple[int, ...], bool], list[tuple[int, int, int]]] = {}
    for i, row in enumerate(program.rows):
        if row is DOT:
            n = len(program.operands[i]) // 2
            for xs, ws in (
                (program.operands[i][:n], program.operands[i][n : 2 * n]),
                (program.operands[i][n : 2 * n], program.operands[i][:n]),
            ):
                steps = _steps(program, ws, shared)
                if steps is not None:
                    groups.setdefault((xs, i in program.plain_start), []).append((i, *steps))
                    break
    found = []
    for (xs, plain), dots in groups.items():
        begin = 0
        while begin < len(dots):
            _, first, along = dots[begin]
            across = dots[begin + 1][1] - first if begin + 1 < len(dots) else 0
            end = begin
            while end < len(dots) and dots[end][1:] == (first + (end - begin) * across, along):
                end += 1
            members = tuple([i for i, _, _ in dots[begin:end]])
            if len(xs) * len(members) >= SMALLEST and max(xs) < members[0]:
                found.append(Product(members, xs, first, across, along, plain))
            begin = end
    return found


def _is_zero(program: Program, i: int) -> bool:
    return program.rows[i] is CONSTANT and program.constants[i] == 0.0


def _steps(program: Program, ws: Sequence[int], shared: int) -> tuple[int, int] | None:
    """The first of these shared inputs and the distance from each to the next, if it is always the same."""
    if len(ws) < SHORTEST or any(program.rows[w] is not INPUT for w in ws):
        return None
    places = [program.operands[w][0] for w in ws]
    along = places[1] - places[0]
    if max(places) >= shared or places != [places[0] + k * along for k in range(len(ws))]:
        return None
    return places[0], along


# --- sums over the samples ----------------------------------------------------------------------------------


class Outer(NamedTuple):
    """Sums of left[r] * right[c] for all r and c, or of several such terms.

    left      for each r the columns of the left factors, one for each term
    right     the column of right[0] of the first term; those of term t are t * stride further
    size      how many right factors there are
    totals    where the sums are; those of the next r are `across` further
    chosen    right[c] where left[r] is not 0, and else 0, instead of the product
    """

    left: tuple[tuple[int, ...], ...]
    right: int
    stride: int
    size: int
    totals: int
    across: int
    chosen: bool


class Plain(NamedTuple):
    """Sums of terms as they are: `size` of them, with `terms` terms each. Term t of sum s is at
    first + t * stride + s."""

    terms: int
    first: int
    stride: int
    size: int
    totals: int


class Layout:
    """What the samples add to the sums.

    Each sample writes a row of a matrix: the factors and terms of the sums, in an order in which neighbours
    are added to neighbouring sums. Rows of the matrix and groups of sums begin at multiples of `width`.

    columns  the operation in each column of the matrix, or None
    at       the place of each sum among the totals
    totals   how many places there are
    """

    def __init__(self, program: Program, sums: Sequence[tuple[int, ...]], width: int) -> None:
        self.width = width
        self.columns: list[int | None] = []
        self.at = [-1] * len(sums)
        self.totals = 0
        self.outers: list[Outer] = []
        self.plains: list[Plain] = []
        self._known: dict[int, int] = {}  # the first column of an operation
        left = self._outer(program, sums)
        by_count: dict[int, list[int]] = {}
        for j in left:
            by_count.setdefault(len(sums[j]), []).append(j)
        for count, members in sorted(by_count.items()):
            if count == 0:
                self._places(members)
            else:
                first, stride = self._lists([sums[j] for j in members])
                self.plains.append(Plain(count, first, stride, len(members), self._places(members)))
        self._settle()

    def _lists(self, terms: Sequence[Sequence[int]]) -> tuple[int, int]:
        """Columns for the first term of each sum, then for the second of each, ...: the first, and how far it
        is from one list to the next."""
        firsts = [self._columns(each) for each in zip(*terms)]
        return firsts[0], firsts[1] - firsts[0] if len(firsts) > 1 else 0

    def _columns(self, operations: Sequence[int]) -> int:
        first = len(self.columns)
        for k, i in enumerate(operations):
            self._known.setdefault(i, first + k)
        self.columns += operations
        self.columns += [None] * (-len(operations) % self.width)
        return first

    def _places(self, members: Sequence[int]) -> int:
        first = self.totals
        for k, j in enumerate(members):
            self.at[j] = first + k
        self.totals += -(-len(members) // self.width) * self.width
        return first

    def _outer(self, program: Program, sums: Sequence[tuple[int, ...]]) -> list[int]:
        """Find the outer products. Returns the sums that belong to none."""
        # The factors of all terms of a sum -> the other factors, and the sum.
        partners: dict[tuple[bool, tuple[int, ...]], list[tuple[tuple[int, ...], int]]] = {}
        as_it_is: dict[tuple[int, ...], int] = {}  # terms -> the sum of just these
        for j, terms in enumerate(sums):
            as_it_is[terms] = j
            rows = {program.rows[i] for i in terms}
            if rows == {MUL}:
                pairs = [program.operands[i] for i in terms]
                a, b = (tuple([pair[k] for pair in pairs]) for k in (0, 1))
                if a != b:
                    partners.setdefault((False, a), []).append((b, j))
                    partners.setdefault((False, b), []).append((a, j))
            elif rows == {WHERE} and all(_is_zero(program, program.operands[i][2]) for i in terms):
                a, b = (tuple([program.operands[i][k] for i in terms]) for k in (0, 1))
                partners.setdefault((True, a), []).append((b, j))

        # The factor with the most partners first: it is multiplied with a whole row of others.
        def order(a: tuple[bool, tuple[int, ...]]) -> tuple[int, int]:
            own = partners[a]
            return -len(own), own[-1][1] - own[0][1]

        taken: set[int] = set()
        groups: dict[tuple[bool, tuple[tuple[int, ...], ...]], list[tuple[tuple[int, ...], list[int]]]] = {}
        for chosen, a in sorted(partners, key=order):
            own = [(b, j) for b, j in partners[chosen, a] if j not in taken]
            if len(own) * 2 >= self.width and len(own) >= 4:
                taken.update([j for _, j in own])
                right = tuple([b for b, _ in own])
                groups.setdefault((chosen, right), []).append((a, [j for _, j in own]))
        self._groups: list[tuple[list[tuple[int, ...]], Outer]] = []
        for (chosen, right), found in groups.items():
            first, stride = self._lists(right)
            totals = []
            for _, members in found:
                totals.append(self._places(members))
                if len(members) % CACHE_PERIOD == 0:
                    self.totals += self.width
            across = totals[1] - totals[0] if len(totals) > 1 else 0
            outer = Outer((), first, stride, len(right), totals[0], across, chosen)
            self._groups.append(([a for a, _ in found], outer))
            plain = [as_it_is.get(b, -1) for b in right]
            if -1 not in plain and len({*plain} - taken) == len(right):
                taken.update(plain)
                self.plains.append(Plain(len(right[0]), first, stride, len(right), self._places(plain)))
        return [j for j in range(len(sums)) if j not in taken]

    def _settle(self) -> None:
        """Give columns to the left factors that have none yet."""
        needed = dict.fromkeys(i for left, _ in self._groups for a in left for i in a)
        missing = [i for i in needed if i not in self._known]
        for column, i in enumerate(self.columns):
            if i is None and missing:  # what is in a column that only fills up is not looked at
                self.columns[column] = missing[0]
                self._known[missing.pop(0)] = column
        self._columns(missing)
        for left, outer in self._groups:
            columns = tuple([tuple([self._known[i] for i in a]) for a in left])
            self.outers.append(outer._replace(left=columns))

    def runs(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Where sums are, and where their totals: of `width` that stay neighbours, and of single ones."""
        runs, alone = [], []
        j = 0
        while j < len(self.at):
            place = self.at[j]
            if self.at[j : j + self.width] == list(range(place, place + self.width)):
                runs.append((j, place))
                j += self.width
            else:
                alone.append((j, place))
                j += 1
        return runs, alone
