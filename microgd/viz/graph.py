"""The graph of a loss as plain data: what every picture, tree and film is made from.

`read` walks the record once, operands before what is made of them, and takes down each value as a
`Step`: its number, its gradient, its operands and the local derivatives. After that the loss itself
is no longer needed, and training may go on without changing the picture.

It stands on `autograd.record`. A model is known only by its methods `named_parameters` and
`named_modules`, so that nothing here depends on `nn`.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from ..autograd import modified, record, topological_order
from .words import clean, glyph, small_power

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..value import Value

PARAMETER, INPUT, CONSTANT, OP = "parameter", "input", "constant", "op"

NO_GRADIENTS = "No gradients yet: backward() has not been called on this loss."

MOST_TERMS = 8
"""A dot product of at most so many terms is shown in its steps."""


@dataclass(slots=True)
class Step:
    """One value of the graph.

    kind      PARAMETER, INPUT (a leaf that is none), CONSTANT (a plain number), or OP
    op        the primitive that made it, "" for a leaf
    name      what it is called; "" if it has no name
    operands  the numbers of the steps it was made of, one per argument
    slopes    d self / d operand for each; None where no gradient is wanted
    path      the groups it lies in, outermost first: modules, and then the dot product
    """

    number: int
    kind: str
    op: str
    name: str
    data: float
    grad: float | None
    operands: list[int] = field(default_factory=list)
    slopes: list[float | None] = field(default_factory=list)
    path: tuple[str, ...] = ()


@dataclass
class Graph:
    """All steps, operands first and the loss last.

    titles    what the groups are called, by the last element of their path
    notes     sentences that the reader must know to read the numbers right
    """

    steps: list[Step]
    titles: dict[str, str]
    notes: list[str]

    @property
    def root(self) -> Step:
        """The loss."""
        return self.steps[-1]

    @property
    def differentiated(self) -> bool:
        """Whether `backward()` has run on it."""
        return self.root.grad is not None

    @cached_property
    def consumers(self) -> list[list[int]]:
        """For each step those made of it, once per argument slot."""
        made: list[list[int]] = [[] for _ in self.steps]
        for step in self.steps:
            for operand in step.operands:
                made[operand].append(step.number)
        return made


def walk(root: Value) -> Iterator[Any]:
    """Every value under the root, constants too, operands first and in the order they were given.

    That is the order in which a plain formula computes them, and it depends on nothing else.
    """
    seen: set[int] = set()
    stack: list[tuple[Value, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            operands, _ = record(node)
            stack += [(x, False) for x in reversed(operands) if not isinstance(x, float)]


def one_value(loss: Any) -> Any:
    """A Value, or the one element of a Tensor."""
    elements: Any = getattr(loss, "_elements", ())
    if len(elements) == 1:
        loss = elements[0]
    if not hasattr(loss, "_op"):
        raise TypeError(f"expected a Value to draw (a loss), got {type(loss).__name__}")
    return loss


def read(loss: Value, model: Any = None) -> Graph:
    """Take down the graph of `loss`; with the model given, its parameters bear their full names."""
    return read_with_places(loss, model)[0]


def read_with_places(loss: Value, model: Any = None) -> tuple[Graph, dict[int, int]]:
    """The graph, and the number of the step that each Value became, by its id."""
    nodes = list(walk(loss))
    names, titles = _names(model)
    backwarded = loss.grad is not None
    steps: list[Step] = []
    place: dict[int, int] = {}

    def add(**what: Any) -> int:
        steps.append(Step(number=len(steps), **what))
        return len(steps) - 1

    for node in nodes:
        path = _modules(str(node._scope))
        operands: list[int] = []
        values, slopes = record(node)
        for x in values:
            if isinstance(x, float):
                operands.append(add(kind=CONSTANT, op="", name="", data=x, grad=None, path=path))
            else:
                operands.append(place[id(x)])
        if not node.is_leaf:
            kind = OP
        elif model is None:
            kind = PARAMETER if node.requires_grad else INPUT
        else:
            kind = PARAMETER if id(node) in names else INPUT
        place[id(node)] = add(
            kind=kind,
            op=node.op,
            name=clean(name) if (name := names.get(id(node)) or node.label) else "",
            data=node._data,
            grad=node.grad if backwarded and node.requires_grad else None,
            operands=operands,
            slopes=list(slopes),
            path=path,
        )
    if not steps[-1].name:
        steps[-1].name = "loss"
    graph = Graph(steps, titles, _notes(loss, nodes))
    if model is not None:
        _take_home(graph, type(model).__name__)
    _name_by_role(graph)
    _settle_leaves(graph)
    return graph, place


@lru_cache(maxsize=1024)
def _modules(scope: str) -> tuple[str, ...]:
    """ "Sequential.0" lies in Sequential and, inside that, in Sequential.0."""
    parts = scope.split(".") if scope else []
    return tuple(".".join(parts[: i + 1]) for i in range(len(parts)))


def _names(model: Any) -> tuple[dict[int, str], dict[str, str]]:
    """The names of the parameters by id, and the titles of the modules by scope."""
    if model is None:
        return {}, {}
    if not hasattr(model, "named_parameters"):
        raise TypeError(f"model must be a Module, got {type(model).__name__}")
    top = type(model).__name__
    titles = {}
    for name, module in getattr(model, "named_modules", lambda: ())():
        kind = type(module).__name__
        scope, title = (f"{top}.{name}", f"{name.rpartition('.')[2]} {kind}") if name else (top, top)
        titles[scope] = clean(title)
    return {id(p): name for name, p in model.named_parameters()}, titles


def _notes(loss: Value, nodes: Iterable[Any]) -> list[str]:
    notes = []
    if loss.is_leaf:
        notes.append("This value was not computed from others: it has no graph.")
    elif loss.grad is None:
        notes.append(NO_GRADIENTS)
    if not loss.is_leaf and modified(topological_order((loss,))) is not None:
        notes.append(
            "Take care: weights changed since this loss was computed. Their boxes show the new ones:"
            " draw before optimizer.step()."
        )
    if any(not math.isfinite(x) for n in nodes for x in (n._data, n.grad or 0.0)):
        notes.append("Red: not a finite number (nan or inf).")
    return notes


def _name_by_role(graph: Graph) -> None:
    """Nameless leaves of a dot product are called by their part in it: w0, w1 ..., x0, x1 ..., b.

    Nameless constants in the scope of a loss are its targets: y0, y1 ...
    """
    steps = graph.steps
    targets = 0
    for step in steps:
        n = len(step.operands) // 2
        for slot, operand in enumerate(step.operands):
            leaf = steps[operand]
            if leaf.name or leaf.kind in (OP, CONSTANT):
                continue
            if step.op == "dot":
                partner = steps[step.operands[(slot + n) % (2 * n)]] if slot < 2 * n else leaf
                weight = leaf.kind == PARAMETER and (slot < n or partner.kind != PARAMETER)
                letter = "b" if slot == 2 * n else "w" if weight else "x"
                leaf.name = letter if slot == 2 * n or n == 1 else f"{letter}{slot % n}"
            elif leaf.kind == INPUT and step.path and step.path[-1].endswith("Loss"):
                leaf.name = f"y{targets}"
                targets += 1


def _take_home(graph: Graph, top: str) -> None:
    """Parameters whose names are known lie in their own module, if the graph knows it."""
    if not any(step.path[:1] == (top,) for step in graph.steps):
        return
    for step in graph.steps:
        if step.kind == PARAMETER:
            module = step.name.rpartition(".")[0]
            scope = f"{top}.{module}" if module else top
            if scope in graph.titles:
                step.path = _modules(scope)


def _settle_leaves(graph: Graph) -> None:
    """A parameter lies in the innermost group that holds all its uses, an input in none."""
    made = graph.consumers
    for step in graph.steps:
        if step.kind == PARAMETER and made[step.number]:
            uses = common([graph.steps[i].path for i in made[step.number]])
            if uses[: len(step.path)] == step.path:  # else it stays in the module that it belongs to
                step.path = uses
        elif step.kind == INPUT:
            step.path = ()


def common(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The groups that all the paths begin with."""
    shared, *others = set(paths)
    for path in others:
        n = 0
        while n < min(len(shared), len(path)) and shared[n] == path[n]:
            n += 1
        shared = shared[:n]
    return shared


def unfolded(graph: Graph, most: int = MOST_TERMS) -> Graph:
    """The same graph with each dot product of at most `most` terms taken apart.

    z = a1 b1 + ... + an bn (+ bias) becomes n products and their sum, in a frame of their own. The
    local derivatives are those of the record: d z / d a1 = b1 is passed on by the sum, which hands
    each product 1 times its own gradient.
    """
    steps: list[Step] = []
    titles = dict(graph.titles)
    moved: dict[int, int] = {}
    known = neurons(graph)

    def add(step: Step) -> int:
        step.number = len(steps)
        steps.append(step)
        return step.number

    for step in graph.steps:
        copy = replace(step, operands=[moved[i] for i in step.operands])
        n = len(step.operands) // 2
        if step.op == "dot" and len(step.operands) == 2:
            copy.op = "mul"
        elif step.op == "dot" and 1 <= n <= most:
            neuron = known[step.number]
            frame = f"{'.'.join(step.path[-1:])}#{neuron_name(neuron)}"
            what = "w · x + b" if len(step.operands) % 2 else "w · x"
            titles[frame] = f"{neuron_title(neuron) if step.path else 'dot product'}: {what}"
            copy.path = (*step.path, frame)
            copy.op = "sum"
            bias = slice(2 * n, None)
            products, passed = [], []
            for i in range(n):
                a, b = copy.operands[i], copy.operands[n + i]
                slopes = [step.slopes[i], step.slopes[n + i]]
                data = product(graph, step, i, n + i)
                products.append(add(Step(0, OP, "mul", "", data, step.grad, [a, b], slopes, copy.path)))
                passed.append(None if slopes == [None, None] else 1.0)
            copy.operands = [*products, *copy.operands[bias]]
            copy.slopes = [*passed, *step.slopes[bias]]
        moved[step.number] = add(copy)
    result = Graph(steps, titles, graph.notes)
    _settle_constants(result)
    _settle_leaves(result)
    return result


def _settle_constants(graph: Graph) -> None:
    """A plain number lies where it is used."""
    for step in graph.steps:
        for operand in step.operands:
            if graph.steps[operand].kind == CONSTANT:
                graph.steps[operand].path = step.path


def product(graph: Graph, dot: Step, a: int, b: int) -> float:
    """The term of two slots of a dot product, as recorded: d z / d a is the b of the forward pass."""
    of_a, of_b = dot.slopes[a], dot.slopes[b]
    left = graph.steps[dot.operands[a]].data if of_b is None else of_b
    right = graph.steps[dot.operands[b]].data if of_a is None else of_a
    return left * right


def exponent(graph: Graph, step: Step) -> float | None:
    """The 2 of x²: a whole exponent that reads better as part of the sign than as a value."""
    if step.op == "pow":
        power = graph.steps[step.operands[1]]
        if power.kind == CONSTANT and small_power(power.data):
            return power.data
    return None


def sign(graph: Graph, step: Step) -> str:
    """The sign of an operation, "" for a leaf."""
    return glyph(step.op, exponent(graph, step)) if step.op else ""


def shown_operands(graph: Graph, step: Step) -> list[int]:
    """The operands that are values of their own: all, but for an exponent that the sign says."""
    return step.operands if exponent(graph, step) is None else step.operands[:1]


def weighs(graph: Graph, step: Step) -> bool:
    """Whether a step is a neuron: a dot product that parameters take part in."""
    n = len(step.operands)
    return step.op == "dot" and n >= 2 and any(graph.steps[i].kind == PARAMETER for i in step.operands)


def terms(graph: Graph, step: Step) -> list[tuple[int, int]]:
    """The terms of a dot product as pairs of slots, (weight, input): weights first, if they are known."""
    n = len(step.operands) // 2
    kinds = [graph.steps[i].kind for i in step.operands]
    trained_first = kinds[:n].count(PARAMETER) >= kinds[n : 2 * n].count(PARAMETER)
    return [(i, n + i) if trained_first else (n + i, i) for i in range(n)]


def weights_of(graph: Graph, dot: Step) -> list[int]:
    """The parameters that make a dot product this neuron: its weights and its bias, not its inputs."""
    slots = [w for w, _ in terms(graph, dot)] + list(range(len(dot.operands)))[2 * (len(dot.operands) // 2) :]
    return [i for i in (dot.operands[slot] for slot in slots) if graph.steps[i].kind == PARAMETER]


def neurons(graph: Graph) -> dict[int, tuple[int, int]]:
    """For each dot product which neuron of its module it is, and which use of its weights.

    The same weights make the same neuron: a batch uses them once for each of its samples.
    """
    found: dict[int, tuple[int, int]] = {}
    known: dict[tuple[tuple[str, ...], tuple[int, ...]], int] = {}
    ordinals: Counter[tuple[str, ...]] = Counter()
    uses: Counter[tuple[tuple[str, ...], tuple[int, ...]]] = Counter()
    for step in graph.steps:
        if step.op == "dot":
            weights = tuple(weights_of(graph, step))
            key = (step.path, weights or (~step.number,))
            if key not in known:
                known[key] = ordinals[step.path]
                ordinals[step.path] += 1
            found[step.number] = known[key], uses[key]
            uses[key] += 1
    return found


def neuron_title(neuron: tuple[int, int]) -> str:
    """ "neuron 3", and "neuron 3, use 2" for another sample with the same weights."""
    ordinal, use = neuron
    return f"neuron {ordinal}, use {use + 1}" if use else f"neuron {ordinal}"


def neuron_name(neuron: tuple[int, int]) -> str:
    """What the output of a neuron is called: n3, or n3'2 at the second use of its weights."""
    ordinal, use = neuron
    return f"n{ordinal}'{use + 1}" if use else f"n{ordinal}"
