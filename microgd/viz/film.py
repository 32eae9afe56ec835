"""Backpropagation as a film: frame by frame what is computed, in words and numbers.

A `Film` is plain data, made once from a `Graph`. The player only shows it. Small graphs are told
operation by operation, larger ones neuron by neuron or layer by layer: these are the parts of `fold`.
In the backward half, a part that is reached knows its whole upstream gradient. It gives each of its
operands a contribution:

    dL/d operand  +=  d part / d operand  ·  dL/d part
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..autograd import contributions
from .cards import frames, home, short_names
from .digits import enough, in_numbers, product
from .fold import ATTENTION, INPUTS, LAYER, NEURON, STEPS, VALUE, Folded, Part, fold
from .graph import NO_GRADIENTS, OP, Graph, Step, neuron_title, unfolded
from .marks import after, in_brackets, strongest
from .matrix import said_rows, size
from .model import Group, groups
from .partials import reason
from .time_steps import in_steps
from .words import number

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_VALUES = 150
"""More values than that are told neuron by neuron, and more neurons layer by layer."""

LONGEST_SIGN = 8
"""In the box of a value with a name, a formula of so many characters stands for the sign."""

MOST_PARTS = 600
MOST_WAYS = 800
"""Of more edges between neurons nobody can follow one."""

MANY = (LAYER, INPUTS, ATTENTION)
"""Parts of many values show the strongest of their gradients."""

MOST_LINES = 6
"""Of more lines in one frame the first are shown."""


@dataclass(slots=True)
class Line:
    """One row of the explanation: `dL/dw += ...`, `3 · 0.3`, and what that is.

    edge    the number of the edge that it is about; -1 if there is none
    reason  where the partial in the formula comes from; "" if there is nothing to say
    """

    what: str
    formula: str
    value: float
    note: str = ""
    edge: int = -1
    reason: str = ""


@dataclass(slots=True)
class Frame:
    """One step of the film: the box that is at work, and what is said about it."""

    backward: bool
    box: int
    said: str
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Actor:
    """A box of the film.

    hint   what it is and how it is made, in the words of the frames. It does not say its data: a reader
           learns that, and the gradient, from the frames
    born   the frame from which on its data is known
    grads  (frame, gradient so far), each time it receives a contribution
    places the lines of the user's code that it was made in
    """

    kind: str
    name: str
    sign: str
    data: str
    hint: str
    group: str
    is_loss: bool
    born: int = 0
    grads: list[tuple[int, float]] = field(default_factory=list)
    places: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Way:
    """An edge of the film; `flow` is what is passed back along it, at frame `frame`."""

    tail: int
    head: int
    frame: int = 0
    flow: float = 0.0


@dataclass(slots=True)
class Film:
    """All boxes, edges, frames and frames around boxes."""

    title: str
    actors: list[Actor]
    ways: list[Way]
    groups: list[Group]
    frames: list[Frame]
    notes: list[str]


def film(graph: Graph) -> Film:
    """The film of a graph: first forward, then backward."""
    return told(*planned(graph))


def told(graph: Graph, folded: Folded, whole: bool = False) -> Film:
    """The film of a graph in these parts. `whole`: no line of the backward frames is left out."""
    return _Director(graph, folded, whole).film()


def planned(graph: Graph) -> tuple[Graph, Folded]:
    """The graph as a film shows it, and its parts."""
    if len(graph.steps) <= MOST_VALUES or any(step.weighs for step in graph.steps):
        graph = in_steps(graph)
    if len(graph.steps) <= MOST_VALUES:
        small = unfolded(graph)
        if len(small.steps) <= MOST_VALUES:
            return small, _single(small)
    folded = None
    if sum(step.weighs for step in graph.steps) <= MOST_VALUES:
        folded = fold(graph, layers=False)
    if folded is None or len(folded.parts) > MOST_VALUES or _pairs(graph, folded) > MOST_WAYS:
        folded = fold(graph, layers=True)
    if len(folded.parts) > MOST_PARTS:
        raise ValueError(
            f"a film has at most {MOST_PARTS} boxes, and this loss has {len(folded.parts)} even layer by"
            " layer: use microgd.draw(loss) or microgd.tree(loss)"
        )
    return graph, folded


def _pairs(graph: Graph, folded: Folded) -> int:
    """How many edges there are between parts."""
    owner = folded.owner
    return len({(owner[x.number], owner[s.number]) for s in graph.steps for x in s.operands})


def _single(graph: Graph) -> Folded:
    """A part for each step, except for exponents that are shown in a sign, as in x²."""
    shown = {x for step in graph.steps for x in step.shown_operands} | {graph.root}
    parts: list[Part] = []
    owner: list[int | None] = [None] * len(graph.steps)
    for step in graph.steps:
        if step in shown:
            owner[step.number] = len(parts)
            parts.append(Part(VALUE, step.path, step.number, [step]))
    return Folded(parts, owner)


def in_order(folded: Folded) -> list[int]:
    """The parts in the order of the forward half: by stages, each as late as those that use it allow.

    What an iteration of a loop takes from outside is so computed in that iteration, and not at the start.
    """
    parts, owner = folded.parts, folded.owner
    if all(part.kind == VALUE for part in parts):
        return list(range(len(parts)))
    late: dict[int, int] = {}
    steps = [step for part in parts for step in part.steps if step.kind == OP]
    for step in sorted(steps, key=lambda step: -step.number):  # uses before what they use
        head = owner[step.number]
        for x in step.operands:
            tail = owner[x.number]
            if head is not None and tail is not None and tail != head and x.kind == OP:
                late[tail] = min(late.get(tail, len(owner)), late.get(head, parts[head].stage) - 1)
    return sorted(range(len(parts)), key=lambda i: (late.get(i, parts[i].stage), i))


class _Director:
    """The work on a film."""

    def __init__(self, graph: Graph, folded: Folded, whole: bool) -> None:
        self.graph = graph
        self.whole = whole
        self.steps = graph.steps
        self.parts = folded.parts
        self.owner = folded.owner
        self.single = all(part.kind == VALUE for part in folded.parts)
        self.names = _unique_names(graph) if self.single else short_names(graph, folded)
        self.order = in_order(folded)
        self.uses = Counter(x for s in self.steps for x, d in zip(s.operands, s.partials) if d is not None)
        self.received: Counter[Step] = Counter()  # how many contributions each step has received
        self.upstream: dict[int, float] = {}  # and what they add up to, by the id of the step
        self.frames = [Frame(False, -1, _BEGINNING)]
        self.groups = frames(graph, self.parts)
        self.actors = [self.actor(part) for part in self.parts]
        self.ways: list[Way] = []
        self.way_of: dict[tuple[int, int], int] = {}  # (step, slot) -> the edge into that slot
        self.sources: dict[int, tuple[Step, int]] = {}  # by the id of a line, what it is about
        self.join()

    def film(self) -> Film:
        for i in self.order:
            self.forward(i)
        root = self.graph.root
        last = self.owner[root.number] or 0
        self.upstream[id(root)] = 1.0
        name = self.names[root.number]
        said = f"L is {name}, and dL/{_d(name)} = 1. From here the chain rule goes back, step by step."
        self.frames.append(Frame(True, last, said))
        self.actors[last].grads.append((len(self.frames) - 1, 1.0))
        if root.partials:
            for i in reversed(self.order):
                self.backward(i)
        self.settle()
        top = [g for g in groups(self.graph, {p.path for p in self.parts}) if not g.parent]
        title = " + ".join(g.title for g in top if g.module) or root.name
        notes = [note for note in self.graph.notes if note != NO_GRADIENTS]
        return Film(title, self.actors, self.ways, self.groups, self.frames, notes)

    # --- the boxes and the edges ---

    def ops(self, part: Part) -> list[Step]:
        return [step for step in part.steps if step.kind == OP]

    def speaker(self, part: Part) -> Step:
        """The step whose data and gradient a box shows."""
        return (self.ops(part) or part.steps)[-1]

    def actor(self, part: Part) -> Actor:
        step = self.speaker(part)
        title = self.graph.title(part.path)
        name, what, data = self.names[step.number], step.sign, number(step.data)
        if step.name and step.kind == OP:
            said = step.said([self.names[x.number] for x in step.operands])
            what = f"= {said}" if len(said) <= LONGEST_SIGN else what
        if part.kind == NEURON:
            what = neuron_title(part.neuron)
        elif part.kind in (LAYER, INPUTS, STEPS):
            name = title or {INPUTS: "inputs", LAYER: "layer"}.get(part.kind, "steps")
            what = f"{len(part.steps)} values"
            data = data if part.kind == STEPS else ""
        elif part.kind == ATTENTION:
            name, what, data = "attention weights", size(part.heads[0]), ""
        is_loss = self.graph.root in part.steps
        said = self.hint(step) if part.kind == VALUE else f"{name}, {what}"
        if part.kind in (LAYER, INPUTS) and any(self.uses[x] for x in part.steps):
            what += " (∇: the largest)"  # see note_grads
        kind = step.kind if part.kind == VALUE else OP
        places = list(dict.fromkeys(step.place for step in part.steps if step.place))
        return Actor(kind, name, what, data, said, home(part, self.groups), is_loss, places=places)

    def hint(self, step: Step) -> str:
        """A value in words: "t1 = w × x", or "w (parameter)"."""
        if step.kind != OP:
            return f"{step.name} ({step.kind})" if step.name else step.kind
        made = step.said([self.names[x.number] for x in step.operands])
        return self.formula(step) if self.single or step.name else made

    def join(self) -> None:
        """One edge for each operand slot; between folded parts, one for each pair."""
        pairs: dict[tuple[int, int], int] = {}
        for step in self.steps:
            head = self.owner[step.number]
            weights = step.weights() if step.weighs and not self.single else ()  # each card has its own
            for slot, operand in enumerate(step.operands):
                tail = self.owner[operand.number]
                if tail is None or head is None or tail == head or operand in weights:
                    continue
                if self.single or (tail, head) not in pairs:
                    pairs[tail, head] = len(self.ways)
                    self.ways.append(Way(tail, head))
                self.way_of[step.number, slot] = pairs[tail, head]

    # --- the frames ---

    def forward(self, index: int) -> None:
        part = self.parts[index]
        ops = self.ops(part)
        if not ops:
            return
        actor = self.actors[index]
        actor.born = len(self.frames)
        said = f"{self.called(part)}." if self.single else f"{self.called(part)} is computed."
        lines = []
        lines += [Line(f"query {t}", words, total) for t, words, total in said_rows(part.heads)]
        for step in [] if lines else ops if len(ops) <= MOST_LINES + 1 else ops[:MOST_LINES]:
            way = self.way_of.get((step.number, 0), -1) if len(step.operands) == 1 else -1
            lines.append(Line(self.formula(step), in_numbers(step), step.data + 0.0, edge=way))
        self.frames.append(Frame(False, index, said, _clip(lines, len(lines) if part.heads else len(ops))))

    def backward(self, index: int) -> None:
        part = self.parts[index]
        ops = self.ops(part)
        outs = [s for s in ops if id(s) in self.upstream]
        if not outs:
            return
        at, inside = len(self.frames), set(ops)
        up = self.upstream[id(outs[-1])]
        handed: dict[Step, list[tuple[float, Step, int]]] = {}  # by operand: contribution, step, slot
        lines: list[Line] = []
        for step, slot, contribution in contributions(ops, self.upstream, _partials, _record):
            operand = step.operands[slot]
            self.upstream[id(operand)] = after(self.upstream[id(operand)], contribution)
            self.received[operand] += 1
            if operand in inside:
                continue
            way = self.way_of.get((step.number, slot), -1)
            if way >= 0:
                self.ways[way].frame = at
                self.ways[way].flow += contribution
            if self.single:
                lines.append(self.handed(step, slot, contribution))
            handed.setdefault(operand, []).append((contribution, step, slot))
        self.note_grads((x for x in handed if self.owner[x.number] != index), at)
        if not self.single:
            lines = [self.together(x, parts) for x, parts in handed.items()]
        name = self.names[outs[-1].number]
        known = f"{self.called(part)} has the upstream gradient dL/{_d(name)} = {number(up)}"
        many = len(lines) > MOST_LINES + 1
        hands = "It passes back, the strongest first:" if many else "It passes back:"
        if self.single:
            each = "each operand its partial" if len(lines) > 1 else "its operand the partial"
            said = f"{known}. It gives {each} times that:"
        elif part.kind in (LAYER, ATTENTION):
            known = (
                f"{self.called(part)} has an upstream gradient dL/dout for each of its {len(outs)} outputs"
            )
            said = f"{known}. {hands}"
        else:
            said = f"{known}. {hands}"
        if many and not self.whole:
            lines.sort(key=lambda line: math.inf if line.value != line.value else -abs(line.value))
        self.explain(lines if self.whole else lines[: MOST_LINES + 1])
        self.frames.append(Frame(True, index, said, lines if self.whole else _clip(lines, len(lines))))

    def handed(self, step: Step, slot: int, contribution: float) -> Line:
        """dL/dx += dt/dx · dL/dt"""
        operand = step.operands[slot]
        name, out = _d(self.names[operand.number]), _d(self.names[step.number])
        note = ""
        if self.uses[operand] > 1 and self.received[operand] > 1:
            note = f"total so far {number(self.upstream[id(operand)])}"
        way = self.way_of.get((step.number, slot), -1)
        what = f"dL/{name} += {out}/{name} · dL/{out}"
        formula = product(step.partials[slot] or 0.0, self.upstream[id(step)])
        line = Line(what, formula, contribution + 0.0, note, way)  # no -0
        self.sources[id(line)] = step, slot
        return line

    def explain(self, lines: list[Line]) -> None:
        """Say where the partials come from, in the lines that are shown."""
        for line in lines:
            if id(line) in self.sources:
                step, slot = self.sources[id(line)]
                operands = [self.names[x.number] for x in step.operands]
                line.reason = reason(step, slot, operands, self.names[step.number])
        self.sources.clear()
        if not self.whole:
            _say_once(lines)

    def together(self, operand: Step, parts: list[tuple[float, Step, int]]) -> Line:
        """One line for all contributions of a part to one value: a layer makes one for each sample."""
        first, step, slot = parts[0]
        if len(parts) == 1:
            return self.handed(step, slot, first)
        values, total = [x for x, _, _ in parts], sum(x for x, _, _ in parts)
        texts = enough(values, total, sum) if len(parts) == 2 else map(number, values[:2])
        formula = " + ".join(map(in_brackets, texts)) + (" + …" if len(parts) > 2 else "")
        note = ""
        if self.received[operand] > len(parts):
            note = f"total so far {number(self.upstream[id(operand)])}"
        what = f"dL/{_d(self.names[operand.number])} += {len(parts)} contributions"
        way = self.way_of.get((step.number, slot), -1)
        return Line(what, formula, total, note, way)

    def note_grads(self, handed: Iterable[Step], at: int) -> None:
        """The boxes whose values received a contribution show their gradients so far."""
        layers: set[int] = set()
        for step in handed:
            home = self.owner[step.number]
            if home is None:
                continue
            if self.parts[home].kind in MANY:
                layers.add(home)
            elif step is self.speaker(self.parts[home]):
                self.actors[home].grads.append((at, self.upstream[id(step)] + 0.0))  # no -0
        for home in sorted(layers):
            known = [self.upstream[id(x)] for x in self.parts[home].steps if id(x) in self.upstream]
            if known:
                self.actors[home].grads.append((at, strongest(known)))

    def settle(self) -> None:
        """The last gradient of a box is the engine's. The film's own sum may differ in the last bit."""
        for part, actor in zip(self.parts, self.actors, strict=True):
            grad = self.speaker(part).grad
            if grad is not None and actor.grads and part.kind not in MANY:
                frame, mine = actor.grads[-1]
                if math.isclose(mine, grad, rel_tol=1e-9):
                    actor.grads[-1] = frame, grad + 0.0

    # --- words ---

    def called(self, part: Part) -> str:
        step = self.speaker(part)
        if self.single:
            return self.formula(step)
        title = self.graph.title(part.path)
        if part.kind == NEURON:
            called = neuron_title(part.neuron).capitalize()
            return f"{called} of {title}" if title else called
        return title or self.names[step.number]

    def formula(self, step: Step) -> str:
        return f"{self.names[step.number]} = {step.said([self.names[x.number] for x in step.operands])}"


def _record(step: Step) -> tuple[list[Step], list[float | None]]:
    return step.operands, step.partials


def _partials(step: Step) -> list[float | None]:
    return step.partials


_BEGINNING = "The leaves are given: inputs, parameters and constants. From them each step computes its value."


def _clip(lines: list[Line], total: int) -> list[Line]:
    """The first lines, and how many of the total are left out."""
    if total <= MOST_LINES + 1:
        return lines
    return [*lines[:MOST_LINES], Line(f"… and {total - MOST_LINES} more", "", math.nan)]


def _say_once(lines: list[Line]) -> None:
    """A reason that many lines share, one after the other as in a sum, is said in the first of them."""
    if len(lines) < 3:
        return
    for line, before in reversed([*zip(lines[1:], lines[:-1], strict=True)]):
        if line.reason == before.reason:
            line.reason = ""


def _d(name: str) -> str:
    """The differential of a name: dw3, or d(0.weight[1][3]) for a name that is not one word."""
    one_word = name.replace(".", "_").isidentifier() and name not in ("nan", "inf")
    return f"d{name}" if one_word else f"d({name})"


def _unique_names(graph: Graph) -> list[str]:
    """A name for every step: its own, or t7. If two are the same, the neuron's number is added."""
    taken = Counter(step.name for step in graph.steps if step.name)
    names, used = [], set()
    nameless = 0
    for step in graph.steps:
        name = step.name
        if not name and step.kind == OP:
            nameless += 1
            name = f"t{nameless}"
        elif not name:
            names.append(number(step.data))
            continue
        if taken[name] > 1 and step.path and "#" in step.path[-1]:
            name = f"{step.path[-1].rpartition('#')[2]}.{name}"
        base, again = name, 1
        while name in used:
            again += 1
            name = f"{base}_{again}"
        used.add(name)
        names.append(name)
    return names
