"""Plots for the page of all operations: the value and the partial along an operand, as SVG.

All numbers are those of the table. The colours follow a dark page. `docs/ops.py` uses this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import nan

from microgd.jit.rules import names_of
from microgd.ops import Primitive

POINTS: dict[str, tuple[float, ...]] = {
    "where": (1.0, 2.0, -1.0),
    "pow": (2.0, 3.0),
    "mul": (2.0, 3.0),
    "div": (3.0, 2.0),
    "fmod": (1.0, 2.0),
    "remainder": (1.0, 2.0),
    "clamp": (0.5, -1.0, 2.0),
    "hardtanh": (0.5, -1.0, 2.0),
    "leaky_relu": (-2.0, 0.1),
    "elu": (-1.0, 1.5),
    "acosh": (2.0,),
    "prod": (2.0, 3.0),
    "dot": (2.0, 3.0, 0.5, -1.0),
}
"""Where the picture of the graph is computed, and what stays fixed while the plot goes along an operand."""


def point_of(row: Primitive) -> tuple[float, ...]:
    """The operands of the row's pictures."""
    return POINTS.get(row.name) or ((0.5,), (2.0, 1.0))[len(names_of(row)) - 1]


WIDTH, HEIGHT, SAMPLES, TALLEST = 230, 150, 161, 6.0
STYLE = (
    "<style>text{fill:#334155}.value{stroke:#1d4ed8}.partial{stroke:#c2410c;stroke-dasharray:6 3}"
    ".axis{stroke:#64748b}.frame{stroke:#cbd5e1}.page{fill:#ffffff}circle.value{fill:#1d4ed8}"
    "circle.partial{fill:#c2410c}@media (prefers-color-scheme:dark){text{fill:#e2e8f0}"
    ".value{stroke:#93b4ff}.partial{stroke:#fdba74}.axis{stroke:#94a3b8}.frame{stroke:#334155}"
    ".page{fill:#0b1120}circle.value{fill:#93b4ff}circle.partial{fill:#fdba74}}</style>"
)


def escaped(text: str) -> str:
    """A text inside of SVG."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def number(x: float) -> str:
    """A number as people write it."""
    return f"{x:.5g}".replace("-", "−").replace("inf", "∞").replace("nan", "not a number")


def curves(row: Primitive, k: int) -> list[Callable[[float], float]]:
    """The value along the operand k, and the partial where there is a value: both are the table's."""
    point = point_of(row)

    def value(x: float) -> float:
        return row.value(*point[:k], x, *point[k + 1 :])

    def derivative(x: float) -> float:
        xs, out = (*point[:k], x, *point[k + 1 :]), value(x)
        return nan if out != out else float(row.partials_at(xs, out, [True] * len(xs))[k])

    return [value, derivative]


def jumps(f: Callable[[float], float], a: float, b: float) -> bool:
    """Whether f makes a jump between a and b: half of the difference stays, however near they come."""
    gap = abs(f(b) - f(a))
    for _ in range(40):
        middle = (a + b) / 2
        a, b = (middle, b) if abs(f(b) - f(middle)) > abs(f(middle) - f(a)) else (a, middle)
    return not abs(f(b) - f(a)) < 0.5 * gap


def pieces(f: Callable[[float], float], xs: Sequence[float]) -> list[list[tuple[float, float]]]:
    """The points of f, in pieces without a jump and without nan."""
    found: list[list[tuple[float, float]]] = [[]]
    for x in xs:
        y = f(x)
        before = found[-1][-1] if found[-1] else None
        if not abs(y) < 1e3 or (before and abs(y - before[1]) > 0.3 and jumps(f, before[0], x)):
            found.append([])
        if abs(y) < 1e3:
            found[-1].append((x, y))
    return [piece for piece in found if piece]


def thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without the points that are on the line from the last one kept to the next, to 0.05 pixels."""
    kept = points[:1]
    for i in range(1, len(points) - 1):
        (a, b), (x, y), (c, d) = kept[-1], points[i], points[i + 1]
        if abs(b + (d - b) * (x - a) / (c - a) - y) > 0.05:
            kept.append(points[i])
    return kept + points[1:][-1:]


def panel(row: Primitive, k: int) -> str:
    """The value and the partial along one operand: a frame, the axes, two curves, and the words."""
    low, high = -4.0, 4.0
    xs = [low + (high - low) * i / (SAMPLES - 1) for i in range(SAMPLES)]
    drawn = [pieces(f, xs) for f in curves(row, k)]
    heights = [y for each in drawn for piece in each for _, y in piece if abs(y) <= TALLEST]
    bottom, top = min([-1.0, *heights]), max([1.0, *heights])
    bottom, top = bottom - 0.08 * (top - bottom), top + 0.08 * (top - bottom)

    def across(x: float) -> float:
        return round(WIDTH * (x - low) / (high - low), 1)

    def down(y: float) -> float:
        return round(HEIGHT * (top - y) / (top - bottom), 1)

    inside = [f'<path class="axis" d="M0 {down(0)}H{WIDTH}M{across(0)} 0V{HEIGHT}"/>']
    for kind, each in zip(("value", "partial"), drawn, strict=True):
        for piece in each:
            spots = thinned([(across(x), down(y)) for x, y in piece if abs(y) < 10 * TALLEST])
            if len(spots) == 1:
                inside.append(f'<circle class="{kind}" cx="{spots[0][0]}" cy="{spots[0][1]}" r="2.5"/>')
            elif spots:
                line = "L".join(f"{x:g} {y:g}" for x, y in spots)
                inside.append(f'<path class="{kind}" stroke-width="2" d="M{line}"/>')
    names = names_of(row)
    fixed = [f"{name} = {number(x)}" for i, (name, x) in enumerate(zip(names, point_of(row))) if i != k]
    words = [
        (0, -10, "start", f"along {names[k]}" + (f", at {', '.join(fixed)}" if fixed else "")),
        (0, HEIGHT + 14, "start", number(low)),
        (across(0), HEIGHT + 14, "middle", "0"),
        (WIDTH, HEIGHT + 14, "end", number(high)),
        *((-5, down(y) + 4, "end", number(y)) for y in {math.floor(top), 0, math.ceil(bottom)}),
    ]
    return "\n".join(
        [
            f'<rect class="frame" fill="none" width="{WIDTH}" height="{HEIGHT}"/>',
            f'<svg width="{WIDTH}" height="{HEIGHT}" fill="none">{"".join(inside)}</svg>',
            *(
                f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escaped(text)}</text>'
                for x, y, anchor, text in sorted(words)
            ),
        ]
    )


def plotted(row: Primitive) -> list[int]:
    """The operands that have a plot: all, or the first of a reduction, whose operands are alike."""
    return list(range(len(names_of(row)))) if type(row.partials) is tuple else [0]


def plot(row: Primitive, k: int) -> str:
    """The value and the partial of an operation along one operand, as SVG."""
    wide, tall = WIDTH + 52, HEIGHT + 72
    title = f"{row.name} along {names_of(row)[k]}: the value and the partial"
    key = (
        f'<path class="value" stroke-width="2" d="M36 {tall - 14}h26"/>'
        f'<text x="68" y="{tall - 10}">value</text>'
        f'<path class="partial" stroke-width="2" d="M122 {tall - 14}h26"/>'
        f'<text x="154" y="{tall - 10}">partial</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{title}" viewBox="0 0 {wide} {tall}"'
        f' width="{wide}" height="{tall}" font-family="Helvetica, Arial, sans-serif" font-size="12">\n'
        f'<title>{title}</title>\n{STYLE}\n<rect class="page" width="{wide}" height="{tall}"/>\n'
        f'<g transform="translate(36 26)">\n{panel(row, k)}\n</g>\n{key}\n</svg>\n'
    )
