"""The printer to DOT, the language of Graphviz: a `Picture` in, a `graphviz.Digraph` out.

All text is in HTML-like labels, whose only special characters are those of HTML, and the backslash:
Graphviz reads \\N even there, so it is doubled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .graph import CONSTANT, INPUT, OP, PARAMETER
from .model import Box, Edge, Group, Picture, Tone
from .words import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

FONT = "Helvetica"
INK, GREY, FAINT, PAPER = "#0f172a", "#64748b", "#94a3b8", "#ffffff"
BLUE, ORANGE, RED = "#1d4ed8", "#c2410c", "#e60026"
PARAMETER_BORDER = "#3b82f6"
PORT_HEIGHT, ROW_HEIGHT = 17, 19
FRAMES = ("#f8fafc", "#f1f5f9", "#f8fafc", "#f1f5f9")


def digraph(picture: Picture, prefix: str = "") -> Any:
    """The DOT source of a picture; `prefix` begins all ids of the SVG."""
    import graphviz

    graph = graphviz.Digraph(
        graph_attr={
            "rankdir": "LR",
            "id": f"{prefix}graph",
            "fontname": FONT,
            "fontsize": "11",
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
    if picture.captions or picture.warnings:
        graph.attr(label=_captions(picture))
    _frame(graph, picture, "", 0, prefix)
    for number, edge in enumerate(picture.edges):
        ends = f"{edge.tail}:e", f"{edge.head}:i{edge.port}:w"
        graph.edge(*ends, id=f"{prefix}e{number}", **_line(edge))
    return graph


def text(words: str) -> str:
    """Words as they stand in an HTML-like label."""
    return escape(words).replace("\\", "\\\\")


def _captions(picture: Picture) -> str:
    lines = [text(line) for line in picture.captions]
    lines += [f'<FONT COLOR="{ORANGE}"><B>{text(line)}</B></FONT>' for line in picture.warnings]
    rows = "".join(f'<TR><TD ALIGN="LEFT">{line}</TD></TR>' for line in lines)
    return f"<{_table(rows, 1)}>"


def _frame(graph: Any, picture: Picture, inside: str, depth: int, prefix: str) -> None:
    """The boxes and the frames directly inside a frame. (Frames nest as deep as modules do.)

    Frames come before loose boxes, the last frame first: Graphviz fills a column from the bottom, and
    so the first neuron mostly ends at the top, and the inputs beside each other.
    """
    for number, group in reversed(list(enumerate(picture.groups))):
        if group.parent == inside:
            with graph.subgraph(name=f"cluster_{number}") as sub:
                sub.attr(**_frame_style(group, depth), id=f"{prefix}g{number}", tooltip=" ")
                _frame(sub, picture, group.id, depth + 1, prefix)
    for box in picture.boxes:
        if box.group == inside:
            hint = box.hint.replace("\\", "\\\\")  # read outside of HTML too
            graph.node(box.id, label=f"<{_box(box)}>", id=f"{prefix}{box.id}", tooltip=hint)


def _frame_style(group: Group, depth: int) -> dict[str, str]:
    title = text(group.title)
    return {
        "label": f"<<B>{title}</B>>" if group.module else f"<{title}>",
        "style": "rounded,filled",
        "fillcolor": FRAMES[depth % len(FRAMES)],
        "color": "#e2e8f0" if group.module else "#cbd5e1",
        "fontcolor": GREY,
        "fontsize": "11" if group.module else "10",
        "labeljust": "l",
        "labelloc": "t",
        "margin": "10",
    }


def _box(box: Box) -> str:
    if box.kind == CONSTANT:
        return (
            f'<TABLE BORDER="1" STYLE="DASHED" COLOR="{FAINT}" BGCOLOR="{PAPER}" CELLBORDER="0"'
            f' CELLSPACING="0" CELLPADDING="3"><TR><TD><FONT COLOR="{GREY}">{text(box.data)}</FONT>'
            "</TD></TR></TABLE>"
        )
    cells = []
    if box.ports:
        ports = "".join(
            f'<TR><TD PORT="i{i}" ALIGN="LEFT" HEIGHT="16"><FONT POINT-SIZE="9" COLOR="{GREY}">'
            f"{text(port) or ' '} </FONT></TD></TR>"
            for i, port in enumerate(box.ports)
        )
        cells.append(f"<TD>{_table(ports, 2)}</TD>")
    if box.glyph:
        cells.append(f'<TD> <FONT POINT-SIZE="14">{text(box.glyph)}</FONT> </TD>')
    if box.name:
        paper = {PARAMETER: ' BGCOLOR="#dbeafe"', INPUT: ' BGCOLOR="#f1f5f9"'}.get(box.kind, "")
        cells.append(f'<TD{paper} CELLPADDING="5"><B>{text(box.name)}</B></TD>')
    rows = [_number("data", box.data, box.data_tone)]
    if box.grad is not None:
        rows.append(_number("grad", box.grad, box.tone))
    spare = PORT_HEIGHT * len(box.ports) - ROW_HEIGHT * len(rows)
    if spare > 0:  # else the rows would stretch to the height of the ports
        blank = f'<TR><TD HEIGHT="{spare // 2}" FIXEDSIZE="FALSE"></TD></TR>'
        rows = [blank, *rows, blank]
    cells.append(f'<TD CELLPADDING="3">{_table("".join(rows), 2)}</TD>')
    border, colour = (3, INK) if box.is_loss else (1, FAINT)
    if box.kind == PARAMETER:
        border, colour = 2, PARAMETER_BORDER
    rounded = ' STYLE="ROUNDED"' if box.kind == OP else ""
    return (
        f'<TABLE BORDER="{border}"{rounded} COLOR="{colour}" BGCOLOR="{PAPER}" CELLBORDER="0"'
        f' CELLSPACING="0" CELLPADDING="1"><TR>{"".join(cells)}</TR></TABLE>'
    )


def _table(rows: str, padding: int) -> str:
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{padding}">{rows}</TABLE>'


def _number(what: str, value: str, tone: Tone | None) -> str:
    paper, ink, small = "", INK, GREY
    if tone is not None:
        colour = shade(tone)
        paper = f' BGCOLOR="{colour}"'
        ink = small = readable_on(colour)
    return (
        f'<TR><TD ALIGN="RIGHT"{paper}> <FONT POINT-SIZE="9" COLOR="{small}">{what} </FONT>'
        f'<FONT COLOR="{ink}">{text(value)}</FONT></TD></TR>'
    )


def _line(edge: Edge) -> dict[str, str]:
    tone = edge.tone
    if tone is None:
        return {}
    if tone.broken:
        return {"color": RED, "penwidth": "2.5"}
    style = {"color": mix(FAINT, _hue(tone), min(1.0, 1.5 * tone.strength))}
    style["penwidth"] = f"{0.9 + 2.1 * tone.strength:.2f}"
    if tone.value < 0.0:
        style["style"] = "dashed"
    return style


# --- colours ---------------------------------------------------------------------------------------


def _hue(tone: Tone) -> str:
    return BLUE if tone.value > 0.0 else ORANGE


def shade(tone: Tone) -> str:
    """The colour of a cell that holds a gradient: white at 0."""
    return RED if tone.broken else mix(PAPER, _hue(tone), 0.9 * tone.strength)


def mix(low: str, high: str, share: float) -> str:
    """A colour on the way from one to the other."""
    pairs = zip(_rgb(low), _rgb(high), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable_on(paper: str) -> str:
    """Black or white ink, whichever has the higher contrast (WCAG 2's relative luminance)."""
    light = _luminance(paper)
    return INK if (light + 0.05) ** 2 > (1.05) * (_luminance(INK) + 0.05) else PAPER


def _luminance(colour: str) -> float:
    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    r, g, b = (linear(c / 255) for c in _rgb(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _rgb(colour: str) -> Iterable[int]:
    return (int(colour[i : i + 2], 16) for i in (1, 3, 5))
