"""A small plot of a curve, as SVG and as text: for the pictures of exercises.

It knows nothing of exercises and of derivatives: whoever makes a `Plot` gives the points. It uses the colours
of `viz`: blue for a line that rises, orange for one that falls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from ..viz.colours import BLUE, FAINT, FRAME_BORDERS, GREY, INK, ORANGE, PAPER, night
from ..viz.words import escape, number

WIDTH, HEIGHT = 480, 270
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 28, 40  # margins, in pixels
COLUMNS, ROWS = 57, 11  # of the text
STEEP = 0.25  # of the height of the text: so far does a straight line go up and down from its point
MARGIN = 0.06  # above and below the curve, as a part of the height

Point = tuple[float, float]


class Line(NamedTuple):
    """A straight line through a point, as steep as `rise` per unit.

    name    what is written beside it; "" for a tangent
    reach   how far it goes to each side
    """

    at: Point
    rise: float
    reach: float
    name: str = ""


@dataclass(frozen=True)
class Plot:
    """What a plot shows.

    curve     points from left to right
    lines     straight lines, such as tangents
    dots      single points
    rings     single points of another kind
    path      points that are walked one after the other, from the large one on
    x, y      the names of the axes
    said      the plot in one sentence, for those who do not see it
    """

    curve: list[Point]
    lines: tuple[Line, ...]
    dots: tuple[Point, ...]
    rings: tuple[Point, ...]
    path: tuple[Point, ...]
    x: str
    y: str
    said: str

    def bounds(self) -> tuple[float, float, float, float]:
        """The least and the largest x, the least and the largest y."""
        marks = [p for p in (*self.curve, *self.dots, *self.rings, *self.path) if math.isfinite(p[1])]
        low, high = self.curve[0][0], self.curve[-1][0]
        bottom, top = min(y for _, y in marks), max(y for _, y in marks)
        pad = MARGIN * ((top - bottom) or 1.0)
        return low, high, bottom - pad, top + pad

    def svg(self, name: str) -> str:
        """The plot as SVG. `name` begins its ids: no two on a page may have the same."""
        low, high, bottom, top = self.bounds()

        def across(x: float) -> float:
            return LEFT + (x - low) / (high - low) * (WIDTH - LEFT - RIGHT)

        def down(y: float) -> float:
            return TOP + (top - y) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

        def joined(points: list[Point] | tuple[Point, ...]) -> str:
            return " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)

        floor, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>']
        for x in ticks(low, high):
            at, colour = across(x), FAINT if x == 0.0 else FRAME_BORDERS[0]
            parts.append(f'<path d="M{at:.1f} {TOP}V{floor}" stroke="{colour}"/>')
            parts.append(_text(at, floor + 16, number(x), GREY, "middle"))
        for y in ticks(bottom, top, 5):
            at, colour = down(y), FAINT if y == 0.0 else FRAME_BORDERS[0]
            parts.append(f'<path d="M{LEFT} {at:.1f}H{right}" stroke="{colour}"/>')
            parts.append(_text(LEFT - 6, at + 4, number(y), GREY, "end"))
        parts.append(_text(right, HEIGHT - 6, self.x, INK, "end"))
        parts.append(_text(LEFT, TOP - 12, self.y, INK, "start"))
        inside = []
        for run in _runs(self.curve):
            inside.append(f'<polyline points="{joined(run)}" fill="none" stroke="{INK}" stroke-width="2"/>')
        for line in self.lines:
            colour = GREY if line.name else BLUE if line.rise > 0 else ORANGE if line.rise < 0 else GREY
            dashes = ' stroke-dasharray="6 4"' if line.name else ""
            points = f'points="{joined(_ends(line))}"'
            inside.append(f'<polyline {points} fill="none" stroke="{colour}" stroke-width="2.5"{dashes}/>')
        if len(self.path) > 1:
            inside.append(f'<polyline points="{joined(self.path)}" fill="none" stroke="{GREY}"/>')
        marks = [(p, GREY, 5.0) for p in (*self.dots, *self.path[:1])]
        marks += [(p, GREY, 3.5) for p in self.path[1:]] + [(p, PAPER, 5.0) for p in self.rings]
        for (x, y), fill, size in marks:
            place = f'cx="{across(x):.1f}" cy="{down(y):.1f}" r="{size}"'
            inside.append(f'<circle {place} fill="{fill}" stroke="{INK}" stroke-width="1.5"/>')
        clip = f'<clipPath id="{name}-clip"><rect x="{LEFT}" y="{TOP}" width="{right - LEFT}"'
        parts.append(f'{clip} height="{floor - TOP}"/></clipPath><g clip-path="url(#{name}-clip)">')
        parts += [*inside, "</g>"]
        for line in self.lines:
            if line.name:
                x, y = _ends(line)[1]
                edge = across(x) > right - 40
                at = min(max(down(y) + (-8 if edge else 4), TOP + 12), floor - 6)
                side = "end" if edge else "start"
                parts.append(_text(right - 2 if edge else across(x) + 5, at, line.name, INK, side))
        body = "".join(parts)
        said = escape(self.said)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" aria-label="{said}" width="100%"'
            f' style="max-width:{WIDTH}px;height:auto" viewBox="0 0 {WIDTH} {HEIGHT}"'
            f' font-family="Helvetica,Arial,sans-serif" font-size="12"><title>{said}</title>'
            f"<style>{night(body, name)}</style>{body}</svg>"
        )

    def text(self) -> str:
        """The plot in a few lines: * curve, · straight line, o point. With rings: # point, o ring."""
        low, high, bottom, top = self.bounds()
        cells = [[" "] * COLUMNS for _ in range(ROWS)]

        def mark(x: float, y: float, sign: str) -> None:
            if low <= x <= high and bottom <= y <= top:
                column = round((x - low) / (high - low) * (COLUMNS - 1))
                cells[round((top - y) / (top - bottom) * (ROWS - 1))][column] = sign

        for x, y in self.curve:
            mark(x, y, "*")
        for line in self.lines:
            most = STEEP * (top - bottom) / abs(line.rise) if line.rise else line.reach
            (x0, y0), (x1, y1) = _ends(line._replace(reach=min(line.reach, most)))
            for k in range(COLUMNS + 1):
                part = k / COLUMNS
                mark(x0 + part * (x1 - x0), y0 + part * (y1 - y0), "-" if line.name else "·")
        full = "#" if self.rings else "o"
        for x, y in (*self.dots, *self.path):
            mark(x, y, full)
        for x, y in self.rings:
            mark(x, y, "o")
        sides = {0: number(top), ROWS - 1: number(bottom)}
        wide = max(map(len, sides.values()))
        rows = [f"{sides.get(k, ''):>{wide}} |{''.join(row)}".rstrip() for k, row in enumerate(cells)]
        ends = f"{number(low)}{number(high).rjust(COLUMNS - len(number(low)))}  {self.x}"
        floor = [f"{'':{wide}} +{'-' * COLUMNS}", f"{'':{wide}}  {ends}"]
        legend = [f"{'':{wide}}  # a full point, o a ring"] if self.rings else []
        return "\n".join([f"{'':{wide}}  {self.y}", *rows, *floor, *legend])


def ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers between two numbers, at most so many: for the axis."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * k for k in (1.0, 2.0, 5.0, 10.0) if power * k >= raw)
    first = math.ceil(low / step)
    return [k * step for k in range(first, math.floor(high / step) + 1)]


def _runs(points: list[Point]) -> list[list[Point]]:
    """The curve in pieces: it is interrupted where it has no finite value."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if math.isfinite(point[1]):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _ends(line: Line) -> tuple[Point, Point]:
    (x, y), reach = line.at, line.reach
    return (x - reach, y - reach * line.rise), (x + reach, y + reach * line.rise)


def _text(x: float, y: float, words: str, colour: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{escape(words)}</text>'
