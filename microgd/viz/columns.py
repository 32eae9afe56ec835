"""One level of a layout: members in columns, in the order of the program, with lanes for long edges.

A member is a box, or a whole frame that is laid out already. A route is an edge between two members, or
between a member and the border of the level (None). The steps are those of every layered drawing: columns,
order within a column, heights (in a file of their own), and then the points that each route goes through.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .heights import Links, set_heights

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Point = tuple[float, float]
    Key = tuple[float, ...]

NARROW, WIDE, STEEP = 19.0, 37.0, 0.1
"""The space between two columns: it grows with the heights that its edges must climb."""

CABLE, THICK = 2.6, 12.0
"""Edges from one box share a lane; they are so far apart in it, and a lane is at most so thick."""


@dataclass(slots=True, eq=False)
class Member:
    """A rectangle in a column; x and y are its upper left corner.

    key    its place in the order of the program
    leaf   whether it is a single box that nothing leads to: it goes just before its first use
    frame  whether it is a frame around boxes
    lane   whether it is only a way through the column for long edges
    turn   whether it is one of several time steps
    given  whether it is a leaf or a frame around nothing but leaves
    """

    width: float
    height: float
    key: Key
    leaf: bool = False
    frame: bool = False
    lane: bool = False
    turn: bool = False
    given: bool = False
    column: int = 0
    x: float = 0.0
    y: float = 0.0

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return self.y + self.height / 2


@dataclass(slots=True, eq=False)
class Route:
    """An edge at one level, or a part of it.

    tail, head  its ends: members, or None for the left or the right border of the level
    out, into   how far below the top of the member it begins and ends
    source      edges of the same source share a lane
    key         the place in the order of the program where a lane for it would be
    points      the way that was found, from the left to the right
    """

    tail: Member | None
    head: Member | None
    out: float
    into: float
    source: Any
    key: Key
    points: list[Point] = field(default_factory=list)
    lanes: list[tuple[Member, float]] = field(default_factory=list)


def arrange(members: Sequence[Member], routes: Sequence[Route], least: float = 0.0) -> tuple[float, float]:
    """Place all members, find the points of all routes, and return the width and the height."""
    count = set_columns(members, routes)
    columns: list[list[Member]] = [[] for _ in range(count)]
    for member in sorted(members, key=lambda m: m.key):
        columns[member.column].append(member)
    for lane in make_lanes(routes, count):
        columns[lane.column].append(lane)
    for column in columns:
        column.sort(key=lambda m: m.key)
    links = Links(routes)
    set_heights(columns, links)
    return set_points(columns, routes, least)


# --- columns ----------------------------------------------------------------------------------------


def set_columns(members: Sequence[Member], routes: Sequence[Route]) -> int:
    """Each member's column, from the left, and how many columns there are.

    A member is as far left as what it is made from allows. But leaves, and what is made of nothing but
    leaves, stand just before their first use.
    """
    uses: dict[Member, list[Member]] = {m: [] for m in members}
    made_of: dict[Member, list[Member]] = {m: [] for m in members}
    fed: set[Member] = set()
    for route in routes:
        if route.tail is not None and route.head is not None:
            uses[route.tail].append(route.head)
            made_of[route.head].append(route.tail)
        elif route.head is not None:
            fed.add(route.head)
    order = _sorted(members, uses, made_of)
    free: set[Member] = set()
    for m in order:
        m.column = max((x.column + 1 for x in made_of[m]), default=0)
        if all(x.leaf or (x in free and len(uses[x]) == 1) for x in made_of[m]):
            free.add(m)
    last = max((m.column for m in members), default=0)
    for m in reversed(order):
        if m in free or m.leaf:
            m.column = min((x.column - 1 for x in uses[m]), default=last if made_of[m] else m.column)
    used = {column: i for i, column in enumerate(sorted({m.column for m in members}))}
    for m in members:
        m.column = used[m.column]
    return len(used)


def _sorted(
    members: Sequence[Member], uses: dict[Member, list[Member]], made_of: dict[Member, list[Member]]
) -> list[Member]:
    """The members, each after all that it is made of."""
    waiting = {m: len(made_of[m]) for m in members}
    ready = [m for m in members if not waiting[m]]
    order = []
    while ready:
        m = ready.pop()
        order.append(m)
        for x in uses[m]:
            waiting[x] -= 1
            if not waiting[x]:
                ready.append(x)
    return order


def make_lanes(routes: Iterable[Route], count: int) -> list[Member]:
    """Lanes through the columns that routes pass. Routes of the same source share them."""
    cables: dict[Any, list[Route]] = {}
    for route in routes:
        cables.setdefault((route.tail, route.source), []).append(route)
    made = []
    for (tail, _), cable in cables.items():
        first = 0 if tail is None else tail.column + 1
        ends = {id(r): count if r.head is None else r.head.column for r in cable}
        for column in range(first, max(ends.values())):
            through = [r for r in cable if ends[id(r)] > column]
            step = min(CABLE, THICK / len(through))
            key = min(r.key for r in through)
            lane = Member(0.0, step * (len(through) - 1), key, lane=True, column=column)
            for i, route in enumerate(through):
                route.lanes.append((lane, i * step))
            made.append(lane)
    return made


# --- points -----------------------------------------------------------------------------------------


def set_points(columns: list[list[Member]], routes: Sequence[Route], least: float) -> tuple[float, float]:
    """The x of each member, and the points of each route."""
    widths = [max((m.width for m in column), default=0.0) for column in columns]
    climbs = [0.0] * (len(columns) + 1)
    for route in routes:
        at = 0 if route.tail is None else route.tail.column + 1
        heights = [lane.y + off for lane, off in route.lanes]
        if route.tail is not None:
            heights.insert(0, route.tail.y + route.out)
        if route.head is not None:
            heights.append(route.head.y + route.into)
        for i, (a, b) in enumerate(pairwise(heights), start=at if route.tail is not None else 1):
            climbs[i] = max(climbs[i], abs(a - b))
    lefts = [0.0]
    for i, width in enumerate(widths[:-1]):
        lefts.append(lefts[-1] + width + min(WIDE, NARROW + STEEP * climbs[i + 1]))
    for column, left, width in zip(columns, lefts, widths, strict=True):
        for m in column:
            m.x = left + width - m.width if m.leaf else left
    total = max(least, lefts[-1] + widths[-1])
    for route in routes:
        points = []
        if route.tail is not None:
            m = route.tail
            y = m.y + route.out
            points += [(m.x + m.width, y), (lefts[m.column] + widths[m.column], y)]
        for lane, offset in route.lanes:
            left = lefts[lane.column]
            points += [(left, lane.y + offset), (left + widths[lane.column], lane.y + offset)]
        if route.head is not None:
            m = route.head
            y = m.y + route.into
            points += [(lefts[m.column], y), (m.x, y)]
        if route.tail is None:
            points.insert(0, (0.0, points[0][1]))
        if route.head is None:
            points.append((total, points[-1][1]))
        route.points = points
    height = max((m.y + m.height for column in columns for m in column), default=0.0)
    return total, height
