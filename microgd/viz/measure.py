"""How large Graphviz draws things: boxes, the heights at which their rows begin, and texts.

Only Graphviz knows the sizes of HTML-like labels. It is asked once, before anything is placed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from .render import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FAR = 5000
"""Each port has an edge from a point so far to the left: the edge ends where the port is."""


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


def measure(font: str, labels: dict[str, Label], ports: Sequence[tuple[str, str]]) -> Measured:
    """Measure labels, by their ids, and the ports in them."""
    lines = [
        "digraph {",
        f"graph [layout=nop2 splines=line] node [shape=plain fontname={font}] edge [arrowhead=none]",
        f'o [shape=point width=0 height=0 pos="-{FAR},0"]',
    ]
    for at, (name, (label, size)) in enumerate(labels.items()):
        lines.append(f'"n{name}" [label=<{label}> fontsize={size} pos="0,{at * FAR}"]')
    lines += [f'o -> "n{name}":"{port}":w [id={at}]' for at, (name, port) in enumerate(ports)]
    drawn = json.loads(render("\n".join([*lines, "}"]), "json"))
    sizes, middles = {}, {}
    texts: dict[tuple[str, float, bool], float] = {}
    for thing in drawn["objects"]:
        name = thing["name"][1:]
        sizes[name] = 72 * float(thing["width"]), 72 * float(thing["height"])
        middles[name] = float(thing["pos"].partition(",")[2])
        _note_texts(thing.get("_ldraw_", ()), texts)
    found = {}
    for edge in drawn.get("edges", ()):
        name, port = ports[int(edge["id"])]
        end = float(edge["pos"].rpartition(",")[2])
        found[name, port] = sizes[name][1] / 2 - (end - middles[name])
    return Measured(sizes, found, texts)


def _note_texts(drawing: Iterable[Any], texts: dict[tuple[str, float, bool], float]) -> None:
    """The texts among the operations of a drawing: F sets the font, t its style, T draws."""
    size, bold = 0.0, False
    for operation in drawing:
        if operation["op"] == "F":
            size = operation["size"]
        elif operation["op"] == "t":
            bold = bool(operation["fontchar"] & 1)
        elif operation["op"] == "T":
            texts[operation["text"], size, bold] = operation["width"]
