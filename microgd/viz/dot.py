"""The printer to DOT, the language of Graphviz: a `Picture` in, a `graphviz.Digraph` out.

`layout` says where everything stands, and Graphviz draws it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .colours import FAINT, FRAME_BORDERS, FRAME_PAPERS, GREY, INK, PAPER, RED, hue, mix
from .labels import captions, label, text
from .layout import MARGIN, Frame, Item, Link, curve, place
from .measure import Label, measure
from .model import Box
from .render import MISSING, NotInstalledError

if TYPE_CHECKING:
    from .layout import Layout
    from .model import Card, Edge, Group, HeatMap, Matrix, Picture

FONT = "Helvetica"

PAGE = 1500.0
"""Long loops are broken into rows of about that width, in points."""

ARROW_SIZE = "0.55"
ARROW = 10.0
"""The length of an arrow's tip of size 1."""


def arranged(picture: Picture) -> Arranged:
    """Where everything of a picture stands, and how large it is."""
    labels = {box.id: Label(label(box), 12) for box in picture.boxes}
    for group in picture.groups:
        labels[f"title {group.id}"] = _title(group)
    labels["captions"] = Label(captions(picture), 12)
    measured = measure(FONT, labels)
    items = [Item(box.id, *measured.sizes[box.id], box.group) for box in picture.boxes]
    links = [Link(e.tail, e.head, measured.ports.get((e.head, e.port))) for e in picture.edges]
    titles = {group.id: measured.sizes[f"title {group.id}"] for group in picture.groups}
    frames = [Frame(g.id, g.parent, titles[g.id][0] + 2 * MARGIN, g.turn) for g in picture.groups]
    return Arranged(place(items, links, frames, PAGE), titles, measured.texts)


class Arranged(NamedTuple):
    """The layout in points, the sizes of the titles of frames, and the widths of texts."""

    layout: Layout
    titles: dict[str, tuple[float, float]]
    texts: dict[tuple[str, float, bool], float]


def digraph(picture: Picture, prefix: str = "", found: Arranged | None = None) -> Any:
    """The DOT source of a picture; `prefix` begins all ids of the SVG.

    With what `arranged` has found, everything has its place in it, and Graphviz only draws.
    """
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
        edge_attr={"arrowsize": ARROW_SIZE, "color": FAINT, "penwidth": "0.9", "tooltip": " "},
    )
    graph.attr(label=f"<{captions(picture)}>")
    printer = _Printer(picture, prefix, found)
    if found is not None:
        graph.attr(layout="nop2", bb=f"0,0,{found.layout.width:.1f},{found.layout.height:.1f}")
    printer.frame(graph, "", 0)
    printer.edges(graph)
    return graph


class _Printer:
    """Prints the boxes, the frames and the edges, each at its place if it has one."""

    def __init__(self, picture: Picture, prefix: str, found: Arranged | None) -> None:
        self.picture = picture
        self.prefix = prefix
        self.found = found
        self.boxes = {box.id: box for box in picture.boxes}
        self.groups = {group.id: at for at, group in enumerate(picture.groups)}
        self.uses = found.layout.uses if found else {name: name for name in self.groups}
        self.numbers = {name: at for at, name in enumerate(self.uses)}
        if found:
            inside = found.layout.inside
        else:
            inside = {g.id: g.parent for g in picture.groups} | {b.id: b.group for b in picture.boxes}
        self.members: dict[str, list[str]] = {}
        for name, frame in inside.items():
            self.members.setdefault(frame, []).append(name)

    def frame(self, graph: Any, inside: str, depth: int) -> None:
        """What is directly inside a frame. (Frames nest as deep as modules do.)"""
        for name in self.members.get(inside, ()):
            if name in self.boxes:
                self.box(graph, self.boxes[name])
                continue
            group = self.picture.groups[self.groups[self.uses[name]]]
            with graph.subgraph(name=f"cluster_{self.numbers[name]}") as sub:
                place = self.bounds(name) if self.found else {}
                sub.attr(**_frame_style(group, depth), **place, id=f"{self.prefix}g{self.numbers[name]}")
                self.frame(sub, name, depth + 1)

    def box(self, graph: Any, box: Box | Card | HeatMap | Matrix) -> None:
        """One box."""
        hint = box.hint if isinstance(box, Box) else box.title
        hint = hint.replace("\\", "\\\\").replace("&", "&amp;")  # Graphviz reads both here too
        place = {}
        if self.found:
            rect = self.found.layout.boxes[box.id]
            place["pos"] = self.point(rect.x + rect.width / 2, rect.y + rect.height / 2)
        graph.node(box.id, label=f"<{label(box)}>", id=f"{self.prefix}{box.id}", tooltip=hint, **place)

    def edges(self, graph: Any) -> None:
        """All edges."""
        for at, edge in enumerate(self.picture.edges):
            style = _line(edge)
            ends = f"{edge.tail}:e", f"{edge.head}:{edge.port}:w" if edge.port else edge.head
            if self.found:  # the port is in the curve; and Graphviz is slow to find it
                ends = edge.tail, edge.head
                style["pos"] = self.spline(at, ARROW * float(style.get("arrowsize", ARROW_SIZE)))
            graph.edge(*ends, id=f"{self.prefix}e{at}", **style)

    # --- places: Graphviz's y grows upwards ---

    def point(self, x: float, y: float) -> str:
        """A point."""
        assert self.found is not None
        return f"{x:.2f},{self.found.layout.height - y:.2f}"

    def bounds(self, name: str) -> dict[str, str]:
        """The rectangle of a frame, and the middle of its title."""
        assert self.found is not None
        x, y, width, height = self.found.layout.frames[name]
        wide, high = self.found.titles[self.uses[name]]
        return {
            "bb": f"{self.point(x, y + height)},{self.point(x + width, y)}",
            "lp": self.point(x + MARGIN + wide / 2, y + 3 + high / 2),
        }

    def spline(self, edge: int, tip: float) -> str:
        """The curve of an edge, which ends where its tip begins."""
        assert self.found is not None
        points = self.found.layout.edges[edge]
        (x, y) = points[-1]
        bends = curve([*points[:-1], (x - tip, y)])
        return f"e,{self.point(x, y)} " + " ".join(self.point(*bend) for bend in bends)


def _title(group: Group) -> Label:
    """The title of a frame."""
    title = text(group.title) or " "
    return Label(f"<B>{title}</B>", 11) if group.module else Label(title, 10)


def _frame_style(group: Group, depth: int) -> dict[str, str]:
    title = _title(group)
    return {
        "label": f"<{title.label}>",
        "style": "rounded,filled",
        "fillcolor": FRAME_PAPERS[depth % 2],
        "color": FRAME_BORDERS[group.module],
        "fontcolor": GREY,
        "fontsize": str(title.size),
        "labeljust": "l",
        "labelloc": "t",
        "margin": "10",
        "tooltip": " ",
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
