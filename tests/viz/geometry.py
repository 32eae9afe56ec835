"""Where everything of a picture is, read from the SVG or the page that a reader gets."""

import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

from .pages import story

SVG = "{http://www.w3.org/2000/svg}"
NEAR = 1.0
"""Borders are drawn half outside of their rectangle: so much may be too far."""


class Rect(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def beside(self, other):
        """Whether two rectangles have no point in common."""
        return (
            self.right <= other.left + NEAR
            or other.right <= self.left + NEAR
            or self.bottom <= other.top + NEAR
            or other.bottom <= self.top + NEAR
        )

    def inside(self, other):
        return (
            self.left >= other.left - NEAR
            and self.top >= other.top - NEAR
            and self.right <= other.right + NEAR
            and self.bottom <= other.bottom + NEAR
        )

    def below_or_above(self, other):
        """Whether they are in one column: one vertical line meets the middles of both."""
        return (
            abs(self.left + self.right - other.left - other.right) / 2
            < min(self.right - self.left, other.right - other.left) / 2
        )


class Geometry(NamedTuple):
    """The canvas, boxes and frames by their ids, and what is around each edge.

    groups  the group that each frame is of: a module that is used again may have several
    """

    canvas: Rect
    boxes: dict[str, Rect]
    frames: dict[str, Rect]
    edges: list[Rect]
    groups: dict[str, str]


def geometry(drawing):
    """The places in the SVG of a `Drawing`."""
    root = ET.fromstring(drawing.svg())
    x, y, width, height = map(float, root.get("viewBox").split())
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    dx, dy = _moved(by_id[f"{drawing.prefix}graph"])
    drawn = drawing.picture
    return Geometry(
        Rect(x - dx, y - dy, x - dx + width, y - dy + height),
        {box.id: _around(by_id[drawing.prefix + box.id]) for box in drawn.boxes},
        {name: _around(by_id[f"{drawing.prefix}g{i}"]) for i, name in enumerate(drawing.layout.uses)},
        [_around(by_id[f"{drawing.prefix}e{i}"]) for i in range(len(drawn.edges))],
        dict(drawing.layout.uses),
    )


def stage(player):
    """The places in the page of a `Player`: boxes by their numbers, frames by their titles."""
    root = ET.fromstring(story(player.html)[0])
    x, y, width, height = map(float, root.get("viewBox").split())
    groups = [g for g in root.iter("g") if "class" in g.attrib]
    boxes = [g for g in groups if "box" in g.get("class").split()]
    frames = [g for g in groups if g.get("class") == "group"]
    return Geometry(
        Rect(x, y, x + width, y + height),
        {i: _of_rect(g.find("rect")) for i, g in enumerate(boxes)},
        {i: _of_rect(g.find("rect")) for i, g in enumerate(frames)},
        [_of_path(path.get("d")) for path in root.iter("path") if path.get("class") == "way"],
        {},
    )


def _moved(graph):
    found = re.search(r"translate\(([-0-9.]+)[ ,]+([-0-9.]+)\)", graph.get("transform") or "")
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)


def _around(element):
    """The rectangle around all lines of an element, with half of their width."""
    found = []
    for part in element.iter():
        points = _curve(part.get("d")) if part.get("d") else _points(part.get("points") or "")
        if points:
            line = part.get("stroke", "none") not in ("none", "transparent")
            half = float(part.get("stroke-width") or 1.0) / 2 if line else 0.0
            xs, ys = zip(*points, strict=True)
            found.append((min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half))
    lefts, tops, rights, bottoms = zip(*found, strict=True)
    return Rect(min(lefts), min(tops), max(rights), max(bottoms))


def _points(text):
    numbers = [float(n) for n in re.findall(r"-?[0-9.]+", text)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _curve(d):
    """Points along a path of cubic curves: those between which a curve bends may be far outside of it."""
    start, *others = _points(d)
    points = [start]
    for a, b, c in zip(others[::3], others[1::3], others[2::3], strict=True):
        for t in (0.25, 0.5, 0.75, 1.0):
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            points.append(
                tuple(sum(w * p[k] for w, p in zip(weights, (start, a, b, c), strict=True)) for k in (0, 1))
            )
        start = c
    return points


def _of_path(d):
    xs, ys = zip(*_curve(d), strict=True)
    return Rect(min(xs), min(ys), max(xs), max(ys))


def _of_rect(rect):
    x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
    return Rect(x, y, x + width, y + height)
