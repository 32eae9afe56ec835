"""The printer to DOT, the language of Graphviz: a `Picture` in, a `graphviz.Digraph` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .colours import FAINT, FRAME_BORDERS, FRAME_PAPERS, GREY, INK, PAPER, RED, hue, mix
from .labels import captions, label, text
from .model import Box
from .render import MISSING, NotInstalledError

if TYPE_CHECKING:
    from .model import Edge, Group, Picture

FONT = "Helvetica"

MANY_EDGES = 400
HURRY = {"splines": "line", "nslimit": "1", "nslimit1": "1", "mclimit": "0.1", "searchsize": "5"}
"""For very many edges: straight lines, and fewer rounds of making it tidier."""


def digraph(picture: Picture, prefix: str = "") -> Any:
    """The DOT source of a picture; `prefix` begins all ids of the SVG."""
    try:
        import graphviz
    except ImportError as error:
        raise NotInstalledError(MISSING) from error
    graph = graphviz.Digraph(
        graph_attr={
            "rankdir": "LR",
            "id": f"{prefix}graph",
            "fontname": FONT,
            "fontcolor": GREY,
            "labeljust": "l",
            "labelloc": "b",
            "nodesep": "0.16",
            "ranksep": "0.42",
            "pad": "0.25",
            "bgcolor": PAPER,
            "tooltip": " ",
        },
        node_attr={"shape": "plain", "fontname": FONT, "fontsize": "12", "fontcolor": INK},
        edge_attr={"arrowsize": "0.55", "color": FAINT, "penwidth": "0.9", "tooltip": " "},
    )
    if len(picture.edges) > MANY_EDGES:
        graph.attr(**HURRY)
    graph.attr(label=f"<{captions(picture)}>")
    _frame(graph, picture, "", 0, prefix)
    for at, edge in enumerate(picture.edges):
        ends = f"{edge.tail}:e", f"{edge.head}:{edge.port}:w" if edge.port else edge.head
        graph.edge(*ends, id=f"{prefix}e{at}", **_line(edge))
    return graph


def _frame(graph: Any, picture: Picture, inside: str, depth: int, prefix: str) -> None:
    """The boxes and the frames directly inside a frame. (Frames nest as deep as modules do.)

    Frames come before boxes that are in no frame, and the last frame comes first. Graphviz fills a column
    from the bottom: so the first neuron is mostly at the top, and the inputs are beside each other.
    """
    for at, group in reversed(list(enumerate(picture.groups))):
        if group.parent == inside:
            with graph.subgraph(name=f"cluster_{at}") as sub:
                sub.attr(**_frame_style(group, depth), id=f"{prefix}g{at}", tooltip=" ")
                _frame(sub, picture, group.id, depth + 1, prefix)
    for box in picture.boxes:
        if box.group == inside:
            hint = box.hint if isinstance(box, Box) else box.title
            hint = hint.replace("\\", "\\\\")  # Graphviz reads backslashes here too
            graph.node(box.id, label=f"<{label(box)}>", id=f"{prefix}{box.id}", tooltip=hint)


def _frame_style(group: Group, depth: int) -> dict[str, str]:
    title = text(group.title) or " "
    return {
        "label": f"<<B>{title}</B>>" if group.module else f"<{title}>",
        "style": "rounded,filled",
        "fillcolor": FRAME_PAPERS[depth % 2],
        "color": FRAME_BORDERS[group.module],
        "fontcolor": GREY,
        "fontsize": "11" if group.module else "10",
        "labeljust": "l",
        "labelloc": "t",
        "margin": "10",
    }


def _line(edge: Edge) -> dict[str, str]:
    """Colour, dashes and width of an edge: they show the gradient that flows back along it."""
    tone = edge.tone
    if edge.broad:
        return {"penwidth": "3", "arrowsize": "0.8"}
    if tone is None:
        return {}
    if tone.broken:
        return {"color": RED, "penwidth": "2.5"}
    style = {"color": mix(FAINT, hue(tone), min(1.0, 1.5 * tone.strength))}
    style["penwidth"] = f"{0.9 + 2.1 * tone.strength:.2f}"
    if tone.value < 0.0:
        style["style"] = "dashed"
    return style
