"""The picture of a film: an SVG of its boxes, edges and frames, which the script of the page then moves.

Graphviz is given the sizes of the boxes and returns positions; the shapes are drawn here.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from .graph import CONSTANT, INPUT, PARAMETER
from .render import render
from .words import clean, escape, number

if TYPE_CHECKING:
    from .film import Actor, Film

HEIGHT, LETTER = 40, 7.3
"""The height of a box, and the width of a letter, in pixels: wide enough for any sans serif."""


def picture(film: Film) -> str:
    """The SVG."""
    return _svg(film, json.loads(render(_dot(film), "json0")))


def _width(actor: Actor) -> float:
    """Two lines, each with something on the left and a number on the right."""
    grads = [number(x) for _, x in actor.grads]
    top = len(actor.name) + len(actor.data)
    bottom = len(actor.sign) + 2 + max(map(len, grads), default=0)
    if actor.kind == CONSTANT:
        return LETTER * len(actor.data) + 16
    return LETTER * (max(top, bottom) + 3) + 16


def _dot(film: Film) -> str:
    lines = ['digraph { rankdir=LR nodesep=0.16 ranksep=0.55 node [shape=box fixedsize=true label=""]']
    inside: dict[str, list[int]] = {}
    for i, actor in enumerate(film.actors):
        inside.setdefault(actor.group, []).append(i)
    children: dict[str, list[int]] = {}
    for i, group in enumerate(film.groups):
        children.setdefault(group.parent, []).append(i)

    def frame(group: str) -> None:
        for at in reversed(children.get(group, [])):
            lines.append(f'subgraph cluster_{at} {{ margin=10 label=" " labelloc=t fontsize=11')
            frame(film.groups[at].id)
            lines.append("}")
        for i in inside.get(group, []):
            height = 0.6 * HEIGHT if film.actors[i].kind == CONSTANT else HEIGHT
            lines.append(f"b{i} [width={_width(film.actors[i]) / 72:.3f} height={height / 72:.3f}]")

    frame("")
    lines += [f"b{way.tail} -> b{way.head} [id={i}]" for i, way in enumerate(film.ways)]
    return "\n".join([*lines, "}"])


def _svg(film: Film, layout: dict[str, Any]) -> str:
    _, _, width, height = (float(x) for x in layout["bb"].split(","))
    named = {thing["name"]: thing for thing in layout.get("objects", [])}
    parts = [
        f'<svg viewBox="-8 -8 {width + 16:.0f} {height + 16:.0f}" width="{width + 16:.0f}"'
        f' height="{height + 16:.0f}"'
        f' role="group" aria-label="{escape(clean(film.title))}">'
    ]
    for i, group in enumerate(film.groups):
        if f"cluster_{i}" in named and "bb" in named[f"cluster_{i}"]:
            x0, y0, x1, y1 = (float(x) for x in named[f"cluster_{i}"]["bb"].split(","))
            parts.append(
                f'<g class="group"><rect x="{x0:.1f}" y="{height - y1:.1f}" width="{x1 - x0:.1f}"'
                f' height="{y1 - y0:.1f}" rx="12"/><text x="{x0 + 9:.1f}" y="{height - y1 + 16:.1f}">'
                f"{escape(group.title)}</text></g>"
            )
    for edge in sorted(layout.get("edges", []), key=lambda edge: int(edge["id"])):
        parts.append(_way(edge["pos"], height))
    for i, actor in enumerate(film.actors):
        x, y = (float(c) for c in named[f"b{i}"]["pos"].split(","))
        parts.append(_box(actor, x, height - y, -1 if i else 0))  # one stop of the tab key, then arrows
    return "\n".join([*parts, '<g class="marks" aria-hidden="true"></g>', "</svg>"])


def _way(pos: str, height: float) -> str:
    """A spline of Graphviz: "e," and the tip, then a start and three points for each curve."""
    tip, *points = [
        (float(x), height - float(y)) for x, y in (p.removeprefix("e,").split(",") for p in pos.split())
    ]
    (x, y), (u, v) = tip, points[-1]
    start = "M{:.1f} {:.1f}C".format(*points[0])
    path = start + " ".join("{:.1f} {:.1f}".format(*p) for p in points[1:])
    length = math.hypot(x - u, y - v) or 1.0
    dx, dy = 3.5 * (v - y) / length, 3.5 * (x - u) / length
    corners = f"{x:.1f},{y:.1f} {u + dx:.1f},{v + dy:.1f} {u - dx:.1f},{v - dy:.1f}"
    return f'<path class="way" d="{path}"/><polygon class="tip" points="{corners}"/>'


def _box(actor: Actor, x: float, y: float, tab: int) -> str:
    width = _width(actor)
    small = actor.kind == CONSTANT
    height = 0.6 * HEIGHT if small else HEIGHT
    leaf = actor.kind in (CONSTANT, INPUT, PARAMETER)
    names = ["box", actor.kind, *(["loss"] if actor.is_loss else [])]
    left, right, top = x - width / 2 + 8, x + width / 2 - 8, y - height / 2
    texts = []
    if not small:
        texts.append(f'<text class="name" x="{left:.1f}" y="{top + 16:.1f}">{escape(actor.name)}</text>')
        texts.append(f'<text class="sign" x="{left:.1f}" y="{top + 32:.1f}">{escape(actor.sign)}</text>')
    texts.append(f'<text class="data" x="{right:.1f}" y="{top + 16:.1f}">{escape(actor.data)}</text>')
    texts.append(f'<text class="grad" x="{right:.1f}" y="{top + 32:.1f}"></text>')
    return (
        f'<g class="{" ".join(names)}" tabindex="{tab}" role="img" aria-label="{escape(actor.hint)}">'
        f'<rect x="{x - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' rx="{2 if leaf else 12}"/>{"".join(texts)}</g>'
    )
