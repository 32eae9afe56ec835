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

from .code import listing
from .film import film
from .graph import one_value, read
from .quiz import texts
from .render import NotInstalledError
from .stage import picture
from .text import text_tree
from .words import clean, escape

if TYPE_CHECKING:
    from os import PathLike

    from ..value import Value
    from .film import Film
    from .graph import Graph

SCRIPTS = ("player.js", "code.js", "questions.js", "quiz.js")
"""The files of the script. The first makes `player`, which the others use."""

STYLES = ("player.css", "code.css", "quiz.css")
"""The files of the style."""


def play(loss: Value, model: Any = None, quiz: bool = False) -> Player:
    """Backpropagation as a film: forward and backward through the graph, one operation at a time.

        microgd.play(loss).save("loss.html")      # or .show(), which opens a browser

    loss   the root of the graph. backward() need not have run
    model  if the Module is given, its parameters have their full names
    quiz   whether the page asks for the numbers of the backward pass from the start. A button does so, too

    What was made inside of `microgd.lines()` has its code beside the picture. With more than about 150
    values, it goes neuron by neuron, or layer by layer.
    """
    return Player(read(one_value(loss), model), quiz)


class Player:
    """A film of a graph. In a notebook it shows itself.

    film  the plain description: boxes, edges, frames
    """

    def __init__(self, graph: Graph, quiz: bool = False) -> None:
        self._graph = graph
        self._quiz = quiz
        self.film = film(graph)

    @cached_property
    def html(self) -> str:
        """The page."""
        try:
            svg = picture(self.film)
        except NotInstalledError as error:
            raise NotInstalledError(f"{error}\n\n{text_tree(self._graph, rows=60)}") from None
        return _page(self.film, svg, self._quiz)

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


# --- the page ----------------------------------------------------------------------------------------


def _page(film: Film, svg: str, quiz: bool) -> str:
    parts = resources.files(__package__)
    style = "".join(parts.joinpath(name).read_text(encoding="utf-8") for name in STYLES)
    script = "".join(parts.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS)
    places = {
        "title": escape(clean(film.title)),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "svg": svg,
        "film": _data(film, quiz),
        "notes": "\n  ".join(f'<p class="warning">{escape(note)}</p>' for note in film.notes),
    }
    page = parts.joinpath("player.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda place: places[place[1]], page)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data(film: Film, quiz: bool) -> str:
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
        "quiz": {"on": quiz, "texts": texts()},
    }
    code = listing(place for actor in film.actors for place in actor.places)
    if code.at:
        data["code"] = {"rows": code.rows, "of": [code.of(actor.places) for actor in film.actors]}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
