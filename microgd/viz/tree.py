"""The graph as text: for terminals, and for machines where nothing can draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .graph import OP
from .words import glyph, number

if TYPE_CHECKING:
    from .graph import Graph

MOST_ROWS = 200


def text_tree(graph: Graph, most: int = MOST_ROWS) -> str:
    """One line per value, the loss first and its operands indented below; a shared value once."""
    steps = graph.steps
    lines: list[tuple[str, str, str]] = []
    shown: set[int] = set()
    stack = [(graph.root.number, 0)]
    while stack and len(lines) < most:
        index, depth = stack.pop()
        step = steps[index]
        name = " ".join(filter(None, [step.name, glyph(step.op) if step.op else ""]))
        again = index in shown and step.kind == OP
        grad = "" if step.grad is None else number(step.grad)
        lines.append(("  " * depth + (name or "constant"), number(step.data), grad))
        if again:
            lines[-1] = (lines[-1][0] + " (see above)", *lines[-1][1:])
            continue
        shown.add(index)
        stack += [(i, depth + 1) for i in reversed(step.operands)]
    heads = ("value", "data", "grad" if graph.differentiated else "")
    rows = [heads, *lines]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    text = [f"{a:{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows]
    if stack:
        text.append(f"... and {len(steps) - len(shown)} more values")
    return "\n".join([*text, *graph.notes])
