"""Attention as a matrix: which query takes how much from which key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import Field, Matrix
from .words import number

if TYPE_CHECKING:
    from .attention import Head
    from .fold import Part
    from .graph import Graph
    from .model import Toner

MOST_FIELDS = 4
"""Of more heads and samples the first ones are shown."""

MOST_POSITIONS = 32
"""Of more queries and keys the first ones are shown."""


def matrix(graph: Graph, part: Part, name: str, group: str, toned: Toner) -> Matrix:
    """The card of a part; `name` is the id of its box, and `group` the frame that it lies in."""
    shown = part.heads[:MOST_FIELDS]
    queries, keys = (max(counts) for counts in zip(*((len(h.rows), h.keys) for h in shown), strict=True))
    module = "" if group and group == part.path[-1] else graph.title(part.path)
    up_to = "up to " if len({(len(h.rows), h.keys) for h in shown}) > 1 else ""
    note = [f"{up_to}{queries} queries × {keys} keys, the weights of a query add up to 1"]
    if len(part.heads) > 1:
        note.append(f"{len(part.heads)} heads or samples")
    if max(queries, keys) > MOST_POSITIONS:
        note.append(f"the first {MOST_POSITIONS} are shown")
    return Matrix(
        id=name,
        title=f"{module}: attention weights" if module else "attention weights",
        note=", ".join(note),
        fields=[_field(head, toned) for head in shown],
        group=group,
        is_loss=graph.root in part.steps,
        differentiated=graph.differentiated,
    )


def size(head: Head) -> str:
    """ "5 queries × 5 keys" """
    return f"{len(head.rows)} queries × {head.keys} keys"


def said_rows(heads: list[Head]) -> list[tuple[int, str, float]]:
    """Each query with its weights as a sum, and what they add up to."""
    return [
        (t, " + ".join(number(step.data) for step in row.values()), sum(step.data for step in row.values()))
        for head in heads
        for t, row in enumerate(head.rows)
    ]


def _field(head: Head, toned: Toner) -> Field:
    """One head. A weight of exactly 0 is that of a masked key."""
    field = Field([], [])
    for row in head.rows[:MOST_POSITIONS]:
        steps = [row.get(k) for k in range(min(head.keys, MOST_POSITIONS))]
        field.weights.append([step.data if step and step.data != 0.0 else None for step in steps])
        field.grads.append([toned(step.grad) if step else None for step in steps])
    return field
