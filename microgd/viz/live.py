"""The film as a page that computes: the graph as arrays, its rules as JavaScript, its texts as forms.

The rules of the rows in use are printed from the table by `jit.javascript`. The texts are those of `film`,
told with `marks` in the place of numbers. What computes with all this in the page is live.js. It uses
`film`, `marks`, `table` and `jit`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..jit import javascript
from ..jit.program import Program, Routine
from ..jit.rules import names_of
from ..jit.symbol import Symbol
from ..table import OPS, TABLE
from .film import in_order, told
from .graph import CONSTANT, INPUT, OP, PARAMETER, Graph, Step
from .marks import PARTIAL, VALUE, Marked
from .partials import holds

if TYPE_CHECKING:
    from ..table import Primitive
    from .film import Film
    from .fold import Folded

MOST_VALUES = 4000
"""A page of more values is not live: to drag would be slow, and the page large."""

MOST_OPERANDS = 400
"""Nor is one with an operation of more operands, since a rule names each."""


class NotLiveError(Exception):
    """Why a film cannot be computed in its page, as a sentence."""


@dataclass
class Live:
    """What a page computes with.

    place   the steps of the graph, in the order in which the page computes them, and their numbers there
    steps   for each of them: the number of a leaf, or [number of the rule, operands ...]
    given   leaves that no gradient is asked for
    speak   for each box, the step whose data it shows; -1 for a box of several
    drag    for each box, the leaf that it is; -1 for other boxes
    hidden  other leaves that have names, and are shown in the box of a neuron or a layer: number and name
    film    the film with marks for numbers
    rules   JavaScript: a list of functions (operands) => [value, [partials]]
    """

    place: dict[Step, int]
    root: int
    steps: list[float | str | list[int]]
    given: list[int]
    speak: list[int]
    drag: list[int]
    hidden: list[tuple[int, str]]
    film: Film
    rules: list[str]

    def data(self) -> dict[str, Any]:
        """What the script reads."""
        return {
            "root": self.root,
            "steps": self.steps,
            "given": self.given,
            "speak": self.speak,
            "drag": self.drag,
            "hidden": self.hidden,
        }


def live(graph: Graph, folded: Folded) -> Live:
    """The live film of a graph in these parts. NotLiveError says why there is none."""
    if len(graph.steps) > MOST_VALUES:
        raise NotLiveError(f"it has more than {MOST_VALUES} values")
    rank = {part: k for k, part in enumerate(in_order(folded))}
    owner = folded.owner
    order = sorted(graph.steps, key=lambda s: (rank[owner[s.number] or 0] if s.kind == OP else -1, s.number))
    place = {step: k for k, step in enumerate(order)}
    rules: dict[str, int] = {}
    steps: list[float | str | list[int]] = []
    for step in order:
        if step.kind == OP:
            text = _rule(step)
            steps.append([rules.setdefault(text, len(rules)), *(place[x] for x in step.operands)])
        else:
            steps.append(float(step.data) if math.isfinite(step.data) else str(step.data))
    marked = _marked(graph, place)
    parts = [replace(part, steps=[marked[s] for s in part.steps]) for part in folded.parts]
    neurons = {marked[s]: neuron for s, neuron in folded.neurons.items()}
    ends = {marked[a]: marked[b] for a, b in folded.ends.items()}
    again = replace(folded, parts=parts, neurons=neurons, ends=ends)
    film = told(Graph([marked[s] for s in graph.steps], graph.titles, graph.notes), again, whole=True)
    speak = [int(a.data[1:-1]) if a.data.startswith(VALUE) else -1 for a in film.actors]
    alone = [part.steps[0] if len(part.steps) == 1 else None for part in folded.parts]
    drag = [place[s] if s is not None and s.kind in (INPUT, PARAMETER) else -1 for s in alone]
    leaves = [(k, s.name) for s, k in place.items() if s.kind in (INPUT, PARAMETER)]
    hidden = [(k, name) for k, name in leaves if name and k not in drag]
    given = [place[s] for s in _given(order)]
    return Live(place, place[graph.root], steps, given, speak, drag, hidden, film, list(rules))


def _marked(graph: Graph, place: dict[Step, int]) -> dict[Step, Step]:
    """Copies of the steps whose numbers are marked. Constants stay as they are."""
    copies: dict[Step, Step] = {}
    for step in graph.steps:
        at = place[step]
        copies[step] = replace(
            step,
            data=step.data if step.kind == CONSTANT else Marked(step.data, f"{VALUE}{at};"),
            grad=None,
            operands=[copies[x] for x in step.operands],
            partials=[
                None if d is None else Marked(d, f"{PARTIAL}{at}.{slot};")
                for slot, d in enumerate(step.partials)
            ],
        )
    return copies


def _given(order: list[Step]) -> list[Step]:
    """The leaves without a gradient. NotLiveError if partials are missing elsewhere, too."""
    wanted: set[Step] = set()
    for step in order:
        wanted.update(x for x, d in zip(step.operands, step.partials, strict=True) if d is not None)
    asks = {step for step in order if step.kind != OP and step in wanted}
    for step in order:
        asked = [x in asks for x in step.operands]
        if asked != [d is not None for d in step.partials]:
            raise NotLiveError("no gradient is asked for in a part of it")
        if any(asked):
            asks.add(step)
    return [step for step in order if step.kind != OP and step not in asks]


def _rule(step: Step) -> str:
    """The rule of an operation as JavaScript."""
    row, count = TABLE.get(step.op), len(step.operands)
    if row is None:
        raise NotLiveError(f"nothing tells the page how {step.op} is computed")
    if not (holds(row, step) and _computes(row, step)):
        changed = "a leaf has changed since the loss was computed"
        raise NotLiveError(
            changed if row.value.__module__ == OPS else f"{step.op} is not the one of the table"
        )
    if count > MOST_OPERANDS:
        raise NotLiveError(f"{step.op} has {count} operands")
    try:
        return _printed(row, None if type(row.partials) is tuple else count)
    except Exception:  # a primitive of a user may do what no printer follows
        raise NotLiveError(f"{step.op} is written in Python, and no page can follow it") from None


@lru_cache(maxsize=1000)
def _printed(row: Primitive, count: int | None) -> str:
    """A row of the table as JavaScript. Of a user's own row, the Python function is traced."""
    if row.value.__module__ == OPS:
        return javascript.rule(row, count)
    program = Program()
    operands = [Symbol(program, program.input()) for _ in names_of(row, count)]
    out = row.value.__wrapped__(*operands)  # type: ignore[attr-defined]
    results = [out, *row.partials_at(operands, out, [True] * len(operands))]
    each = [x.index if isinstance(x, Symbol) else program.constant(float(x)) for x in results]
    return javascript.function(Routine(program, len(operands), 0, [], each), names_of(row, count))


def _computes(row: Primitive, step: Step) -> bool:
    """Whether the row gives the value that is shown."""
    fresh = row.value(*[float(x.data) for x in step.operands])
    return math.isclose(fresh, step.data, rel_tol=1e-9, abs_tol=1e-300) or fresh != fresh != step.data
