"""`play`: the film of a loss as one HTML file that needs nothing else.

Its parts are files beside this one: player.html is the frame, and the files ending in .css and .js are its
style and its behaviour. The first script, player.js, runs the others, which come packed with the film. The
page loads and runs nothing else: its content security policy names style and scripts by their hashes.
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

from ..jit.javascript import library
from . import smaller
from .code import listing
from .descent import descent
from .film import planned, told
from .graph import one_value, read
from .live import NotLiveError, live
from .pack import packed
from .quiz import texts
from .stage import picture
from .target import PAGE, kind_of
from .words import clean, escape

if TYPE_CHECKING:
    from os import PathLike

    from ..value import Value
    from .descent import Descent
    from .film import Film
    from .graph import Graph
    from .live import Live

STYLES = ("page.css", "player.css", "quiz.css")
"""The files of the style."""

LIVE = ("live.js", "leaf.js", "descend.js")
"""The scripts of a film that its page computes. The first makes `live`."""

QUIZ = ("questions.js", "quiz.js")
"""They come last: what they ask about is the film as it is told by then."""

LONGEST = 280_000
"""Of a longer film, in characters, the page would be larger than 200 KB."""

DIGITS = 10
"""The longest of usual numbers, as -1.234e-10: the boxes of a film whose numbers change have space for it."""


def play(loss: Value, model: Any = None, optimizer: Any = None, quiz: bool = False) -> Player:
    """Backpropagation as a film: forward and backward through the graph, one operation at a time.

        microgd.play(loss).save("loss.html")      # or .show(), which opens a browser

    loss       the root of the graph. backward() need not have run
    model      if the Module is given, its parameters have their full names
    optimizer  one of microgd.optim: the page's steps downhill are its steps. Without it they are those of
               gradient descent, for all parameters
    quiz       whether the page asks for the numbers of the backward pass. A button in it does so, too

    With more than about 150 values, it goes neuron by neuron, or layer by layer. In the page, a leaf can be
    dragged: all values and gradients are computed again. What was made inside of `microgd.lines()` has its
    code beside the picture.
    """
    return Player(read(one_value(loss), model), optimizer, quiz)


class Player:
    """A film of a graph. In a notebook it shows itself.

    film     the plain description: boxes, edges, frames
    live     what the page computes with; None if it does not compute
    descent  the steps downhill of such a page
    why      else, why its numbers cannot be changed, as a sentence
    quiz     whether the page begins with the quiz
    """

    def __init__(self, graph: Graph, optimizer: Any = None, quiz: bool = False) -> None:
        self.quiz = quiz
        graph, folded = planned(graph)
        self.film = told(graph, folded)
        self.live: Live | None = None
        self.descent: Descent | None = None
        self.why = ""
        try:
            made = live(graph, folded)
            if len(_as_json(_data(made.film))) > LONGEST:
                raise NotLiveError("its page would be larger than 200 KB")
            self.live = made
        except NotLiveError as reason:
            self.why = f"The numbers of this film cannot be changed: {reason}."
        else:
            self.descent = descent(graph, self.live.place, self.live.given, optimizer)

    @cached_property
    def html(self) -> str:
        """The page."""
        return _page(self, picture(self.film, DIGITS if self.live else 0))

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the page to a file that ends in .html."""
        target = Path(path)
        kind_of(target, PAGE)
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


def _page(player: Player, svg: str) -> str:
    film, live, descent = player.film, player.live, player.descent
    style, own = "".join(map(_part, STYLES)), ""
    others: list[str] = []
    kind, panel, data = "", "", _data(live.film if live else film)
    data["quiz"] = {"on": player.quiz, "texts": texts()}
    if live and descent:
        kind, panel = "computes", _part("live.html")
        rules = ",\n".join(live.rules)
        updates = ",\n".join(f"(() => {{\n{text}return bind;\n}})()" for text in descent.scripts)
        own = f"{library(rules)}const rules = [{rules}];\nconst updates = [{updates}];\n"
        others += LIVE
        data |= {"live": live.data(), "descent": descent.data()}
    elif player.why:
        panel = f'  <p class="note">{escape(player.why)}</p>\n'
    code = listing(place for actor in film.actors for place in actor.places)
    if code.at:
        data["code"] = {"rows": code.rows, "of": [code.of(actor.places) for actor in film.actors]}
        style += _part("code.css")
        others.append("code.js")
    style, script = smaller.style(style), smaller.script(_part("player.js"))
    rest = '"use strict";\n' + smaller.script(own + "".join(map(_part, [*others, *QUIZ])))
    places = {
        "title": escape(clean(film.title)),
        "kind": kind,
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "rest_hash": _hash(rest),
        "live": panel,
        "film": packed("\ue106".join([svg, _as_json(data), rest])),
        "notes": "\n  ".join(f'<p class="warning">{escape(note)}</p>' for note in film.notes),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: places[place[1]], _part("player.html"))


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data(film: Film) -> dict[str, Any]:
    """The film as data for the script."""

    def plain(x: float) -> float | str:
        """A number; of a film that is computed in its page, what it is the sum of."""
        if mark := getattr(x, "mark", ""):
            return str(mark)
        return float(f"{x:.6g}") if math.isfinite(x) else str(x)

    return {
        "born": [actor.born for actor in film.actors],
        "grads": [[[at, plain(x)] for at, x in a.grads] for a in film.actors],
        "ways": [[way.tail, way.head, way.frame, plain(way.flow)] for way in film.ways],
        "frames": [
            [
                int(frame.backward),
                frame.box,
                frame.said,
                [
                    [x.what, x.formula, plain(x.value), x.note, x.edge, *filter(None, [x.reason])]
                    for x in frame.lines
                ],
            ]
            for frame in film.frames
        ],
    }


def _as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
