"""Where everything of a picture stands: boxes, the frames around them, and the ways of the edges.

Both pictures and the film use it. Frames are laid out from the inside to the outside: for the level around
it, a frame is one large box. `columns` lays out one level. A reader finds always:

- Every edge runs from left to right, and the loss is at the right end.
- The order of the program from top to bottom, and leaves beside their first use.
- A frame is a rectangle that holds its boxes and nothing else.
- Long edges have lanes between the boxes that they pass.

All numbers are in one unit, which the caller chooses, and y grows downwards.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from .columns import Member, Route, arrange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Key, Point

MARGIN, TITLE = 8.0, 19.0
"""Between a frame and what it holds, and at its top, where the title stands."""

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
    """A frame to be drawn; `least` is the width that its title needs."""

    id: str
    parent: str = ""
    least: float = 0.0


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


def place(items: Sequence[Item], links: Sequence[Link], frames: Sequence[Frame] = ()) -> Layout:
    """Lay out. The items are in the order of the program, and so are the links into each of them."""
    return _Placing(items, links, frames).layout()


def curve(points: Sequence[Point]) -> list[Point]:
    """A smooth curve through the points: a start, and three points for each cubic part.

    It is level at each point, so that the parts meet without a corner. A bend may begin a little before its
    point and end a little after it, while it is hardly off the straight way.
    """
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


@dataclass(slots=True, eq=False)
class _Group:
    """A frame, or (at the top) the whole picture, with all that it holds directly."""

    id: str
    frame: str
    least: float
    parent: _Group | None
    member: Member
    items: list[int] = field(default_factory=list)
    groups: list[_Group] = field(default_factory=list)
    routes: dict[int, Route] = field(default_factory=dict)  # by the number of the link

    def above(self) -> list[_Group]:
        """The groups around it, from the outermost to itself."""
        chain = [self]
        while chain[-1].parent is not None:
            chain.append(chain[-1].parent)
        return chain[::-1]


class _Placing:
    """The work on a layout."""

    def __init__(self, items: Sequence[Item], links: Sequence[Link], frames: Sequence[Frame]) -> None:
        self.items = items
        self.links = links
        at = {item.id: i for i, item in enumerate(items)}
        self.ends = [(at[link.tail], at[link.head]) for link in links]
        self.into: list[list[int]] = [[] for _ in items]  # the links into each item
        for i, (_, head) in enumerate(self.ends):
            self.into[head].append(i)
        self.keys, self.lanes = self.order()
        self.members = [
            Member(item.width, item.height, key, leaf=not into)
            for item, key, into in zip(items, self.keys, self.into, strict=True)
        ]
        self.top = _Group("", "", 0.0, None, Member(0.0, 0.0, ()))
        self.groups = [self.top]
        self.group_of = self.grouped(frames)

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

    # --- the order of the program ---

    def order(self) -> tuple[list[Key], list[Key]]:
        """The key of each item, and of a lane for each link.

        An operation has its own number. A leaf stands before the first item that is made of the next
        operand of its first user; and so does a lane for a value that came to be before that.
        """
        first: list[int | None] = [None] * len(self.items)  # the first user of each item
        for tail, head in sorted(self.ends, key=lambda ends: ends[1]):
            if first[tail] is None:
                first[tail] = head
        lows = list(range(len(self.items)))  # the first item that is made for each, and for no other
        for i, into in enumerate(self.into):
            for link in into:
                tail = self.ends[link][0]
                if first[tail] == i and self.into[tail]:
                    lows[i] = min(lows[i], lows[tail])
        keys: list[Key] = [(i, 1, 0, 0) for i in range(len(self.items))]
        lanes: list[Key] = [()] * len(self.links)
        for head, into in enumerate(self.into):
            before = head
            for slot in range(len(into) - 1, -1, -1):
                tail = self.ends[into[slot]][0]
                if self.into[tail] and first[tail] == head:
                    before = min(before, lows[tail])
                    lanes[into[slot]] = keys[tail]
                    continue
                lanes[into[slot]] = (before, 0, head, slot)
                if first[tail] == head and not self.into[tail]:
                    keys[tail] = lanes[into[slot]]
        return keys, lanes

    # --- frames ---

    def grouped(self, frames: Sequence[Frame]) -> list[_Group]:
        """Make the groups, outer before inner, and return the group of each item.

        If frames would be before and after each other, each is divided into its uses.
        """
        known = {frame.id: frame for frame in frames}
        paths = []
        for item in self.items:
            path: list[str] = []
            at = item.frame
            while at:
                path.append(at)
                at = known[at].parent
            paths.append(path[::-1])
        homes = [self.top] * len(self.items)
        todo = [self.top]
        again: Counter[str] = Counter()
        for group in todo:  # it grows
            depth = len(group.above()) - 1
            own = [i for i, home in enumerate(homes) if home is group]
            inner: dict[tuple[str, int], _Group] = {}
            for i, use in zip(own, self.uses(own, paths, depth), strict=True):
                if len(paths[i]) == depth:
                    group.items.append(i)
                    continue
                name = paths[i][depth]
                if (name, use) not in inner:
                    again[name] += 1
                    called = f"{name}'{again[name]}" if again[name] > 1 else name
                    made = _Group(called, name, known[name].least, group, Member(0.0, 0.0, (), frame=True))
                    inner[name, use] = made
                homes[i] = inner[name, use]
            group.groups = list(inner.values())
            todo += group.groups
        self.groups = todo
        for group in reversed(todo):
            keys = [self.keys[i] for i in group.items if self.into[i]]
            keys += [made.member.key for made in group.groups]
            group.member.key = min(keys or [self.keys[i] for i in group.items] or [(0,)])
        return homes

    def uses(self, own: list[int], paths: list[list[str]], depth: int) -> list[int]:
        """For each of these items, in which use of its frame it lies: 0 for almost all."""
        name = {i: paths[i][depth] if len(paths[i]) > depth else f"\0{i}" for i in own}
        links = [(t, h) for t, h in self.ends if t in name and h in name]
        onwards: dict[str, set[str]] = defaultdict(set)
        for tail, head in links:
            if name[tail] != name[head]:
                onwards[name[tail]].add(name[head])
        circles = _circles(list(name.values()), onwards)
        use = dict.fromkeys(own, 0)
        if not circles:
            return [0] * len(own)
        into, out = defaultdict(list), defaultdict(list)
        for tail, head in links:
            leaves = name[tail] != name[head] and circles.get(name[tail], -1) == circles.get(name[head], -2)
            into[head].append((tail, leaves))
            out[tail].append((head, leaves))
        for i in self.forwards(own):
            use[i] = max((use[tail] + leaves for tail, leaves in into[i]), default=0)
        for i in own:
            if not self.into[i] and out[i]:
                use[i] = min(use[head] - leaves for head, leaves in out[i])
        return [use[i] if name[i] in circles else 0 for i in own]

    def forwards(self, own: list[int]) -> list[int]:
        """Items, each after all that it is made of."""
        if not hasattr(self, "_forwards"):
            waiting = [len(into) for into in self.into]
            out: list[list[int]] = [[] for _ in self.items]
            for tail, head in self.ends:
                out[tail].append(head)
            order = [i for i, count in enumerate(waiting) if not count]
            for i in order:  # it grows
                for head in out[i]:
                    waiting[head] -= 1
                    if not waiting[head]:
                        order.append(head)
            self._forwards = order
        wanted = set(own)
        return [i for i in self._forwards if i in wanted]

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

    def arrange(self, group: _Group) -> None:
        """Lay out what a group holds; the groups in it have been laid out."""
        members = [self.members[i] for i in group.items] + [inner.member for inner in group.groups]
        inner = {inner.member: inner for inner in group.groups}
        for i, route in group.routes.items():
            if route.tail in inner:
                route.out = inner[route.tail].routes[i].points[-1][1] + TITLE
            if route.head in inner:
                route.into = inner[route.head].routes[i].points[0][1] + TITLE
        least = max(group.least - 2 * MARGIN, 0.0)
        width, height = arrange(members, list(group.routes.values()), least)
        group.member.width, group.member.height = width, height
        if group.parent is not None:
            group.member.width += 2 * MARGIN
            group.member.height += TITLE + MARGIN

    def inside(self, group: _Group) -> tuple[float, float]:
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


def _circles(names: list[str], onwards: dict[str, set[str]]) -> dict[str, int]:
    """The names that lie on a circle, with the number of the circle: Tarjan's algorithm, with a stack."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    held: list[str] = []
    found: dict[str, int] = {}
    for start in names:
        work = [] if start in index else [(start, iter(sorted(onwards[start])))]
        if work:
            index[start] = low[start] = len(index)
            held.append(start)
        while work:
            name, rest = work[-1]
            after = next(rest, None)
            if after is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    circle = held[held.index(name) :]
                    del held[-len(circle) :]
                    for x in circle:
                        low[x] = len(names) + len(index)  # it is done
                        if len(circle) > 1:
                            found[x] = index[name]
            elif after not in index:
                index[after] = low[after] = len(index)
                held.append(after)
                work.append((after, iter(sorted(onwards[after]))))
            else:
                low[name] = min(low[name], low[after] if after in held else low[name])
    return found
