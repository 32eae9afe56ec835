"""Which values share a card: the larger parts that a graph is folded into.

A neuron is a dot product with its weights, its bias, and the activation after it. Everything else that a
module computes is a card of steps. The parts never form a circle. If a value is made from another value
of the same module, but by way of something outside of the module, the two are in different parts. `stage`
counts how often such a way has left the module.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .attention import heads, in_one_piece
from .graph import CONSTANT, INPUT, OP, PARAMETER, TIME, neurons
from .line_loops import find_by_line
from .loops import find

if TYPE_CHECKING:
    from .attention import Head
    from .graph import Graph, Step
    from .line_loops import LineLoop
    from .loops import Loop

NEURON, LAYER, STEPS, LOOP, VALUE, INPUTS = "neuron", "layer", "steps", "loop", "value", "inputs"
ATTENTION = "attention"

MOST_LOOSE = 12
"""So many operations outside of any module are boxes of their own; more are folded too."""


MOST_LEAVES = 100
"""More leaves that only one card uses are shown in it, and are no boxes. Parameters are counted first ..."""

MOST_INPUTS = 16
"""... and where a layer is at work, a few inputs of the rest of the program are boxes."""

MOST_STRETCHES = 24
"""Operations that are in no loop are folded, in their order, into at most about so many cards."""

SHORTEST_STRETCH = 14
"""Fewer operations than that do not need a second card."""

MOST_ITERATIONS = 40
"""The iterations of a loop that are told one by one; of more iterations, several are told together."""

MOST_PORTS = 16
"""An operation of more operands is a card that names some of them, not a box with a port for each."""


@dataclass(slots=True)
class Part:
    """Some steps of the graph that are drawn as one: operands first.

    kind     NEURON, LAYER, STEPS, LOOP, ATTENTION; VALUE for a single step; INPUTS for the inputs of the
             first layer
    neuron   the number of the neuron in its layer, and of the use of its weights: 0 for the first sample
    loop     the loop whose operations a LOOP holds
    heads    the attention heads whose operations an ATTENTION holds
    """

    kind: str
    path: tuple[str, ...]
    stage: int
    steps: list[Step] = field(default_factory=list)
    neuron: tuple[int, int] = (0, 0)
    loop: Loop | None = None
    heads: list[Head] = field(default_factory=list)

    @property
    def loose(self) -> bool:
        """Whether its operations lie outside of any module."""
        return all(not step.path for step in self.steps)


@dataclass(slots=True)
class Folded:
    """The parts in the order of their first step, and for each step, by number, its part, or None.

    A leaf that only the card of a module uses has no part of its own: it is shown in that card. All other
    leaves do, unless they are too many.

    neurons  for each neuron's dot product: which neuron, and which use of its weights
    ends     for each neuron's dot product: the last of the activations after it
    """

    parts: list[Part]
    owner: list[int | None]
    neurons: dict[Step, tuple[int, int]] = field(default_factory=dict)
    ends: dict[Step, Step] = field(default_factory=dict)


def fold(graph: Graph, layers: bool, loops: bool = False) -> Folded:
    """Fold a graph into neurons and cards, or (`layers`) into layers and cards.

    Where no layer is at work, loops are folded too: into one part each (`loops`), or iteration by iteration.
    """
    folding = _Folding(graph, layers)
    if not (folding.head_of or folding.loose_alone or any(step.weighs for step in graph.steps)):
        folding.plan(loops)
    for step in folding.order:
        if step.kind == OP:
            folding.place(step)
    folding.sort_neurons()
    for part in folding.parts:
        first = part.steps[0]
        if part.kind == STEPS and len(part.steps) == 1 and len(first.operands) <= MOST_PORTS:
            part.kind, part.path = VALUE, first.path
    folding.place_leaves()
    return Folded(folding.parts, folding.owner, folding.neurons, folding.ends)


class _Folding:
    """The work on the way to a `Folded`."""

    def __init__(self, graph: Graph, layers: bool) -> None:
        steps = graph.steps
        self.graph = graph
        self.layers = layers
        self.made = graph.consumers
        self.parts: list[Part] = []
        self.owner: list[int | None] = [None] * len(steps)
        self.stages = [0] * len(steps)
        self.known: dict[tuple[object, ...], int] = {}
        self.neurons = neurons(graph)
        self.weights = {weight for dot in self.neurons for weight in dot.weights()}
        self.ends: dict[Step, Step] = {}
        self.begins: dict[Step, Step] = {}  # the dot product before each activation
        self.order, whole = in_one_piece(graph, heads(graph))
        self.head_of = {step: head for head in whole for step in head.steps}
        self.attending: dict[Head, int] = {}  # the number of the part of each head
        loose = sum(s.kind == OP and not s.path and not s.weighs and s not in self.head_of for s in steps)
        self.loose_alone = loose <= MOST_LOOSE
        self.planned: dict[int, Part] = {}  # by the number of a step
        self.numbers: dict[int, int] = {}  # by the id of a planned part: its number

    def plan(self, loops: bool) -> None:
        """Fold the operations outside of modules: by repeated shape, and else in their order.

        Each part that is planned holds operations that follow each other.
        """
        runs: list[list[Step]] = [[]]
        loose = 0
        for step in self.graph.steps:
            if step.kind == OP and step.path:
                runs.append([])
            elif step.kind == OP:
                runs[-1].append(step)
                loose += 1
        size = max(SHORTEST_STRETCH, -(-loose // MOST_STRETCHES))
        for run in runs:
            done = 0
            for lines in find_by_line(run):
                if not _repeats(lines.steps):
                    self.plan_shapes(run[done : lines.start], size, loops)
                    self.plan_lines(lines, size, loops)
                    done = lines.start + len(lines.steps)
            self.plan_shapes(run[done:], size, loops)

    def plan_shapes(self, run: list[Step], size: int, loops: bool) -> None:
        """Operations that follow each other: loops by their shape, and what lies between them."""
        done = 0
        for loop in find(run):
            made = loop.steps
            at = run.index(made[0], done)
            self.plan_stretch(run[done:at], size)
            if loops:
                self.plan_part(Part(LOOP, (), 0, made, loop=loop))
            else:
                self.plan_iterations(loop.iterations)
                self.plan_stretch(loop.end, SHORTEST_STRETCH)
            done = at + len(made)
        self.plan_stretch(run[done:], size)

    def plan_lines(self, loop: LineLoop, size: int, loops: bool) -> None:
        """A loop by the lines that made it: one card, or a card for each turn or each `size` operations."""
        if loop.turns and not loops:
            self.plan_iterations(loop.turns)
            return
        count = len(loop.steps)
        size = count if loops else size
        for i in range(0, count, size):
            path = (f"lines from {loop.steps[i].number}",)
            self.graph.titles[path[0]] = (
                loop.title() if size >= count else loop.title(i + 1, min(i + size, count))
            )
            self.plan_part(Part(STEPS, path, 0, loop.steps[i : i + size]))

    def plan_stretch(self, steps: list[Step], size: int) -> None:
        """Operations that are in no loop: boxes if they are few, else cards of `size` operations."""
        if len(steps) <= MOST_LOOSE:
            for step in steps:
                self.plan_part(Part(STEPS, (), 0, [step]))
        else:
            for i in range(0, len(steps), size):
                self.plan_part(Part(STEPS, (), 0, steps[i : i + size]))

    def plan_iterations(self, turns: list[list[Step]]) -> None:
        """A part for each iteration of a loop, or for several: "iteration 7", or "iteration 6 to 10"."""
        together = -(-len(turns) // MOST_ITERATIONS)
        for k in range(0, len(turns), together):
            iterations = turns[k : k + together]
            last = k + len(iterations)
            title = f"iteration {last}" if len(iterations) == 1 else f"iteration {k + 1} to {last}"
            self.plan_part(Part(STEPS, (title,), 0, [step for iteration in iterations for step in iteration]))

    def plan_part(self, part: Part) -> None:
        """Remember a part for its steps. It gets its number when its first step is placed."""
        for step in part.steps:
            self.planned[step.number] = part

    def place_planned(self, step: Step, part: Part) -> None:
        """Place a step of a planned part. Its first step places the part after all that the part uses."""
        if id(part) not in self.numbers:
            self.numbers[id(part)] = len(self.parts)
            self.parts.append(part)
            inside = set(part.steps)
            used = (x for s in part.steps for x in s.operands if x.kind == OP and x not in inside)
            part.stage = max((self.stages[x.number] + 1 for x in used), default=0)
        self.owner[step.number] = self.numbers[id(part)]
        self.stages[step.number] = part.stage

    def place(self, step: Step) -> None:
        """Find the part of an operation."""
        if (part := self.planned.get(step.number)) is not None:
            self.place_planned(step, part)
            return
        if (head := self.head_of.get(step)) is not None:
            self.place_attending(step, head)
            return
        sources = [x for x in step.operands if x.kind == OP]
        after = max((self.stages[x.number] + 1 for x in sources), default=0)
        if step.weighs:
            layer = (LAYER, step.path, after, step.width, step.bias is None)
            kind, key = (LAYER, layer) if self.layers else (NEURON, (*layer, step.number))
            self.add(step, kind, after, key).neuron = self.neurons[step]
            self.ends[step] = self.begins[step] = step
        elif self.activates(step, sources):
            (source,) = sources
            self.add(step, "", self.stages[source.number], None, self.owner[source.number])
            self.begins[step] = self.begins[source]
            self.ends[self.begins[step]] = step
        elif not step.path and self.loose_alone and len(step.operands) <= MOST_PORTS:
            self.add(step, VALUE, after, (VALUE, step.number))
        else:
            stage = max((self.stages[x.number] + (not self.beside(step, x)) for x in sources), default=0)
            self.add(step, STEPS, stage, (STEPS, step.path, stage))

    def place_attending(self, step: Step, head: Head) -> None:
        """Place a step of a head. Heads of one module that do not use each other share a part."""
        if head not in self.attending:
            inside = set(head.steps)
            used = (x for s in head.steps for x in s.operands if x.kind == OP and x not in inside)
            stage = max((self.stages[x.number] + 1 for x in used), default=0)
            path = next(iter(head.rows[0].values())).path
            key = (ATTENTION, path, stage)
            part = self.add(step, ATTENTION, stage, key)
            part.path = path
            part.heads.append(head)
            self.attending[head] = self.known[key]
        else:
            at = self.attending[head]
            self.add(step, ATTENTION, self.parts[at].stage, None, at)

    def add(
        self, step: Step, kind: str, stage: int, key: tuple[object, ...] | None, at: int | None = None
    ) -> Part:
        """Put a step into the part of that key, or into part number `at`."""
        if at is None and key is not None:
            at = self.known.setdefault(key, len(self.parts))
        if at == len(self.parts):
            self.parts.append(Part(kind, step.path, stage))
        assert at is not None
        self.stages[step.number] = stage
        self.owner[step.number] = at
        self.parts[at].steps.append(step)
        return self.parts[at]

    def sort_neurons(self) -> None:
        """Bring the neurons of a layer into their order: a loss may use the last one first."""
        layers: dict[tuple[object, ...], list[int]] = {}
        for at, part in enumerate(self.parts):
            if part.kind == NEURON:
                layers.setdefault((part.path, part.stage), []).append(at)
        new = list(range(len(self.parts)))
        for places in layers.values():
            ordered = sorted(places, key=lambda at: self.parts[at].neuron[::-1])
            for place, at in zip(places, ordered, strict=True):
                new[at] = place
        self.owner = [None if at is None else new[at] for at in self.owner]
        self.parts = [part for _, part in sorted(zip(new, self.parts, strict=True), key=lambda pair: pair[0])]

    def beside(self, step: Step, other: Step) -> bool:
        """Whether another step lies in a card of the same module."""
        at = self.owner[other.number]
        return at is not None and self.parts[at].kind == STEPS and self.parts[at].path == step.path

    def activates(self, step: Step, sources: list[Step]) -> bool:
        """Whether a step is a function of one neuron that nothing else uses, such as a tanh after it.

        What a formula or a loss makes of the outputs of a model is no part of the model's last layer.
        """
        inputs = [x for x in step.operands if x.kind != CONSTANT]
        if len(inputs) != 1 or inputs != sources or len(self.made[inputs[0].number]) != 1:
            return False
        at = self.owner[inputs[0].number]
        if at is None or self.parts[at].kind not in (NEURON, LAYER):
            return False
        path = self.parts[at].path
        if _outermost(path) != _outermost(
            step.path
        ):  # the neuron and the step are of two modules, or one is of none
            both = _outermost(path) and _outermost(step.path)
            return bool(both) and not step.path[-1].endswith("Loss")
        return bool(_outermost(path)) or len(step.operands) == 1

    def place_leaves(self) -> None:
        """Weights belong to their neuron. Inputs are parts. Other leaves are shown where they are used."""
        gathered: dict[tuple[str, ...], int] = {}  # the inputs of layers, for each time step
        boxed = self.boxed_kinds()
        for step in self.graph.steps:
            users = self.made[step.number]
            homes = [h for u in users if (h := self.owner[u.number]) is not None]
            kinds = {self.parts[h].kind for h in homes}
            neurons = [h for h in homes if self.parts[h].kind in (NEURON, LAYER)]
            if step.kind == OP or (step.kind == CONSTANT and not self.boxed(step, kinds)):
                continue
            if step in self.weights and neurons:
                self.owner[step.number] = neurons[0]
            elif neurons and self.layers:
                path = step.path if step.kind == INPUT else ()
                if path not in gathered:
                    gathered[path] = len(self.parts)
                    self.parts.append(Part(INPUTS, path, -1))
                self.owner[step.number] = gathered[path]
                self.parts[gathered[path]].steps.append(step)
            elif (
                neurons
                or VALUE in kinds
                or len(set(homes)) != 1
                or (step.kind in boxed and self.parts[homes[0]].loose)
            ):
                self.owner[step.number] = len(self.parts)
                path = self.parts[homes[0]].path if step.kind == CONSTANT else step.path
                self.parts.append(Part(VALUE, path, -1, [step]))

    def boxed_kinds(self) -> set[str]:
        """Which leaves are boxes even if only one card of loose operations uses them."""
        count = Counter(step.kind for step in self.graph.steps if step not in self.weights)
        kinds = set()
        if count[PARAMETER] <= MOST_LEAVES:
            kinds.add(PARAMETER)
            most = MOST_INPUTS if self.weights else MOST_LEAVES - count[PARAMETER]
            if count[INPUT] <= most:
                kinds.add(INPUT)
        return kinds

    def boxed(self, constant: Step, kinds: set[str]) -> bool:
        """Whether a constant is a box: if it is used by single steps, unless it is shown in their sign."""
        users = self.made[constant.number]
        return VALUE in kinds and all(constant in user.shown_operands for user in users)


def _outermost(path: tuple[str, ...]) -> tuple[str, ...]:
    """The outermost module of a path. A time step is none."""
    return path[1:2] if path and path[0].startswith(TIME) else path[:1]


def _repeats(steps: list[Step]) -> bool:
    """Whether most of some operations are a loop by their shape, which says more than their lines."""
    return any(2 * len(loop.steps) > len(steps) for loop in find(steps))
