"""The heights of the members of columns: as level as their edges can be, in the order that they have.

Each column in turn gets the best heights while the others stay, several times over.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Key, Member, Route

    Pull = tuple[Member, float, float]  # from what, how far its place is from the wish, how strongly
    Pulls = dict[Member, list[Pull]]

SPACE, FRAME_SPACE, LANE_SPACE = 11.0, 13.0, 7.0
"""Between two boxes of a column, beside a frame, and beside a lane."""

STIFF = {0: 1.0, 1: 2.0, 2: 6.0}
SOFT, SOFTER = 0.05, 0.0025
"""How much an edge wants to be straight, by the number of its ends that are lanes; a leaf pulls and is
pulled softly, because it can go where it is used first, and is pulled still more softly by later uses."""

UNMOVED = 0.01
"""How much a member wants to stay if nothing pulls it."""

ROUNDS, SWEEPS, LAST_SWEEPS = 4, 4, 14
"""How often lanes may change their places, and how often heights are found again before that, and at last."""


class Links:
    """For each member the pulls on it from the left and from the right: from what, where, how strongly."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.left: Pulls = {}
        self.right: Pulls = {}
        first: dict[Member, Key] = {}  # for each leaf its first use
        for route in routes:
            if route.tail is not None and route.tail.leaf:
                first[route.tail] = min(first.get(route.tail, route.key), route.key)
        for route in routes:
            stops = list(route.lanes)
            if route.tail is not None:
                stops.insert(0, (route.tail, route.out))
            if route.head is not None:
                stops.append((route.head, route.into))
            for (a, low), (b, high) in pairwise(stops):
                weight = SOFT if a.leaf else STIFF[a.lane + b.lane]
                later = a.leaf and route.key > first[a]
                self.right.setdefault(a, []).append((b, high - low, SOFTER if later else weight))
                self.left.setdefault(b, []).append((a, low - high, weight))

    def wish(self, m: Member, *sides: Pulls) -> tuple[float, float]:
        """Where the top of a member would like to be for the pulls from one side or both, and how much."""
        total = pull = 0.0
        for side in sides or (self.left, self.right):
            for other, offset, weight in side.get(m, ()):
                total += weight
                pull += weight * (other.y + offset)
        return (pull / total, total) if total else (m.y, UNMOVED)


def set_heights(columns: list[list[Member]], links: Links) -> None:
    """Move members up and down, in their order, until their edges are as straight as they can be.

    Once in each round, everything follows what is right of it, and then what is left of it. Between rounds
    the lanes, which have no order of their own, move to where they would like to be.
    """
    for column in columns:
        tops = _tops(column)
        height = tops[-1] + column[-1].height
        for m, top in zip(column, tops, strict=True):
            m.y = top - height / 2
    for turn in range(ROUNDS):
        for column in reversed(columns):
            _settle(column, links, links.right)
        for column in columns:
            _settle(column, links, links.left)
        for sweep in range(SWEEPS if turn < ROUNDS - 1 else LAST_SWEEPS):
            for column in columns if sweep % 2 else reversed(columns):
                _settle(column, links)
        if turn < ROUNDS - 1:
            for column in columns:
                _reorder(column, links)
    top = min((m.y for column in columns for m in column), default=0.0)
    for column in columns:
        for m in column:
            m.y -= top


def _reorder(column: list[Member], links: Links) -> None:
    """Put each lane between the two members where it would like to be."""
    lanes = [(links.wish(m)[0] + m.height / 2, m.key, m) for m in column if m.lane]
    if not lanes or len(lanes) == len(column):
        return
    lanes.sort(key=lambda lane: lane[:2])
    fixed = [m for m in column if not m.lane]
    column.clear()
    for m in fixed:
        middle = links.wish(m)[0] + m.height / 2 if m.leaf else m.middle
        while lanes and lanes[0][0] < middle:
            column.append(lanes.pop(0)[2])
        column.append(m)
    column += [lane for _, _, lane in lanes]


def _tops(column: Sequence[Member]) -> list[float]:
    """The tops of the members of a column, packed from 0 on."""
    tops = [0.0]
    for a, b in pairwise(column):
        if a.lane or b.lane:
            space = LANE_SPACE
        else:
            space = FRAME_SPACE if a.frame or b.frame else SPACE
        tops.append(tops[-1] + a.height + space)
    return tops


def _settle(column: Sequence[Member], links: Links, *sides: Pulls) -> None:
    """The best heights for one column while the others stay.

    In terms of y minus the packed tops the heights must not fall from one member to the next. The best of
    such is the isotonic regression of the wishes: pool adjacent violators.
    """
    tops = _tops(column)
    pools: list[tuple[float, float, int]] = []  # the mean, its weight, how many members
    for m, top in zip(column, tops, strict=True):
        y, weight = links.wish(m, *sides)
        mean, count = y - top, 1
        while pools and pools[-1][0] >= mean:
            other, heavy, more = pools.pop()
            mean = (mean * weight + other * heavy) / (weight + heavy)
            weight, count = weight + heavy, count + more
        pools.append((mean, weight, count))
    at = 0
    for mean, _, count in pools:
        for _ in range(count):
            column[at].y = tops[at] + mean
            at += 1
