"""The card of a loop: its formula and its count, and one row for each iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .graph import CONSTANT, OP
from .loops import Told
from .model import Card, Row
from .words import number

if TYPE_CHECKING:
    from .fold import Folded
    from .graph import Graph, Step
    from .loops import Loop
    from .model import Toner

MOST_ROWS = 14
"""A card of more iterations shows the first and the last of them."""

MOST_VARIABLES = 5
"""So many of the leaves that differ from iteration to iteration have a column."""

MOST_OTHERS = 3
"""And so many of the other values that an iteration hands to the next."""

MOST_LINES = 16
"""A formula in lines shows so many."""

MOST_EDGES = 4
"""What is used in more iterations has one edge, to the whole card."""


def loop_card(graph: Graph, loop: Loop, name: str, toned: Toner) -> Card:
    """A loop as a card; `name` is the id of its box."""
    told = Told(loop)
    variables = told.variables[:MOST_VARIABLES]
    if loop.joint < 0:  # the other values that an iteration hands to the next
        others = [
            i for i in sorted(told.carried) if told.model[i] is not loop.result(len(loop.iterations) - 1)
        ]
        variables += [
            (told.carried[i], [iteration[i] for iteration in loop.iterations]) for i in others[:MOST_OTHERS]
        ]
    rows = [Row(line, [""] * (len(variables) + 1)) for line in told.lines(MOST_LINES)]
    hidden = _hidden(loop)
    for k, iteration in enumerate(loop.iterations):
        if k in hidden:
            if k == hidden.start:
                rows.append(
                    Row(f"… {len(hidden)} more iterations", [""] * (len(variables) + 1), port=f"r{k}")
                )
            continue
        result = loop.result(k)
        called = result.name or (iteration[-1].name if iteration[-1] is not loop.last else "")
        numbers = [_said(column[k]) if k < len(column) else "" for _, column in variables]
        rows.append(
            Row(
                f"iteration {k + 1}: {called}" if called else f"iteration {k + 1}",
                [*numbers, number(result.data)],
                toned(result.grad),
                port=f"r{k}",
                rule=(k == 0 and len(rows) > 0) or result is loop.last,
                strong=result is loop.last,
            )
        )
    last = loop.last
    if loop.result(len(loop.iterations) - 1) is not last:
        said = f"{last.name} = {loop.sign}" if last.name else loop.sign
        numbers = [*[""] * len(variables), number(last.data)]
        rows.append(Row(said, numbers, toned(last.grad), rule=True, strong=True))
    return Card(
        id=name,
        title=told.title(),
        heads=[*(variable for variable, _ in variables), "data"],
        rows=rows,
        group="",
        is_loss=graph.root is last,
        differentiated=graph.differentiated,
    )


def feeds(loop: Loop, index: int, folded: Folded) -> list[tuple[int, str, float | None]]:
    """The edges to a loop's card: the part where each begins, the row where it ends, and what flows back.

    What several iterations use flows back as the sum of their contributions.
    """
    hidden = _hidden(loop)
    found: dict[int, dict[int, float | None]] = {}  # by part: the iterations that use it
    for step in loop.steps:
        iteration = loop.place.get(step, (-1, 0))[0]
        row = hidden.start if iteration in hidden else iteration
        for slot, operand in enumerate(step.operands):
            tail = folded.owner[operand.number]
            if tail is not None and tail != index:
                rows = found.setdefault(tail, {})
                flow, before = step.flow(slot), rows.get(row)
                rows[row] = flow if before is None else before + (flow or 0.0)
    made: list[tuple[int, str, float | None]] = []
    for tail, rows in found.items():
        if len(rows) <= MOST_EDGES:
            made += [(tail, f"r{row}" if row >= 0 else "", flow) for row, flow in rows.items()]
        else:
            known = [flow for flow in rows.values() if flow is not None]
            made.append((tail, "", sum(known) if known else None))
    return made


def _hidden(loop: Loop) -> range:
    """The iterations that have no row: those in the middle."""
    count = len(loop.iterations)
    return range(MOST_ROWS // 2, count - MOST_ROWS // 2) if count > MOST_ROWS + 1 else range(0)


def _said(step: Step) -> str:
    """A leaf is said by its name, which is on its box; everything else by its data."""
    return step.name if step.name and step.kind not in (CONSTANT, OP) else number(step.data)
