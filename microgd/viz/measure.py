"""How large Graphviz draws things: boxes, the heights of their ports, and texts.

Only Graphviz knows the sizes of HTML-like labels. It is asked once, before anything is placed.
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from .render import render

if TYPE_CHECKING:
    from collections.abc import Iterable

FAR = 5000
"""The labels are so far apart that none is upon another."""

MARK = "#0badad"
"""A cell with a port is painted in this colour while it is measured, so that it is found again."""


PORT = re.compile(r'PORT="(\w+)"')


class Label(NamedTuple):
    """An HTML-like label in a size."""

    label: str
    size: int


class Measured(NamedTuple):
    """Everything in points.

    sizes  the width and height of each label
    ports  how far below the top of its box each port is
    texts  the width of each text, by the text, its size, and whether it is bold
    """

    sizes: dict[str, tuple[float, float]]
    ports: dict[tuple[str, str], float]
    texts: dict[tuple[str, float, bool], float]


def measure(font: str, labels: dict[str, Label]) -> Measured:
    """Measure labels, by their ids, and all ports in them."""
    lines = [f"digraph {{ graph [layout=nop2] node [shape=plain fontname={font}]"]
    for at, (name, (label, size)) in enumerate(labels.items()):
        marked = PORT.sub(f'BGCOLOR="{MARK}"', label)
        lines.append(f'"{name}" [label=<{marked}> fontsize={size} pos="0,{at * FAR}"]')
    found = Measured({}, {}, {})
    for thing in json.loads(render("\n".join([*lines, "}"]), "json"))["objects"]:
        name = thing["name"]
        width, height = 72 * float(thing["width"]), 72 * float(thing["height"])
        found.sizes[name] = width, height
        top = float(thing["pos"].partition(",")[2]) + height / 2
        cells = _marked_cells(thing.get("_ldraw_", ()))
        for port, (low, high) in zip(PORT.findall(labels[name].label), cells, strict=True):
            found.ports[name, port] = top - (low + high) / 2
        _note_texts(thing.get("_ldraw_", ()), found.texts)
    return found


def _marked_cells(drawing: Iterable[Any]) -> list[tuple[float, float]]:
    """The lower and the upper side of each cell in the colour MARK: C sets the colour, P paints a polygon."""
    colour, cells = "", []
    for operation in drawing:
        if operation["op"] == "C":
            colour = operation["color"]
        elif operation["op"] == "P" and colour == MARK:
            heights = [y for _, y in operation["points"]]
            cells.append((min(heights), max(heights)))
    return cells


def _note_texts(drawing: Iterable[Any], texts: dict[tuple[str, float, bool], float]) -> None:
    """The texts among the operations of a drawing: F sets the font, t its style, T draws."""
    size, bold = 0.0, False
    for operation in drawing:
        if operation["op"] == "F":
            size = operation["size"]
        elif operation["op"] == "t":
            bold = bool(operation["fontchar"] & 1)
        elif operation["op"] == "T":
            texts[operation["text"].replace("\xa0", " "), size, bold] = operation["width"]


def with_widths(svg: str, texts: dict[tuple[str, float, bool], float]) -> str:
    """SVG in which each text is as wide as it was measured, whatever font a reader's machine has."""

    def fixed(found: re.Match[str]) -> str:
        attributes, words = found[1], html.unescape(found[2]).replace("\xa0", " ")
        size = re.search(r'font-size="([0-9.]+)"', attributes)
        bold = 'font-weight="bold"' in attributes
        width = texts.get((words, float(size[1]), bold)) if size and words.strip() else None
        if width is None:
            return found[0]
        fit = f'textLength="{width:g}" lengthAdjust="spacingAndGlyphs"'
        if "xml:space" not in attributes:  # an older Graphviz does not say that spaces count
            fit += ' xml:space="preserve"'
        return f"<text {fit} {attributes}>{found[2]}</text>"

    return re.sub(r"<text ([^>]*)>([^<]*)</text>", fixed, svg)
