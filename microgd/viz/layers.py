"""The level of layers: a heat map for each layer, and a card for everything else of a module."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .cards import MOST_ROWS, add_steps, add_value, box_id, frames, home, sample_names, short_names
from .fold import ATTENTION, INPUTS, LAYER, VALUE, Folded, Part, fold
from .graph import Graph, Step
from .matrix import matrix
from .model import Card, Edge, HeatMap, HeatRow, Picture, Row, Toner, captions
from .shared import add_shared_layers
from .thin import thinned
from .words import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Tone

MOST_SAMPLES = 16
"""Of a longer batch the first samples are shown."""

MOST_PARTS = 120
"""Of more parts the ones nearest to the loss are drawn."""


def layers_level(graph: Graph) -> Picture:
    """The graph as layers: some dozens of boxes, even for a large graph."""
    folded = fold(graph, layers=True)
    shown = _nearest(folded)
    picture = Picture("layers", warnings=list(graph.notes))
    parts = [folded.parts[i] for i in shown]
    picture.groups = frames(graph, parts)
    toned, heavy = _toners(graph, folded)
    picture.largest, picture.heaviest = toned.largest, heavy.largest
    names = short_names(graph, folded)
    for index in shown:
        part = folded.parts[index]
        if part.kind == LAYER:
            picture.boxes.append(_heat_map(graph, folded, index, toned, heavy))
        elif part.kind == INPUTS:
            picture.boxes.append(_inputs(part, index, home(part, picture.groups), toned))
        elif part.kind == ATTENTION:
            group = home(part, picture.groups)
            picture.boxes.append(matrix(graph, part, box_id(index), group, toned))
        elif part.kind == VALUE:
            add_value(picture, graph, folded, index, toned)
        else:
            add_steps(picture, graph, folded, index, names, toned)
    picture.edges = _broad_edges(graph, folded, set(shown))
    again = len(shown) == len(folded.parts) and add_shared_layers(picture, graph, folded, heavy)
    counts = [f"{len(graph.steps)} values in {len(shown)} parts"]
    if len(shown) < len(folded.parts):
        counts.append(f"{len(folded.parts) - len(shown)} parts farther from the loss are not shown")
    if again:
        counts.append("dL/dw on the card of a use is its own contribution")
    picture.captions = captions(graph, counts)
    return picture


def _nearest(folded: Folded) -> list[int]:
    """The parts to draw. If there are too many, those nearest to the loss."""
    wanted = sorted(range(len(folded.parts)), key=lambda i: -folded.parts[i].stage)[:MOST_PARTS]
    return sorted(wanted)


def _broad_edges(graph: Graph, folded: Folded, shown: set[int]) -> list[Edge]:
    """One edge for each pair of parts, for all values that one uses of the other."""
    pairs: dict[tuple[int, int], None] = {}
    for step in graph.steps:
        head = folded.owner[step.number]
        weights = step.weights() if step.op == "dot" else ()  # each card shows its own
        for operand in step.operands:
            tail = None if operand in weights else folded.owner[operand.number]
            if head is not None and tail is not None and head != tail and {head, tail} <= shown:
                pairs[tail, head] = None
    return [Edge(box_id(tail), box_id(head), "", None, broad=True) for tail, head in pairs]


def _toners(graph: Graph, folded: Folded) -> tuple[Toner, Toner]:
    """The colours of values, and those of weights.

    The loss, whose gradient is 1, would be much the strongest: most gradients of a batch are far below. So
    each scale ends at what the heat maps show. A larger gradient has the strongest colour, too.
    """
    outputs = [end.grad for end in folded.ends.values() if end is not graph.root and end.grad is not None]
    weights: dict[tuple[int | None, int, int], float] = {}  # by layer, neuron and slot: over all samples
    for dot in folded.ends:
        neuron, slots = folded.neurons[dot][0], [w for w, _ in dot.terms()]
        for slot in [*slots, 2 * dot.width] if dot.bias else slots:
            key = folded.owner[dot.number], neuron, slot
            weights[key] = weights.get(key, 0.0) + (dot.flow(slot) or 0.0)
    totals = (w.grad for dot in folded.ends for w in dot.weights() if w.grad is not None)
    if not folded.ends:
        return Toner(graph), Toner(graph)
    return Toner(graph, _largest(outputs)), Toner(graph, _largest([*weights.values(), *totals]))


def _largest(gradients: Iterable[float]) -> float:
    """The largest finite one in size; 0 if there is none."""
    return max((abs(g) for g in gradients if math.isfinite(g)), default=0.0)


def _heat_map(graph: Graph, folded: Folded, index: int, toned: Toner, heavy: Toner) -> HeatMap:
    part = folded.parts[index]
    activations = list(dict.fromkeys(step.op for step in part.steps if step.op != "dot"))
    neurons: dict[int, list[Step]] = {}  # each neuron with its dot products, one per sample
    for step in part.steps:
        if step.op == "dot":
            neurons.setdefault(folded.neurons[step][0], []).append(step)
    rows = [_row(dots, folded.ends, n, toned, heavy) for n, dots in sorted(neurons.items())]
    samples = max(len(dots) for dots in neurons.values())
    width = max(len(row.weights) for row in rows)
    count = sum(len(row.weights) + (row.bias is not None) for row in rows)
    name = graph.title(part.path) or "layer"
    note = [f"{count} parameters, {len(part.steps)} values"]
    if samples > 1:
        note.append(f"{samples} samples")
    rows, note_of_cells = thinned(rows)
    note += note_of_cells
    return HeatMap(
        id=box_id(index),
        title="  ".join([name, f"{width} → {len(neurons)}", *activations]),
        note=", ".join(note),
        rows=rows,
        group=part.path[-2] if len(part.path) > 1 else "",
        is_loss=graph.root in part.steps,
        differentiated=graph.differentiated,
    )


def _row(dots: list[Step], ends: dict[Step, Step], n: int, toned: Toner, heavy: Toner) -> HeatRow:
    def total(slots: Iterable[int]) -> Tone | None:
        """The sum of the contributions of all samples to one weight."""
        flows = [f for dot, slot in zip(dots, slots, strict=True) if (f := dot.flow(slot)) is not None]
        return heavy(sum(flows)) if flows else None

    pairs = [dot.terms() for dot in dots]
    weights = [total(p[k][0] for p in pairs) for k in range(len(pairs[0]))]
    bias = total([-1] * len(dots)) if dots[0].bias else None
    last = [ends[dot] for dot in dots[:MOST_SAMPLES]]
    return HeatRow(f"n{n}", weights, bias, [s.data for s in last], [toned(s.grad) for s in last])


def _inputs(part: Part, index: int, group: str, toned: Toner) -> Card:
    """The inputs of the layers, with a row for each."""
    names = sample_names(part.steps)
    rows = [Row(names.get(s, s.name) or "input", [number(s.data)], tone=toned(s.grad)) for s in part.steps]
    if len(rows) > MOST_ROWS:
        half = MOST_ROWS // 2
        rows[half:-half] = [Row(f"… {len(rows) - 2 * half} more", [""])]
    return Card(
        id=box_id(index),
        title="inputs",
        heads=["data"],
        rows=rows,
        group=group,
        is_loss=False,
        differentiated=any(s.grad is not None for s in part.steps),
    )
