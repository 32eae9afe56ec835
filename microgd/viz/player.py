"""`play`: the film of a loss as one HTML file that needs nothing else.

Its parts are files beside this one: player.html is the frame, player.css the style, and the files of
SCRIPTS, joined, are its one script. The page loads and runs nothing else: its content security policy names them by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .film import film
from .graph import CONSTANT, INPUT, PARAMETER, one_value, read
from .render import NotInstalledError, render
from .text import text_tree
from .words import clean, escape, number

if TYPE_CHECKING:
    from os import PathLike

    from ..value import Value
    from .film import Actor, Film
    from .graph import Graph

HEIGHT, LETTER = 40, 7.3
"""The height of a box, and the width of a letter, in pixels: wide enough for any sans serif."""

SCRIPTS = ("player.js",)
"""The files of the script. The first makes `player`, which the others use."""


def play(loss: Value, model: Any = None) -> Player:
    """Backpropagation as a film: forward and backward through the graph, one operation at a time.

        microgd.play(loss).save("loss.html")      # or .show(), which opens a browser

    loss   the root of the graph. backward() need not have run
    model  if the Module is given, its parameters have their full names

    With more than about 150 values, it goes neuron by neuron, or layer by layer.
    """
    return Player(read(one_value(loss), model))


class Player:
    """A film of a graph. In a notebook it shows itself.

    film  the plain description: boxes, edges, frames
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.film = film(graph)

    @cached_property
    def html(self) -> str:
        """The page."""
        try:
            layout = render(_dot(self.film), "json0")
        except NotInstalledError as error:
            raise NotInstalledError(f"{error}\n\n{text_tree(self._graph, rows=60)}") from None
        return _page(self.film, json.loads(layout))

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the page to a file that ends in .html."""
        target = Path(path)
        if target.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"cannot save {target.name!r}: use a name that ends in .html")
        target.write_text(self.html, encoding="utf-8")
        return target

    def show(self) -> None:
        """Open the page in a browser."""
        import tempfile
        import webbrowser

        path = Path(tempfile.mkdtemp(prefix="microgd-")) / "loss.html"
        webbrowser.open(self.save(path).as_uri())

    def _repr_html_(self) -> str:
        """For notebooks: the page in a frame of its own, which may run its script and nothing else."""
        try:
            page = escape(self.html)
        except Exception as error:
            return f"<pre>{escape(str(error))}</pre>"
        return (
            f'<iframe title="backpropagation, step by step" sandbox="allow-scripts" srcdoc="{page}"'
            ' width="100%" height="640" style="border:1px solid #cbd5e1;border-radius:8px"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<Player: {len(self.film.actors)} boxes, {len(self.film.frames)} frames>"


# --- the layout: Graphviz is given sizes and returns positions ---------------------------------------


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


# --- the page ----------------------------------------------------------------------------------------


def _page(film: Film, layout: dict[str, Any]) -> str:
    parts = resources.files(__package__)
    style = parts.joinpath("player.css").read_text(encoding="utf-8")
    script = "".join(parts.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS)
    places = {
        "title": escape(clean(film.title)),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "svg": _svg(film, layout),
        "film": _data(film),
        "notes": "\n  ".join(f'<p class="warning">{escape(note)}</p>' for note in film.notes),
    }
    page = parts.joinpath("player.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: places[place[1]], page)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data(film: Film) -> str:
    """The film as data for the script. It contains no "<", so that nothing in it can end the script."""

    def plain(x: float) -> float | str:
        return float(f"{x:.6g}") if math.isfinite(x) else str(x)

    data = {
        "born": [actor.born for actor in film.actors],
        "grads": [[[at, float(x) if math.isfinite(x) else str(x)] for at, x in a.grads] for a in film.actors],
        "ways": [[way.tail, way.head, way.frame, plain(way.flow)] for way in film.ways],
        "frames": [
            {
                "backward": frame.backward,
                "box": frame.box,
                "said": frame.said,
                "lines": [
                    [x.what, x.formula, plain(x.value), x.note, x.edge, *filter(None, [x.reason])]
                    for x in frame.lines
                ],
            }
            for frame in film.frames
        ],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


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
