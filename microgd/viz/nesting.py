"""What a layout begins with: the order of the program, and which frame holds what.

Boxes are numbers here, and edges are pairs of them. If two frames would have to stand before and after each
other, because a module is used again with what was made of its results, each is divided into its uses.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .columns import Member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Key, Route


@dataclass(slots=True, eq=False)
class Group:
    """A frame or one use of it, or the whole picture (at the top), with all that it holds directly.

    frame   the id of the frame
    member  what it is in the level around it
    routes  the edges in it, by their numbers
    """

    id: str
    frame: str
    parent: Group | None
    member: Member
    items: list[int] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    routes: dict[int, Route] = field(default_factory=dict)

    def above(self) -> list[Group]:
        """The groups around it, from the outermost to itself."""
        chain = [self]
        while chain[-1].parent is not None:
            chain.append(chain[-1].parent)
        return chain[::-1]


def program_order(ends: Sequence[tuple[int, int]], into: Sequence[list[int]]) -> tuple[list[Key], list[Key]]:
    """A key for each box, and for a lane for each edge: `into` has the edges into each box.

    An operation has its own number. A leaf stands before all that the next operand of its first user is
    made of; and so does a lane for a value that was used before.
    """
    first: list[int | None] = [None] * len(into)  # the first user of each box
    for tail, head in sorted(ends, key=lambda pair: pair[1]):
        if first[tail] is None:
            first[tail] = head
    lows = list(range(len(into)))  # the first box that is made for each, and for no other
    for i, edges in enumerate(into):
        for edge in edges:
            tail = ends[edge][0]
            if first[tail] == i and into[tail]:
                lows[i] = min(lows[i], lows[tail])
    keys: list[Key] = [(i, 1, 0, 0) for i in range(len(into))]
    lanes: list[Key] = [()] * len(ends)
    for head, edges in enumerate(into):
        before = head
        for slot, edge in reversed([*enumerate(edges)]):
            tail = ends[edge][0]
            if into[tail] and first[tail] == head:
                before = min(before, lows[tail])
                lanes[edge] = keys[tail]
                continue
            lanes[edge] = (before, 0, head, slot)
            if first[tail] == head and not into[tail]:
                keys[tail] = lanes[edge]
    return keys, lanes


def nested(
    frames: Sequence[str], ends: Sequence[tuple[int, int]], parents: dict[str, str]
) -> tuple[list[Group], list[Group]]:
    """All groups, outer before inner, and for each box its group: `frames` are those that boxes lie in."""
    paths = [_path(frame, parents) for frame in frames]
    order = _forwards(len(frames), ends)
    top = Group("", "", None, Member(0.0, 0.0, ()))
    homes = [top] * len(frames)
    groups = [top]
    again: Counter[str] = Counter()
    for group in groups:  # it grows
        depth = len(group.above()) - 1
        own = {i: paths[i][depth : depth + 1] for i in order if homes[i] is group}
        uses = _uses({i: name[0] if name else f"\0{i}" for i, name in own.items()}, ends)
        inner: dict[tuple[str, int], Group] = {}
        for i in sorted(own):
            if not own[i]:
                group.items.append(i)
                continue
            (name,) = own[i]
            if (name, uses[i]) not in inner:
                again[name] += 1
                called = f"{name}'{again[name]}" if again[name] > 1 else name
                inner[name, uses[i]] = Group(called, name, group, Member(0.0, 0.0, (), frame=True))
            homes[i] = inner[name, uses[i]]
        group.groups = list(inner.values())
        groups += group.groups
    return groups, homes


def _path(frame: str, parents: dict[str, str]) -> list[str]:
    """A frame and all around it, from the outermost on."""
    path = []
    while frame:
        path.append(frame)
        frame = parents[frame]
    return path[::-1]


def _forwards(count: int, ends: Sequence[tuple[int, int]]) -> list[int]:
    """All boxes, each after all that it is made of."""
    waiting = [0] * count
    out: list[list[int]] = [[] for _ in range(count)]
    for tail, head in ends:
        waiting[head] += 1
        out[tail].append(head)
    order = [i for i in range(count) if not waiting[i]]
    for i in order:  # it grows
        for head in out[i]:
            waiting[head] -= 1
            if not waiting[head]:
                order.append(head)
    return order


def _uses(names: dict[int, str], ends: Sequence[tuple[int, int]]) -> dict[int, int]:
    """For each box in which use of its frame it lies: 0 for almost all. The boxes are in a forward order.

    Every edge that goes from one frame of a circle to another begins a new use.
    """
    onwards: dict[str, set[str]] = defaultdict(set)
    into: dict[int, list[int]] = defaultdict(list)
    out: dict[int, list[int]] = defaultdict(list)
    for tail, head in ends:
        if tail in names and head in names:
            into[head].append(tail)
            out[tail].append(head)
            if names[tail] != names[head]:
                onwards[names[tail]].add(names[head])
    circles = _circles(list(dict.fromkeys(names.values())), onwards)
    uses = dict.fromkeys(names, 0)

    def begins(tail: int, head: int) -> bool:
        a, b = names[tail], names[head]
        return a != b and a in circles and circles[a] == circles.get(b)

    if circles:
        for i in names:
            uses[i] = max((uses[tail] + begins(tail, i) for tail in into[i]), default=0)
        for i in names:
            if out[i] and not into[i]:  # a leaf belongs to its first use
                uses[i] = min(uses[head] - begins(i, head) for head in out[i])
    return {i: use if names[i] in circles else 0 for i, use in uses.items()}


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
