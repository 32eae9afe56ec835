"""A picture as plain data, before it is printed: boxes, ports, edges, groups and captions.

It is made once from a `Graph`. The printers (`dot` and the player) add nothing. The rules:

- One box per value, the loss on the right. A box carries its operation, its name, its data and, once
  backward() has run, its gradient.
- One edge per operand slot. It ends in a port, which shows the partial.
- Colour means gradient and nothing else. The colour of an edge is the contribution that flows back along it:
  the partial times the gradient of the box where it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .graph import OP, TIME, Graph, Step, unfolded
from .words import number, strength

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_OPS = 1500
"""The most values that the ops level draws: beyond, no reader and no layout engine follows."""


@dataclass(slots=True)
class Tone:
    """The colour of a gradient: its sign, and its strength from 0 to 1. `broken`: it is nan or inf."""

    value: float
    strength: float
    broken: bool


@dataclass(slots=True)
class Box:
    """One value.

    kind   PARAMETER, INPUT, CONSTANT or OP
    glyph  the sign of an operation; of one with a name its formula, which is said as "name = formula"
    ports  the partial at each operand, as text
    grad   None while there is none to show; `tone` is its colour
    data_tone  only if the data is no finite number
    hint   one sentence, which a reader sees when pointing at the box
    """

    id: str
    kind: str
    name: str
    glyph: str
    data: str
    grad: str | None
    tone: Tone | None
    data_tone: Tone | None
    ports: list[str]
    group: str
    is_loss: bool
    hint: str


@dataclass(slots=True)
class Row:
    """A line of a card: a text, its numbers, and its gradient (`tone`) at the end.

    port    where edges to this row end; "" if there are none
    rule    whether there is a line above it, as above a sum
    strong  whether it is a result
    """

    name: str
    numbers: list[str]
    tone: Tone | None = None
    port: str = ""
    rule: bool = False
    strong: bool = False


@dataclass(slots=True)
class Card:
    """Several values in rows: a neuron, or everything else that a module computes."""

    id: str
    title: str
    heads: list[str]
    rows: list[Row]
    group: str
    is_loss: bool
    differentiated: bool


@dataclass(slots=True)
class HeatRow:
    """One neuron of a layer: d loss / d weight for each weight, and its outputs, one per sample."""

    name: str
    weights: list[Tone | None]
    bias: Tone | None
    outputs: list[float]
    grads: list[Tone | None]


@dataclass(slots=True)
class HeatMap:
    """A layer: a field of colours, one row per neuron and one column per weight.

    note  more than the title says: how many weights and values there are, and what was folded
    """

    id: str
    title: str
    note: str
    rows: list[HeatRow]
    group: str
    is_loss: bool
    differentiated: bool


@dataclass(slots=True)
class Field:
    """The attention weights of one head: a row for each query, a column for each key.

    weights  the data; None where a query does not see a key
    grads    d loss / d weight
    """

    weights: list[list[float | None]]
    grads: list[list[Tone | None]]


@dataclass(slots=True)
class Matrix:
    """The attention of a module: a field for each head and each sample."""

    id: str
    title: str
    note: str
    fields: list[Field]
    group: str
    is_loss: bool
    differentiated: bool


@dataclass(slots=True)
class Edge:
    """From a box into a port of another; `tone` is the gradient that flows back along it.

    broad  whether it is one edge for many
    """

    tail: str
    head: str
    port: str
    tone: Tone | None
    broad: bool = False


@dataclass(slots=True)
class Group:
    """A frame around boxes: a module, or the steps of a dot product. `parent` is "" at the top."""

    id: str
    title: str
    parent: str
    module: bool

    @property
    def turn(self) -> bool:
        """Whether it is the frame of a time step."""
        return TIME in self.id and TIME not in self.parent


@dataclass(slots=True)
class Picture:
    """A whole picture.

    captions  lines below it about the whole
    warnings  sentences that a reader needs to understand the numbers
    largest   the gradient of the strongest colour; 0 if there is none
    heaviest  the same for the weights, where they have a scale of their own
    """

    level: str
    boxes: list[Box | Card | HeatMap | Matrix] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    largest: float = 0.0
    heaviest: float = 0.0


class Toner:
    """Colours of gradients on one scale: the largest of the whole graph is the strongest, or `largest`."""

    def __init__(self, graph: Graph, largest: float | None = None) -> None:
        self.largest = graph.largest if largest is None else largest

    def __call__(self, gradient: float | None) -> Tone | None:
        """None where there is no gradient."""
        if gradient is None:
            return None
        broken = not abs(gradient) < _INF
        return Tone(gradient, 1.0 if broken else strength(gradient, self.largest), broken)


_INF = float("inf")


def ops_level(graph: Graph) -> Picture:
    """A box for each step: the level for graphs of up to about sixty values."""
    graph = unfolded(graph)
    count = len(graph.steps)
    if count > MOST_OPS:
        raise ValueError(
            f'level "ops" draws at most {MOST_OPS} values, and this loss has {count}: leave level'
            " out to have them folded, or use microgd.tree(loss)"
        )
    toned = Toner(graph)
    picture = Picture("ops", warnings=list(graph.notes), largest=toned.largest)
    picture.groups = groups(graph, {step.path for step in graph.steps})
    hidden = {s.operands[1] for s in graph.steps if s.exponent is not None}
    for step in graph.steps:
        if step in hidden:
            continue
        picture.boxes.append(value_box(graph, step, toned))
        for slot, operand in enumerate(step.shown_operands):
            tone = toned(step.flow(slot))
            picture.edges.append(Edge(f"v{operand.number}", f"v{step.number}", f"i{slot}", tone))
    counts = [_counted(count - len(hidden))]
    if any(TIME in group.id for group in picture.groups):
        counts.append("a weight is used in every step: its gradient is the sum over them")
    picture.captions = captions(graph, counts)
    return picture


def _counted(count: int) -> str:
    return f"{count} value{'' if count == 1 else 's'}"


def value_box(graph: Graph, step: Step, toned: Toner) -> Box:
    """The box of one step."""
    return Box(
        id=f"v{step.number}",
        kind=step.kind,
        name=step.name,
        glyph=step.formula() if step.name and step.kind == OP else step.sign,
        data=number(step.data),
        grad=None if step.grad is None else number(step.grad + 0.0),  # no -0
        tone=toned(step.grad),
        data_tone=None if abs(step.data) < _INF else Tone(step.data, 1.0, broken=True),
        ports=[_port(partial) for partial in step.partials[: len(step.shown_operands)]],
        group=step.path[-1] if step.path else "",
        is_loss=step is graph.root,
        hint=step.hint(),
    )


def _port(partial: float | None) -> str:
    if partial is None:
        return ""
    return "1" if partial == 1.0 else f"×{number(partial)}"


def groups(graph: Graph, paths: Iterable[tuple[str, ...]]) -> list[Group]:
    """The frames of the paths, outer before inner, in the order of the steps in them."""
    wanted = {scope for path in paths for scope in path}
    found: dict[str, Group] = {}
    for step in graph.steps:
        for i, scope in enumerate(step.path):
            if scope in wanted and scope not in found:
                parent = step.path[i - 1] if i else ""
                found[scope] = Group(scope, graph.title((scope,)), parent, module="#" not in scope)
    return list(found.values())


def captions(graph: Graph, counts: list[str]) -> list[str]:
    """The lines below a picture: what the loss is, and what was folded."""
    root = graph.root
    return ["   ·   ".join([f"{root.name} = {number(root.data)}", *counts])]
