"""The user's code beside a picture: which lines of it are shown, and which of them made which box.

A Value that was made inside of `microgd.lines()` knows its file and its line. The text comes from
`linecache`, which also has the cells of a notebook and, from Python 3.13 on, the lines of the interactive
prompt. Shown are the functions and the statements that the lines lie in. `ast` finds them.
"""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Place = tuple[str, int, int]

MOST_ROWS = 60
"""Of longer code, only the lines that made something are shown, and the line before and after each."""

LONGEST = 120
"""A longer line is clipped."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(slots=True)
class Listing:
    """Lines of code.

    rows  the number and the text of each line; the number is 0 for "…", which stands for what is left out
    at    the row of each line that was asked for
    """

    rows: list[tuple[int, str]] = field(default_factory=list)
    at: dict[tuple[str, int], int] = field(default_factory=dict)

    def of(self, places: Iterable[Place | None]) -> list[int]:
        """The rows that places lie in."""
        return sorted({row for p in places if p and (row := self.at.get(p[:2])) is not None})


def listing(places: Iterable[Place | None]) -> Listing:
    """The code around some places. It is empty where no source is at hand."""
    asked: dict[str, set[int]] = {}
    for place in places:
        if place is not None:
            asked.setdefault(place[0], set()).add(place[1])
    made = Listing()
    blocks: list[tuple[str, list[str], list[int]]] = []
    for file, lines in asked.items():
        source = linecache.getlines(file)
        lines = {line for line in lines if line <= len(source)}
        blocks += [(file, source, block) for block in _blocks(source, lines)]
    if sum(len(block) for _, _, block in blocks) > MOST_ROWS:
        blocks = [(file, source, _around(block, asked[file])) for file, source, block in blocks]
    for file, source, block in blocks:
        if made.rows:
            made.rows.append((0, "…"))
        _add(made, file, source, block, asked[file])
    return made


def statement(place: Place) -> str:
    """The text of a line, as the title of a card; "" if no source is at hand."""
    return clean(linecache.getline(*place[:2]).partition("#")[0].rstrip(), 60)


def _blocks(source: Sequence[str], lines: set[int]) -> list[list[int]]:
    """For each function, and each statement outside of functions, that lines lie in: all its lines."""
    try:
        tree = ast.parse("".join(source))
    except (SyntaxError, ValueError):  # a cell of a notebook may have commands in it
        return [sorted(lines)] if lines else []
    # From the outermost to the innermost, so that the last one that holds a line is the one to show.
    spans = [_span(s) for s in tree.body]
    spans += [_span(node) for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    found = {max((s for s in spans if line in s), key=lambda s: s.start, default=None) for line in lines}
    blocks: list[list[int]] = []
    for span in sorted((s for s in found if s is not None), key=lambda s: s.start):
        if blocks and span.start <= blocks[-1][-1] + 2:  # one statement after the other is one block
            blocks[-1] += range(blocks[-1][-1] + 1, span.stop)
        else:
            blocks.append(list(span))
    return blocks


def _span(node: ast.stmt) -> range:
    """The lines of a statement, with its decorators."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return range(first, (node.end_lineno or node.lineno) + 1)


def _around(block: list[int], lines: set[int]) -> list[int]:
    """The lines of a block that were asked for, the ones beside them, and its first."""
    near = {line + d for line in lines for d in (-1, 0, 1)}
    return [line for line in block if line in near or line == block[0]]


def _add(made: Listing, file: str, source: Sequence[str], block: list[int], asked: set[int]) -> None:
    texts = [source[line - 1].rstrip().expandtabs(4) for line in block]
    indent = min((len(text) - len(text.lstrip()) for text in texts if text), default=0)
    before = block[0] if block else 0
    for line, text in zip(block, texts, strict=True):
        if line > before + 1:
            made.rows.append((0, "…"))
        before = line
        if line in asked:
            made.at[file, line] = len(made.rows)
        shown = "".join(c for c in text if c.isprintable())[indent:]
        made.rows.append((line, shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"))
