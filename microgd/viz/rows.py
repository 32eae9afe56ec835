"""A level that is too wide, broken into rows like the lines of a text.

Each row is laid out by `columns`, as a level of its own. What all rows share, such as the weights of a
loop, stands in a column at the left. A result that a later row needs goes round the right end of its row,
back through the space above the later row, and round its left end.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .columns import NARROW, WIDE, Member, Route, arrange, set_columns
from .heights import SPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Point

LEEWAY = 1.2
"""A level is broken if it is so many times as wide as a page."""

FEWEST_TURNS, FEWEST_COLUMNS = 3, 16
"""Broken are only levels of so many time steps, or of so many columns."""

MOST_BACK = 3
"""From one row to the next, the results of at most so many members go back."""

EMPTY = 0.5
"""How bad an empty row is, where 1 is as bad as one more member whose results go back."""

VARIABLE = 0.25
"""So much better is a result with several uses: it may be a variable of the program, where a turn ends."""

APART, ROUND = 7.0, 9.0
"""Between two lines that go back, and how far they go beyond the ends of rows."""


@dataclass(slots=True, eq=False)
class Row:
    """Some of the columns of a level.

    parts   for each of its routes, the part that lies in this row
    back    for each route that comes back to it, how far above the lowest of them it does so
    around  and the points where it turns
    """

    members: list[Member] = field(default_factory=list)
    parts: dict[Route, Route] = field(default_factory=dict)
    back: dict[Route, float] = field(default_factory=dict)
    around: dict[Route, list[Point]] = field(default_factory=dict)
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0

    @property
    def thick(self) -> float:
        """How much space the lines need that come back to it."""
        return max(self.back.values(), default=-ROUND) + 2 * ROUND


def arranged_in_rows(
    members: Sequence[Member], routes: Sequence[Route], page: float, least: float
) -> tuple[float, float] | None:
    """As `columns.arrange`, but in rows that are about as wide as a page. None: one row is better."""
    count = set_columns(members, routes)
    if sum(m.turn for m in members) < FEWEST_TURNS and count < FEWEST_COLUMNS:
        return None
    starts = _starts(members, routes, count, page)
    if len(starts) < 2:
        return None
    row_of = {m: bisect(starts, m.column) - 1 for m in members}
    shared = _place_leaves(members, routes, row_of)
    kept = sorted({row_of[m] for m in members if m not in shared})  # the leaves of some may all have moved
    row_of = {m: kept.index(row_of[m]) for m in members if m not in shared}
    rows = [Row() for _ in kept]
    for m, at in row_of.items():
        rows[at].members.append(m)
    for route in routes:
        _divide(route, rows, row_of, shared)
    for row in rows:
        row.width, row.height = arrange(row.members, list(row.parts.values()))
        _order_lines(row, rows, row_of)
    return _Page(rows, row_of, shared).put_together(routes, least)


# --- where rows begin -------------------------------------------------------------------------------


def _starts(members: Sequence[Member], routes: Sequence[Route], count: int, page: float) -> list[int]:
    """The first column of each row, for rows that are full, and from which little goes back.

    The best rows up to each column come from the best ones up to an earlier column.
    """
    widths = [0.0] * count
    made = {m.column for m in members if not m.given}
    for m in members:
        if m.column >= min(made, default=0):  # leaves at the beginning: the first row may be a little longer
            widths[m.column] = max(widths[m.column], m.width)
    edges = [0.0]  # the left side of each column
    for width in widths:
        edges.append(edges[-1] + width + (3 * NARROW + WIDE) / 4)
    if edges[-1] < LEEWAY * page:
        return [0]
    crossing: list[set[Member]] = [set() for _ in range(count + 1)]  # before each column
    uses: Counter[Member] = Counter()
    for route in routes:
        if route.tail is not None and route.head is not None and not route.tail.given:
            uses[route.tail] += 1
            for column in range(route.tail.column + 1, route.head.column + 1):
                crossing[column].add(route.tail)
    backs = [sum(1 - VARIABLE * (uses[m] > 1) for m in among) for among in crossing]
    best = [(0.0, 0)]  # up to each column: how bad the rows are, and where the last of them begins
    for stop in range(1, count + 1):
        found = []
        for start in range(stop - 1, -1, -1):
            width = edges[stop] - edges[start]
            if width > page and start < stop - 1:
                break
            if start and len(crossing[start]) > MOST_BACK:
                continue
            empty = max(1 - width / page, 0.0) if stop < count else 0.0  # the last row is as long as it is
            found.append((best[start][0] + backs[start] + EMPTY * empty**2, start))
        best.append(min(found, default=(math.inf, 0)))
    if best[-1][0] == math.inf:
        return [0]
    starts = [best[-1][1]]
    while starts[-1]:
        starts.append(best[starts[-1]][1])
    return starts[::-1]


def _place_leaves(
    members: Sequence[Member], routes: Sequence[Route], row_of: dict[Member, int]
) -> set[Member]:
    """Each leaf, or frame of leaves, is in the row that uses it; returned are those that several rows use."""
    users: dict[Member, set[int]] = {m: set() for m in members if m.given}
    for route in routes:
        if route.tail in users and route.head is not None:
            users[route.tail].add(row_of[route.head])
    row_of.update((m, min(used)) for m, used in users.items() if used)
    return {m for m, used in users.items() if len(used) > 1}


def _divide(route: Route, rows: list[Row], row_of: dict[Member, int], shared: set[Member]) -> None:
    """Give each row that a route is in its part of it."""
    tail, head = route.tail, route.head
    begins = None if tail is None or tail in shared else row_of[tail]
    ends = None if head is None else row_of[head]
    if begins is not None and begins == ends:
        rows[begins].parts[route] = replace(route, points=[], lanes=[])
        return
    if begins is not None:
        rows[begins].parts[route] = Route(tail, None, route.out, 0.0, route.source, route.key)
    if ends is not None:
        rows[ends].parts[route] = Route(None, head, 0.0, route.into, route.source, route.key)
        if begins is not None:
            rows[ends].back[route] = 0.0


def _order_lines(row: Row, rows: list[Row], row_of: dict[Member, int]) -> None:
    """Lines that come back to a row: what begins highest is outside at the right, and lowest above the row.

    Edges from one box share a line.
    """

    def begin(route: Route) -> tuple[int, float]:
        assert route.tail is not None
        at = row_of[route.tail]
        return at, rows[at].parts[route].points[-1][1]

    known: dict[tuple[Any, Any], float] = {}
    for route in sorted(row.back, key=begin):
        row.back[route] = known.setdefault((route.tail, route.source), APART * len(known))


# --- rows below each other --------------------------------------------------------------------------


class _Page:
    """The work on putting rows together."""

    def __init__(self, rows: list[Row], row_of: dict[Member, int], shared: set[Member]) -> None:
        self.rows = rows
        self.row_of = row_of
        self.shared = shared
        self.entries: dict[Any, Member] = {}  # the column at the left, by the sources of its edges
        self.trunks: dict[Any, float] = {}  # where these edges go down

    def put_together(self, routes: Sequence[Route], least: float) -> tuple[float, float]:
        """Place everything, find the points of all routes, and return the width and the height."""
        entering = [r for r in routes if self.enters(r)] if self.shared else []
        entering.sort(key=lambda r: r.tail.key if r.tail else r.key)
        for r in entering:
            self.entries.setdefault(r.tail or r.source, r.tail or Member(0.0, 0.0, r.key, lane=True))
        wide = max((m.width for m in self.entries.values()), default=0.0)
        for at, source in enumerate(reversed(self.entries), start=1):
            self.trunks[source] = wide + ROUND + APART * at
        low = self.place_rows(max(self.trunks.values(), default=0.0))
        low = max(low, self.place_entries(entering, wide))
        width = max(least, *self.go_round())
        for route in routes:
            route.points = self.way(route, width)
        return width, low

    def enters(self, route: Route) -> bool:
        """Whether a route begins left of all rows."""
        return route.tail is None or route.tail in self.shared

    def part(self, route: Route, end: Member | None) -> list[Point]:
        """The points of a route in the row of one of its ends."""
        return self.rows[self.row_of[end]].parts[route].points if end is not None else []

    def place_rows(self, left: float) -> float:
        """The rows, one below the other."""
        left += max(row.thick for row in self.rows)
        low = -SPACE
        for row in self.rows:
            row.x, row.y = left, low + max(SPACE, row.thick)
            low = row.y + row.height
            for m in row.members:
                m.x, m.y = m.x + row.x, m.y + row.y
            for part in row.parts.values():
                part.points = [(x + row.x, y + row.y) for x, y in part.points]
        return low

    def place_entries(self, entering: Sequence[Route], wide: float) -> float:
        """The column at the left: each leaf beside its first use, or just below the one before."""
        first: dict[Any, Route] = {}
        for route in entering:
            first.setdefault(route.tail or route.source, route)
        low = -SPACE
        for source, m in self.entries.items():
            y = self.part(first[source], first[source].head)[0][1]
            m.x, m.y = wide - m.width, max(low + SPACE, y - m.height / 2)
            low = m.y + m.height
        return low

    def go_round(self) -> list[float]:
        """The turns of the lines that go back; and how far right each row extends with them."""
        ends = [row.x + row.width for row in self.rows]
        for at, row in enumerate(self.rows):
            known = list(ends)
            for route, high in row.back.items():
                assert route.tail is not None
                begin = self.row_of[route.tail]
                right = max(known[begin:at]) + row.thick - ROUND - high
                left = row.x - ROUND - high
                y = row.y - ROUND - high
                start = self.part(route, route.tail)[-1][1]
                end = self.part(route, route.head)[0][1]
                row.around[route] = [(right, start), (right, y), (left, y), (left, end)]
                ends[begin:at] = [max(known_end, right + ROUND) for known_end in ends[begin:at]]
        return ends

    def way(self, route: Route, width: float) -> list[Point]:
        """The points of a route through the rows."""
        tail, head = route.tail, route.head
        after = self.part(route, head)
        if self.enters(route):
            y = after[0][1]
            if not self.entries:
                return [(0.0, y), *after]
            source = tail or route.source
            m, x = self.entries[source], self.trunks[source]
            start = (m.x + m.width, m.y + route.out) if tail else (0.0, m.y)
            return [start, (x, start[1]), (x, y), *after]
        before = self.part(route, tail)
        if tail is None or head is None:
            return [*before, (width, before[-1][1])]
        if self.row_of[head] == self.row_of[tail]:
            return before
        return [*before, *self.rows[self.row_of[head]].around[route], *after]
