"""The picture of a film: an SVG of its boxes, edges and frames, which the script of the page then moves.

`layout` says where everything stands. No program is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .graph import CONSTANT, INPUT, PARAMETER
from .layout import MARGIN, Frame, Item, Link, Rect, curve, place
from .words import clean, escape, number

if TYPE_CHECKING:
    from .columns import Point
    from .film import Actor, Film
    from .layout import Layout

HEIGHT, LETTER = 40, 7.1
"""The height of a box, and the width of a letter, in pixels: wide enough for any sans serif."""

LONG = 16
"""A name of more letters than that gets the width that was kept for it: its letters may all be wide ones."""

PAGE = 1400.0
"""Long loops are broken into rows of about that width, in pixels: words can be read on a small laptop."""

TIP, HALF_TIP = 6.0, 3.5
"""The length of an arrow's tip, and half of its width."""


def picture(film: Film, digits: int = 0) -> str:
    """The SVG. Every box has space for numbers of so many digits, signs and letters."""
    return _svg(film, arranged(film, digits))


def arranged(film: Film, digits: int = 0) -> Layout:
    """Where everything of a film stands, in pixels. The boxes are called b0, b1 ..."""
    items = [
        Item(f"b{i}", _width(actor, digits), _height(actor), actor.group)
        for i, actor in enumerate(film.actors)
    ]
    ends: dict[int, list[int]] = {}
    for i, way in enumerate(film.ways):
        ends.setdefault(way.head, []).append(i)
    ports = {}
    for head, ways in ends.items():
        for at, i in enumerate(ways):
            ports[i] = (at + 1) / (len(ways) + 1) * _height(film.actors[head])
    links = [Link(f"b{way.tail}", f"b{way.head}", ports[i]) for i, way in enumerate(film.ways)]
    frames = [Frame(g.id, g.parent, LETTER * len(g.title) + 2 * MARGIN, g.turn) for g in film.groups]
    return place(items, links, frames, PAGE)


def _width(actor: Actor, digits: int) -> float:
    """Two lines, each with something on the left and a number on the right."""
    grads = [number(x) for _, x in actor.grads]
    top = len(actor.name) + max(len(actor.data), digits if actor.data else 0)
    bottom = len(actor.sign) + 2 + max([*map(len, grads), digits if grads else 0], default=0)
    if actor.kind == CONSTANT:
        return LETTER * len(actor.data) + 16
    return LETTER * (max(top, bottom) + 2) + 16


def _height(actor: Actor) -> float:
    return 0.6 * HEIGHT if actor.kind == CONSTANT else HEIGHT


def _svg(film: Film, layout: Layout) -> str:
    width, height = layout.width + 16, layout.height + 16
    parts = [
        f'<svg viewBox="-8 -8 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
        f' role="group" aria-label="{escape(clean(film.title))}">'
    ]
    titles = {group.id: group.title for group in film.groups}
    for name, rect in layout.frames.items():
        parts.append(
            f'<g class="group"><rect x="{rect.x:.1f}" y="{rect.y:.1f}" width="{rect.width:.1f}"'
            f' height="{rect.height:.1f}" rx="12"/><text x="{rect.x + 9:.1f}" y="{rect.y + 15:.1f}">'
            f"{escape(titles[layout.uses[name]])}</text></g>"
        )
    parts += map(_way, layout.edges)
    for i, actor in enumerate(film.actors):
        parts.append(
            _box(actor, layout.boxes[f"b{i}"], -1 if i else 0)
        )  # one stop of the tab key, then arrows
    return "\n".join([*parts, '<g class="marks" aria-hidden="true"></g>', "</svg>"])


def _way(points: list[Point]) -> str:
    """An edge: a curve, and a tip that ends where the curve points."""
    x, y = points[-1]
    start, *bends = curve([*points[:-1], (x - TIP, y)])
    path = "M{:.1f} {:.1f}C".format(*start) + " ".join("{:.1f} {:.1f}".format(*p) for p in bends)
    corners = f"{x:.1f},{y:.1f} {x - TIP:.1f},{y - HALF_TIP:.1f} {x - TIP:.1f},{y + HALF_TIP:.1f}"
    return f'<path class="way" d="{path}"/><polygon class="tip" points="{corners}"/>'


def _box(actor: Actor, rect: Rect, tab: int) -> str:
    small = actor.kind == CONSTANT
    leaf = actor.kind in (CONSTANT, INPUT, PARAMETER)
    names = ["box", actor.kind, *(["loss"] if actor.is_loss else [])]
    left, right, top = rect.x + 8, rect.right - 8, rect.y
    texts = []
    if not small:
        fit = ""
        if len(actor.name) > LONG:
            fit = f' textLength="{LETTER * len(actor.name):.0f}" lengthAdjust="spacingAndGlyphs"'
        texts.append(f'<text class="name" x="{left:.1f}" y="{top + 16:.1f}"{fit}>{escape(actor.name)}</text>')
        texts.append(f'<text class="sign" x="{left:.1f}" y="{top + 32:.1f}">{escape(actor.sign)}</text>')
    texts.append(f'<text class="data" x="{right:.1f}" y="{top + 16:.1f}">{escape(actor.data)}</text>')
    texts.append(f'<text class="grad" x="{right:.1f}" y="{top + 32:.1f}"></text>')
    return (
        f'<g class="{" ".join(names)}" tabindex="{tab}" role="img" aria-label="{escape(actor.hint)}">'
        f'<rect x="{rect.x:.1f}" y="{rect.y:.1f}" width="{rect.width:.1f}" height="{rect.height:.1f}"'
        f' rx="{2 if leaf else 12}"/>{"".join(texts)}</g>'
    )
