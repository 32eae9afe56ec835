"""The contents of boxes, in Graphviz's HTML-like labels: tables in tables.

Their special characters are those of HTML, and the backslash: Graphviz reads \\N even here, so it is
doubled. A cell is one text in one font, because otherwise Graphviz sets its line a little higher.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .colours import (
    FAINT,
    FRAME_PAPERS,
    GREY,
    INK,
    ORANGE,
    PAPER,
    PARAMETER_BORDER,
    PARAMETER_PAPER,
    RED,
    grey,
    readable_on,
    shade,
)
from .graph import CONSTANT, INPUT, OP, PARAMETER
from .model import Box, Card, Field, HeatMap, Matrix, Picture, Row, Tone
from .words import escape, number, strength

if TYPE_CHECKING:
    from collections.abc import Iterable

PORT_HEIGHT, ROW_HEIGHT = 17, 19
CELL = 14
"""The side of a cell of a heat map."""


def text(words: str) -> str:
    """A text for an HTML-like label."""
    return escape(words).replace("\\", "\\\\")


def label(box: Box | Card | HeatMap | Matrix) -> str:
    """The label of any box."""
    if isinstance(box, Box):
        return _box(box)
    if isinstance(box, Matrix):
        return _matrix(box)
    return _card(box) if isinstance(box, Card) else _heat_map(box)


# --- tables, rows, cells: attributes are DOT's, words are not escaped yet ---------------------------


def _table(rows: Iterable[str], attributes: str = "") -> str:
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" {attributes}>{body}</TABLE>'


def _cell(words: str, attributes: str = "", size: int = 12, ink: str = INK, bold: bool = False) -> str:
    run = f" {text(words)} " if words else " "
    run = f"<B>{run}</B>" if bold else run
    return f'<TD {attributes}><FONT POINT-SIZE="{size}" COLOR="{ink}">{run}</FONT></TD>'


def _toned(tone: Tone | None, attributes: str = "", size: int = 12, bold: bool = False) -> str:
    """A cell with a gradient, on the gradient's colour."""
    if tone is None:
        return _cell("", attributes)
    colour = shade(tone)
    on = f'{attributes} BGCOLOR="{colour}"'
    return _cell(number(tone.value + 0.0), on, size, readable_on(colour), bold)


def _frame(inside: str, is_loss: bool, style: str = ' STYLE="ROUNDED"', padding: int = 6) -> str:
    border, colour = (3, INK) if is_loss else (1, FAINT)
    return (
        f'<TABLE BORDER="{border}"{style} COLOR="{colour}" BGCOLOR="{PAPER}"'
        f' CELLBORDER="0" CELLSPACING="0" CELLPADDING="{padding}"><TR>{inside}</TR></TABLE>'
    )


LEFT, RIGHT = 'ALIGN="LEFT"', 'ALIGN="RIGHT"'


# --- one value ---------------------------------------------------------------------------------------


def _box(box: Box) -> str:
    """Ports, name = formula or the glyph, and data over grad."""
    if box.kind == CONSTANT:
        return _frame(_cell(box.data, ink=GREY), False, ' STYLE="DASHED"', 2)
    cells = []
    if box.ports:
        ports = [
            _cell(port, f'PORT="i{i}" {LEFT} HEIGHT="{PORT_HEIGHT}"', 9, GREY)
            for i, port in enumerate(box.ports)
        ]
        cells.append(f"<TD>{_table(ports)}</TD>")
    if box.name:
        paper = {PARAMETER: PARAMETER_PAPER, INPUT: FRAME_PAPERS[1]}.get(box.kind)
        on = f' BGCOLOR="{paper}"' if paper else ""
        cells.append(_cell(box.name, f'CELLPADDING="4"{on}', bold=True))
    if box.glyph:
        cells.append(_cell(f"= {box.glyph}" if box.name else box.glyph, size=14))
    rows = [_number("data", box.data, box.data_tone)]
    if box.grad is not None:
        rows.append(_number("grad", box.grad, box.tone))
    spare = PORT_HEIGHT * len(box.ports) - ROW_HEIGHT * len(rows)
    if spare > 0:  # else the rows would stretch to the height of the ports
        blank = f'<TD HEIGHT="{spare // 2}"></TD>'
        rows = [blank, *rows, blank]
    cells.append(f'<TD CELLPADDING="3">{_table(rows, _PADDED)}</TD>')
    inside = "".join(cells)
    if box.kind == PARAMETER and not box.is_loss:
        border = f' COLOR="{PARAMETER_BORDER}" BORDER="2"'
        return _frame(inside, False, "", 1).replace(f' BORDER="1" COLOR="{FAINT}"', border, 1)
    return _frame(inside, box.is_loss, ' STYLE="ROUNDED"' if box.kind == OP else "", 1)


_PADDED = 'CELLPADDING="2"'


def _number(what: str, value: str, tone: Tone | None) -> str:
    colour = PAPER if tone is None else shade(tone)
    ink = readable_on(colour)
    small = GREY if tone is None else ink
    on = "" if tone is None else f' BGCOLOR="{colour}"'
    return (
        f'<TD {RIGHT}{on}> <FONT POINT-SIZE="9" COLOR="{small}">{what} </FONT>'
        f'<FONT POINT-SIZE="12" COLOR="{ink}">{text(value)}</FONT></TD>'
    )


# --- a card ------------------------------------------------------------------------------------------


def _card(card: Card) -> str:
    """Columns: the name, the numbers, the gradient."""
    heads = [*card.heads, "grad"] if card.differentiated else card.heads
    lines = [
        _cell(card.title, LEFT, ink=GREY, bold=True) + "".join(_cell(head, RIGHT, 9, GREY) for head in heads)
    ]
    for row in card.rows:
        if row.rule:
            across = f'COLSPAN="{1 + len(heads)}" HEIGHT="1" CELLPADDING="0" BGCOLOR="{FAINT}"'
            lines.append(f"<TD {across}></TD>")
        lines.append(_row(row, card.differentiated))
    return _frame(f"<TD>{_table(lines, _PADDED)}</TD>", card.is_loss)


def _row(row: Row, differentiated: bool) -> str:
    port = f' PORT="{row.port}"' if row.port else ""
    cells = [_cell(row.name, LEFT + port, bold=row.strong)]
    cells += [_cell(words, RIGHT, bold=row.strong and bool(words)) for words in row.numbers]
    if differentiated:
        cells.append(_toned(row.tone, RIGHT, bold=row.strong))
    return "".join(cells)


# --- a heat map --------------------------------------------------------------------------------------


def _heat_map(layer: HeatMap) -> str:
    """A field of colours for the weights, one column for the bias, then the outputs."""
    width = max(len(row.weights) for row in layer.rows)
    samples = max(len(row.grads) for row in layer.rows)
    biased = any(row.bias is not None for row in layer.rows)
    said = all(len(row.outputs) == 1 for row in layer.rows)  # the numbers themselves fit
    shown = layer.differentiated
    heads = [_cell("")]
    if shown:
        heads.append(_cell("dL/dw", f'COLSPAN="{width}" {LEFT}', 9, GREY))
        heads += [_GAP, _cell("b", "", 9, GREY)] if biased else []
    if said:
        heads.append(_cell("out", RIGHT, 9, GREY))
    if shown and samples:
        heads += [_GAP, _cell("dL/dout", f'COLSPAN="{1 if said else samples}" {LEFT}', 9, GREY)]
    lines = ["".join(heads)]
    for row in layer.rows:
        cells = [_cell(row.name, RIGHT, 9, GREY)]
        if shown:
            cells += [_heat(tone) for tone in row.weights]
            cells += ["<TD></TD>"] * (width - len(row.weights))
            cells += [_GAP, _heat(row.bias)] if biased else []
        if not samples:
            cells.append(_SPARE)
        if said:
            cells.append(_cell(number(row.outputs[0]), RIGHT, 10))
        if shown and samples:
            cells.append(_GAP)
            cells += [_toned(row.grads[0], RIGHT, 10)] if said else map(_heat, row.grads)
        lines.append("".join(cells))
    field = _table(lines, 'CELLPADDING="0"').replace('CELLSPACING="0"', 'CELLSPACING="1"', 1)
    title = _cell(layer.title, LEFT, bold=True) + _cell(layer.note, LEFT, 10, GREY) + _cell("")
    inside = _table([f"<TD {LEFT}>{_table([title])}</TD>", f"<TD {LEFT}>{field}</TD>"], _PADDED)
    return _frame(f"<TD>{inside}</TD>", layer.is_loss)


_GAP = '<TD WIDTH="8"></TD>'
_SPARE = "<TD></TD>" * 12
"""Columns without content take most of the width that a long title needs: cells stay small."""


def _heat(tone: Tone | None) -> str:
    """One cell of a heat map. A minus shows the sign, as the colour does, and a dot is an exact 0."""
    side = f'WIDTH="{CELL}" HEIGHT="{CELL}" ALIGN="CENTER"'
    if tone is None:
        return f'<TD {side} BGCOLOR="{FRAME_PAPERS[1]}"></TD>'
    colour = shade(tone)
    sign = "?" if tone.broken else "−" if tone.value < 0.0 else "" if tone.value else "·"
    return _cell(sign, f'{side} BGCOLOR="{colour}"', 7, readable_on(colour))


# --- attention -------------------------------------------------------------------------------------


MOST_SAID = 12
"""The weights of at most so many keys are numbers, too; of more they are colours only."""


def _matrix(attention: Matrix) -> str:
    """Grey fields for the weights, which are data; beside each, in the colours of gradients, dL/d weight."""
    title = _cell(attention.title, LEFT, bold=True) + _cell(attention.note, LEFT, 10, GREY) + _cell("")
    rows = [_table([title])]
    for field in attention.fields:
        lines = _field(field, attention.differentiated)
        rows.append(_table(lines, 'CELLPADDING="0"').replace('CELLSPACING="0"', 'CELLSPACING="1"', 1))
    key = [_cell("attention weight", LEFT, 9, GREY)]
    key += [_weight(share / 4, said=True) for share in range(5)]
    key.append(_cell("grey: data, not a gradient", LEFT, 9, GREY))
    rows.append(_table(["".join(key)], 'CELLPADDING="0"'))
    inside = _table([f"<TD {LEFT}>{row}</TD>" for row in rows], _PADDED)
    return _frame(f"<TD>{inside}</TD>", attention.is_loss)


def _field(field: Field, differentiated: bool) -> list[str]:
    """The rows of one head: the weights, and their gradients."""
    width = len(field.weights[0])
    said = width <= MOST_SAID
    names = [f"key {k}" if said else "" for k in range(width)]
    heads = [_cell(""), *(_cell(name, "", 7, GREY) for name in names)]
    if differentiated:
        heads += [_GAP, _cell("dL/d weight", f'COLSPAN="{width}" {LEFT}', 9, GREY)]
    lines = ["".join(heads)]
    for t, (weights, grads) in enumerate(zip(field.weights, field.grads, strict=True)):
        cells = [_cell(f"query {t}", RIGHT, 9, GREY)]
        cells += [_weight(weight, said) for weight in weights]
        if differentiated:
            cells.append(_GAP)
            cells += [
                "<TD></TD>" if w is None else _heat(tone) for w, tone in zip(weights, grads, strict=True)
            ]
        lines.append("".join(cells))
    return lines


def _weight(weight: float | None, said: bool) -> str:
    """An attention weight, from white for 0 to dark grey for 1; an empty cell where there is none."""
    side = f'WIDTH="{30 if said else CELL}" HEIGHT="{CELL + 3 if said else CELL}" ALIGN="CENTER"'
    if weight is None:
        return f"<TD {side}></TD>"
    if not math.isfinite(weight):
        return _cell(number(weight), f'{side} BGCOLOR="{RED}"', 9, readable_on(RED))
    colour = grey(weight)
    return _cell(f"{weight:.2f}" if said else "", f'{side} BGCOLOR="{colour}"', 9, readable_on(colour))


# --- below the picture -------------------------------------------------------------------------------


def captions(picture: Picture) -> str:
    """The lines below a picture, with the colour scale and the warnings."""
    rows = ["<TD> </TD>"]
    rows += [_cell(line, LEFT, 11, GREY) for line in picture.captions]
    scales: list[str] = []
    below: list[str] = []
    if picture.heaviest > 0.0:
        scales.append(_scale("dL/dw", picture.heaviest, "summed over all samples"))
    if picture.largest > 0.0 and scales:
        scales.append(_scale("dL/dout", picture.largest, _OF_OUTPUTS))
    elif picture.largest > 0.0:
        scales.append(_scale("grad", picture.largest))
        below = _NOTES[picture.level]  # not beside the scale: a small picture would be as wide as that
    if scales:
        rows.append(f"<TD {LEFT}>{_table(scales, _PADDED)}</TD>")
    rows += [_cell(line, LEFT, 11, GREY) for line in below]
    rows += [_cell(line, LEFT, 11, ORANGE, bold=True) for line in picture.warnings]
    return _table(rows, 'CELLPADDING="1"')


_OF_OUTPUTS = "for every other value, too; what is larger has the strongest colour"
_EDGES = "edges: blue +, orange dashed −, wide is strong"
_NOTES = {
    "ops": [_EDGES, "small numbers: the partials"],
    "neurons": [_EDGES],
    "layers": [],
}


def _scale(what: str, largest: float, said: str = "") -> str:
    """The colour scale of gradients, from the most negative to the most positive."""
    cells = [_cell(what, LEFT, 11, GREY)]
    for share in (-1.0, -0.3, -0.1, -0.03, 0.0, 0.03, 0.1, 0.3, 1.0):
        colour = shade(Tone(share, strength(share, 1.0), broken=False))
        words = number(share * largest, 2) if share in (-1.0, -0.1, 0.0, 0.1, 1.0) else ""
        place = f'BGCOLOR="{colour}" WIDTH="30" ALIGN="CENTER"'
        cells.append(_cell(words, place, 9, readable_on(colour)))
    return "".join([*cells, _cell(said, LEFT, 11, GREY)] if said else cells)
