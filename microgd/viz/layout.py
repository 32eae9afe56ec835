"""Where everything of a picture stands: boxes, the frames around them, and the ways of the edges.

Both pictures and the film use it. Frames are laid out from the inside to the outside: for the level around
it, a frame is one large box. `nesting` says what each frame holds, and `columns` lays out one level. What
a reader finds always:

- Every edge runs from left to right, and the loss is at the right end. A long loop has rows like a text,
  and what one row gives to the next goes back to the left between them.
- The order of the program from top to bottom, and leaves beside their first use.
- A frame is a rectangle that holds its boxes and nothing else.
- Long edges have lanes between the boxes that they pass.

All numbers are in one unit, which the caller chooses, and y grows downwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from .columns import Member, Route, arrange
from .nesting import nested, program_order
from .rows import arranged_in_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Point
    from .nesting import Group

MARGIN, TITLE = 8.0, 19.0
"""Between a frame and what it holds, and at its top, where the title stands."""

CORNER = 6.0
"""The radius of a corner."""

EASE, OFF = 10.0, 1.8
"""How much earlier a bend may begin: at most so far, and about so far off the straight way."""


class Rect(NamedTuple):
    """A rectangle: its upper left corner, its width and height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower side."""
        return self.y + self.height


class Item(NamedTuple):
    """A box to be placed, inside a frame or, with "", inside none."""

    id: str
    width: float
    height: float
    frame: str = ""


class Link(NamedTuple):
    """An edge; it ends `port` below the top of the box `head`, or at its middle."""

    tail: str
    head: str
    port: float | None = None


class Frame(NamedTuple):
    """A frame to be drawn; `least` is the width that its title needs, `turn` says that it is a time step."""

    id: str
    parent: str = ""
    least: float = 0.0
    turn: bool = False


@dataclass(slots=True)
class Layout:
    """What was found.

    boxes   by the ids of the items
    frames  by the ids of the frames, outer ones first. A module that is used again after something else
            has used its results has a frame for each use: "Linear" and "Linear'2"
    uses    for each of these the id of its `Frame`
    inside  for each box and each frame, by its id, the frame that it lies in
    edges   for each link the points that it goes through: they are joined by `curve`
    """

    boxes: dict[str, Rect] = field(default_factory=dict)
    frames: dict[str, Rect] = field(default_factory=dict)
    uses: dict[str, str] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)
    edges: list[list[Point]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def place(
    items: Sequence[Item], links: Sequence[Link], frames: Sequence[Frame] = (), page: float = math.inf
) -> Layout:
    """Lay out. The items are in the order of the program, and so are the links into each of them.

    A loop that is much wider than a page is broken into rows.
    """
    return _Placing(items, links, frames, page).layout()


def curve(points: Sequence[Point]) -> list[Point]:
    """A smooth curve through the points: a start, and three points for each cubic part.

    It is level at each point, so that the parts meet without a corner. A bend may begin a little before its
    point and end a little after it, while it is hardly off the straight way. Between two points that are
    right above each other it goes straight up or down, with round corners.
    """
    for i, ((x, y), (u, v)) in enumerate(pairwise(points)):
        if x == u and abs(v - y) >= 2 * CORNER and 0 < i < len(points) - 2:
            into, out = points[i - 1][0], points[i + 2][0]
            before, after = math.copysign(CORNER, x - into), math.copysign(CORNER, out - x)
            down = math.copysign(CORNER, v - y)
            first, last = curve([*points[:i], (x - before, y)]), curve([(x + after, v), *points[i + 2 :]])
            turn = [
                (x, y),
                (x, y),
                (x, y + down),
                (x, y + down),
                (x, v - down),
                (x, v - down),
                (x, v),
                (x, v),
            ]
            return [*first, *turn, *last]
    ways = [(*a, *b) for a, b in pairwise(points)]
    for i, (x, y, u, v) in enumerate(ways):
        if y != v:
            ease = min(EASE, (u - x) * math.sqrt(OFF / abs(v - y)))
            if i and ways[i - 1][1] == y:
                ahead = min(ease, (x - ways[i - 1][0]) / 2)
                ways[i - 1], x = (ways[i - 1][0], y, x - ahead, y), x - ahead
            if i + 1 < len(ways) and ways[i + 1][3] == v:
                after = min(ease, (ways[i + 1][2] - u) / 2)
                ways[i + 1], u = (u + after, v, ways[i + 1][2], v), u + after
            ways[i] = x, y, u, v
    found = [points[0]]
    for x, y, u, v in ways:
        bend = (u - x) / (3 if y == v else 2)
        found += [(x + bend, y), (u - bend, v), (u, v)]
    return found


class _Placing:
    """The work on a layout."""

    def __init__(
        self, items: Sequence[Item], links: Sequence[Link], frames: Sequence[Frame], page: float
    ) -> None:
        self.page = page
        self.items = items
        self.links = links
        at = {item.id: i for i, item in enumerate(items)}
        self.ends = [(at[link.tail], at[link.head]) for link in links]
        self.into: list[list[int]] = [[] for _ in items]  # the links into each item
        for i, (_, head) in enumerate(self.ends):
            self.into[head].append(i)
        keys, self.lanes = program_order(self.ends, self.into)
        self.members = [
            Member(item.width, item.height, key, leaf=not into, given=not into)
            for item, key, into in zip(items, keys, self.into, strict=True)
        ]
        parents = {frame.id: frame.parent for frame in frames}
        self.groups, self.group_of = nested([item.frame for item in items], self.ends, parents)
        self.top = self.groups[0]
        self.least = {frame.id: frame.least for frame in frames}
        turns = {frame.id for frame in frames if frame.turn}
        for group in reversed(self.groups):
            first = [keys[i] for i in group.items if self.into[i]] or [keys[i] for i in group.items]
            group.member.turn = group.frame in turns
            held = [self.members[i] for i in group.items] + [inner.member for inner in group.groups]
            group.member.given = all(m.given for m in held)
            group.member.key = min(first + [inner.member.key for inner in group.groups])

    def layout(self) -> Layout:
        """Do it."""
        self.join()
        for group in reversed(self.groups):
            self.arrange(group)
        found = Layout(width=self.top.member.width, height=self.top.member.height)
        self.top.member.x = self.top.member.y = 0.0
        for group in self.groups:
            left, upper = self.inside(group)
            for m in [self.members[i] for i in group.items] + [inner.member for inner in group.groups]:
                m.x, m.y = m.x + left, m.y + upper
            for route in group.routes.values():
                route.points = [(x + left, y + upper) for x, y in route.points]
            if group.parent is not None:
                m = group.member
                found.frames[group.id] = Rect(m.x, m.y, m.width, m.height)
                found.uses[group.id] = group.frame
            for name in [self.items[i].id for i in group.items] + [inner.id for inner in group.groups]:
                found.inside[name] = group.id
        for item, m in zip(self.items, self.members, strict=True):
            found.boxes[item.id] = Rect(m.x, m.y, m.width, m.height)
        found.edges = [self.way(i) for i in range(len(self.links))]
        return found

    # --- edges ---

    def join(self) -> None:
        """Make a route of each link at each level that it passes."""
        chains = {id(group): group.above() for group in self.groups}
        for i, (tail, head) in enumerate(self.ends):
            a, b = chains[id(self.group_of[tail])], chains[id(self.group_of[head])]
            shared = 0
            while shared < min(len(a), len(b)) and a[shared] is b[shared]:
                shared += 1
            port = self.links[i].port
            middle = self.items[tail].height / 2
            into = self.items[head].height / 2 if port is None else port
            begins, ends = self.members[tail], self.members[head]
            for level in range(len(a) - 1, shared - 1, -1):
                a[level].routes[i] = Route(begins, None, middle, 0.0, tail, self.lanes[i])
                begins = a[level].member
            for level in range(len(b) - 1, shared - 1, -1):
                b[level].routes[i] = Route(None, ends, 0.0, into, tail, self.lanes[i])
                ends = b[level].member
            a[shared - 1].routes[i] = Route(begins, ends, middle, into, tail, self.lanes[i])

    def arrange(self, group: Group) -> None:
        """Lay out what a group holds; the groups in it have been laid out."""
        members = [self.members[i] for i in group.items] + [inner.member for inner in group.groups]
        inner = {inner.member: inner for inner in group.groups}
        for i, route in group.routes.items():
            if route.tail in inner:
                route.out = inner[route.tail].routes[i].points[-1][1] + TITLE
            if route.head in inner:
                route.into = inner[route.head].routes[i].points[0][1] + TITLE
        least = max(self.least.get(group.frame, 0.0) - 2 * MARGIN, 0.0)
        routes = list(group.routes.values())
        in_rows = arranged_in_rows(members, routes, self.page, least)
        width, height = in_rows or arrange(members, routes, least)
        group.member.width, group.member.height = width, height
        if group.parent is not None:
            group.member.width += 2 * MARGIN
            group.member.height += TITLE + MARGIN

    def inside(self, group: Group) -> tuple[float, float]:
        """The upper left corner of what a group holds."""
        if group.parent is None:
            return 0.0, 0.0
        return group.member.x + MARGIN, group.member.y + TITLE

    def way(self, link: int) -> list[Point]:
        """The points of a link through all its levels, without those that change nothing."""
        tail, head = self.ends[link]
        a, b = self.group_of[tail].above(), self.group_of[head].above()
        levels = [group for group in reversed(a) if link in group.routes]
        levels += [group for group in b if link in group.routes and group not in levels]
        points = [(round(x, 1), round(y, 1)) for group in levels for x, y in group.routes[link].points]
        kept = points[:1]
        for here, after in pairwise([*points[1:], points[-1]]):
            if here[1] == kept[-1][1] == after[1] and here is not points[-1]:
                continue
            if here != kept[-1]:
                kept.append(here)
        return kept
