"""Which values share a card: the larger parts that a graph is folded into.

A neuron is a dot product with its weights, its bias, and the activation after it. Everything else that a
module computes is a card of steps. The parts never form a circle. If a value is made from another value
of the same module, but by way of something outside of the module, the two are in different parts. `stage`
counts how often such a way has left the module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .graph import CONSTANT, OP, neurons

if TYPE_CHECKING:
    from .graph import Graph, Step

NEURON, LAYER, STEPS, VALUE, INPUTS = "neuron", "layer", "steps", "value", "inputs"

MOST_LOOSE = 12
"""So many operations outside of any module are boxes of their own; more are folded too."""


MOST_PORTS = 16
"""An operation of more operands is a card that names some of them, not a box with a port for each."""


@dataclass(slots=True)
class Part:
    """Some steps of the graph that are drawn as one: operands first.

    kind     NEURON, LAYER, STEPS; VALUE for a single step; INPUTS for the inputs of the first layer
    neuron   the number of the neuron in its layer, and of the use of its weights: 0 for the first sample
    """

    kind: str
    path: tuple[str, ...]
    stage: int
    steps: list[Step] = field(default_factory=list)
    neuron: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Folded:
    """The parts in the order of their first step, and for each step, by number, its part, or None.

    A leaf that only one part uses has no part of its own: it is shown in that one.

    neurons  for each neuron's dot product: which neuron, and which use of its weights
    ends     for each neuron's dot product: the last of the activations after it
    """

    parts: list[Part]
    owner: list[int | None]
    neurons: dict[Step, tuple[int, int]] = field(default_factory=dict)
    ends: dict[Step, Step] = field(default_factory=dict)


def fold(graph: Graph, layers: bool) -> Folded:
    """Fold a graph into neurons and cards, or (`layers`) into layers and cards."""
    folding = _Folding(graph, layers)
    for step in graph.steps:
        if step.kind == OP:
            folding.place(step)
    for part in folding.parts:
        first = part.steps[0]
        if part.kind == STEPS and len(part.steps) == 1 and len(first.operands) <= MOST_PORTS:
            part.kind = VALUE
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
        loose = sum(s.kind == OP and not s.path and not s.weighs for s in steps)
        self.loose_alone = loose <= MOST_LOOSE

    def place(self, step: Step) -> None:
        """Find the part of an operation."""
        sources = [x for x in step.operands if x.kind == OP]
        after = max((self.stages[x.number] + 1 for x in sources), default=0)
        if step.weighs:
            layer = (LAYER, step.path, after)
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
        if path[:1] != step.path[:1]:  # the neuron and the step are of two modules, or one is of none
            return bool(path and step.path) and not step.path[-1].endswith("Loss")
        return bool(path) or len(step.operands) == 1

    def place_leaves(self) -> None:
        """Weights belong to their neuron. Inputs are parts. Other leaves are shown where they are used."""
        gathered: int | None = None
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
                if gathered is None:
                    gathered = len(self.parts)
                    self.parts.append(Part(INPUTS, (), -1))
                self.owner[step.number] = gathered
                self.parts[gathered].steps.append(step)
            elif neurons or VALUE in kinds or len(set(homes)) != 1:
                self.owner[step.number] = len(self.parts)
                path = self.parts[homes[0]].path if step.kind == CONSTANT else step.path
                self.parts.append(Part(VALUE, path, -1, [step]))

    def boxed(self, constant: Step, kinds: set[str]) -> bool:
        """Whether a constant is a box: if it is used by single steps, unless it is shown in their sign."""
        users = self.made[constant.number]
        return VALUE in kinds and all(constant in user.shown_operands for user in users)
