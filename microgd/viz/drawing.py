"""`draw`, and what it returns."""

from __future__ import annotations

import base64
import functools
import hashlib
import itertools
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cards import TALLEST, neurons_level, tallest
from .colours import night
from .dot import arranged, digraph
from .fold import fold
from .graph import MOST_TERMS, OP, one_value, read
from .layers import layers_level
from .measure import with_widths
from .model import ops_level
from .render import NotInstalledError, render
from .target import PICTURE, kind_of
from .text import text_tree
from .time_steps import in_steps
from .words import escape

if TYPE_CHECKING:
    from os import PathLike

    from ..value import Value
    from .dot import Arranged
    from .graph import Graph
    from .layout import Layout
    from .model import Picture

LEVELS = ("ops", "neurons", "layers")
MOST_VALUES = 150
"""Without modules, every operation is a box by default up to so many values ..."""

MOST_COLUMNS = 40
"""... unless there is a loop, and more operations than that follow each other: nobody can read such a row."""

MOST_BOXES = 60
"""The most boxes and cards that are drawn by default if there are modules."""

MOST_BESIDE_LAYERS = 24
"""The most operations that are drawn by default if a layer is at work: its neurons are clearer as cards."""

DPI = 144
LARGEST = 60
"""The longest side of a PNG in inches; larger pictures are scaled down to it."""
FIRST_MISSING = 0x2E80
"""Letters of Chinese, Japanese and Korean, and emoji begin here: the program has no font of them."""

_shown = itertools.count(1)


def draw(loss: Value, model: Any = None, level: str | None = None) -> Drawing:
    """The graph of a loss as a picture.

        loss.backward()
        microgd.draw(loss, model).save("loss.svg")

    loss   the Value to draw. Draw it after backward(), to see gradients, and before optimizer.step(), so
           that values and gradients belong together
    model  if the Module is given, its parameters have their full names
    level  "ops" (a box for each operation), "neurons" (a card for each neuron) or "layers" (a heat map
           for each layer). By default, the size of the graph decides

    The picture does not change when the graph changes later.
    """
    loss = one_value(loss)
    if level is not None and level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}, or None; got {level!r}")
    graph = read(loss, model)
    return Drawing(graph, _picture(graph, level))


def _picture(graph: Graph, level: str | None) -> Picture:
    """The picture at a level, or at the finest one that still reads well."""
    if level == "ops" or (level is None and _reads_well(graph)):
        return ops_level(in_steps(graph))
    neurons = sum(step.weighs for step in graph.steps)
    graph = in_steps(graph) if neurons else graph
    if level == "neurons" or (level is None and neurons <= MOST_BOXES):
        folded = fold(graph, layers=False, loops=True)
        most = MOST_BOXES if neurons else MOST_VALUES
        wide = tallest(folded) > TALLEST or any(part.heads for part in folded.parts)
        if level == "neurons" or (not wide and len(folded.parts) <= most):
            return neurons_level(graph, folded)
    return layers_level(graph)


def _reads_well(graph: Graph) -> bool:
    """Whether a box for each operation is the clearest picture of a graph."""
    if any(step.weighs and step.path for step in graph.steps):
        return boxes(graph) <= MOST_BESIDE_LAYERS
    if any(step.kind == OP and step.path and not step.path[-1].endswith("Loss") for step in graph.steps):
        return boxes(graph) <= MOST_BOXES
    if boxes(graph) > MOST_VALUES:
        return False
    long = columns(graph) > MOST_COLUMNS
    return not (long and any(part.loop for part in fold(graph, layers=False, loops=True).parts))


def columns(graph: Graph) -> int:
    """How many operations follow each other on the longest way to the loss."""
    depths = [0] * len(graph.steps)
    for step in graph.steps:
        depths[step.number] = max((depths[x.number] + 1 for x in step.operands), default=0)
    return depths[-1]


def boxes(graph: Graph) -> int:
    """How many boxes the ops level would draw."""
    return len(graph.steps) + sum(s.width for s in graph.steps if s.op == "dot" and s.width <= MOST_TERMS)


class Drawing:
    """A picture of a graph. In a notebook it shows itself.

    picture  the plain description: boxes, ports, edges, groups, captions
    """

    def __init__(self, graph: Graph, picture: Picture) -> None:
        self._graph = graph
        self.picture = picture

    @functools.cached_property
    def digraph(self) -> Any:
        """The picture as a `graphviz.Digraph`, to be changed or rendered by hand.

        Everything has its place in it. If Graphviz's program is missing it has none, because only that
        program knows how wide texts are.
        """
        try:
            return digraph(self.picture, self.prefix, self._arranged)
        except NotInstalledError:
            return digraph(self.picture, self.prefix)

    @property
    def layout(self) -> Layout:
        """Where everything stands, in points: boxes and frames by their ids, and the edges."""
        return self._arranged.layout

    @functools.cached_property
    def _arranged(self) -> Arranged:
        return arranged(self.picture)

    @functools.cached_property
    def prefix(self) -> str:
        """The beginning of all ids of the SVG. It is a digest, so that two pictures may be on one page."""
        source = digraph(self.picture).source
        return f"mgd_{hashlib.sha256(source.encode()).hexdigest()[:8]}_"

    def svg(self) -> str:
        """The picture as SVG."""
        return self._svg

    @functools.cached_property
    def _svg(self) -> str:
        svg = self._render("svg").decode()
        return with_widths(_dressed(svg, self.picture, self.prefix), self._arranged.texts)

    def png(self) -> bytes:
        """The picture as PNG. It has no glyphs for Chinese, Japanese, Korean and emoji: SVG has.

        A page or a viewer that shows SVG uses the fonts of the reader's machine.
        """
        words = itertools.chain((step.name for step in self._graph.steps), self._graph.titles.values())
        missing = "".join(sorted({c for word in words for c in word if ord(c) >= FIRST_MISSING}))
        if missing:
            warnings.warn(f"a PNG may show empty boxes for {missing[:20]}: an .svg shows them", stacklevel=2)
        return self._render("png", f"-Gdpi={DPI}", f"-Gsize={LARGEST},{LARGEST}")

    def _render(self, kind: str, *options: str) -> bytes:
        try:
            return render(self.digraph.source, kind, *options)
        except NotInstalledError as error:
            raise NotInstalledError(f"{error}\n\n{text_tree(self._graph, rows=60)}") from None

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture to a file. The suffix says how: .svg, .png, .dot, or .html for the film."""
        target = Path(path)
        kind = kind_of(target, PICTURE)
        if kind == ".svg":
            target.write_text(self.svg(), encoding="utf-8")
        elif kind == ".png":
            target.write_bytes(self.png())
        elif kind == ".dot":
            target.write_text(self.digraph.source, encoding="utf-8")
        else:
            from .player import Player

            Player(self._graph).save(target)
        return target

    def tree(self) -> str:
        """The same graph as text."""
        return text_tree(self._graph)

    def _repr_svg_(self) -> str | None:
        """For notebooks. Ids get a new number each time, because a page may show one picture twice."""
        try:
            return _fitted(self.svg()).replace(self.prefix, f"mgd{next(_shown)}_")
        except Exception:
            return None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """For notebooks: the picture. If it cannot be made: the reason, and the text tree."""
        svg = self._repr_svg_()
        try:
            text = repr(self) if svg else self._explained()
        except Exception as error:
            text = f"<Drawing that cannot be shown: {type(error).__name__}>"
        bundle = {"text/plain": text}
        if svg:
            bundle["image/svg+xml"] = svg
            bundle["text/html"] = _image(svg, self.picture)
        return bundle

    def _explained(self) -> str:
        try:
            self.svg()
        except NotInstalledError as error:
            return str(error)
        except Exception as error:
            return f"{error}\n\n{self.tree()}"
        return repr(self)

    def __repr__(self) -> str:
        boxes, edges = len(self.picture.boxes), len(self.picture.edges)
        return f"<Drawing: level {self.picture.level}, {boxes} boxes, {edges} edges>"


def _dressed(svg: str, picture: Picture, prefix: str) -> str:
    """SVG for the web: with a title, with dark colours too, and without internal names as tooltips."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<title>[^<]*</title>\n?", "", svg)
    title = _in_words(picture)
    style = night(svg, f"{prefix}graph")
    head = f"\n<title>{title}</title>\n<style>{style}</style>\n<g "
    return svg.replace("\n<g ", head, 1).replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def _in_words(picture: Picture) -> str:
    """A picture for those who do not see it; escaped."""
    said = "   ·   ".join([*picture.captions[:1], *picture.warnings])
    return escape(" ".join(said.split()) or "the graph of a loss")


def _image(svg: str, picture: Picture) -> str:
    """SVG as an image with alternative text: pages that notebooks are converted to add none to SVG itself."""
    data = base64.b64encode(svg.encode()).decode()
    style = re.search(r'\bstyle="max-width:[^"]*"', svg)
    return (
        f'<img alt="The graph of a loss: {_in_words(picture)}" src="data:image/svg+xml;base64,{data}"'
        f' width="100%" {style[0] if style else ""}>'
    )


def _fitted(svg: str) -> str:
    """SVG for a page: as wide as the page, and not wider than it was drawn."""
    width = re.search(r'<svg [^>]*?\bwidth="([0-9.]+)pt"', svg)
    if width is None:
        return svg
    pixels = round(float(width[1]) * 96 / 72)
    size = f'width="100%" style="max-width:{pixels}px;height:auto"'
    return re.sub(r'\bwidth="[^"]*" height="[^"]*"', size, svg, count=1)
