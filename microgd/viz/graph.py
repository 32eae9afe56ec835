"""The graph of a loss as plain data: what every picture, tree and film is made from.

`read` goes through the graph once, in topological order, and makes a `Step` of each value: its number, its
gradient, its operands and its partials. After that the loss itself is no longer needed, and training may
go on without changing the picture. If a graph is too large to be read whole, there is a `Peek`: it makes a
step of a value only when somebody looks at it.

It uses `autograd.shown_record`. A model is known only by its methods `named_parameters` and
`named_modules`, so that nothing here depends on `nn`.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from ..autograd import modified, shown_record
from ..tensor import named_elements
from .marks import in_brackets
from .order import operands_of, past_copies, shown, walk
from .words import clean, clean_path, glyph, number, phrase, small_power

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ..value import Value

PARAMETER, INPUT, CONSTANT, OP = "parameter", "input", "constant", "op"

NO_GRADIENTS = "No gradients yet: backward() has not been called on this loss."

MOST_TERMS = 8
"""A dot product of at most so many terms is shown in its steps."""

LONGEST_FORMULA = 24
"""A longer formula is not said beside a name, but only its sign."""

MOST_READ = 20_000
"""Of a larger graph, trees and explanations read only what they show."""

TIME = "@"
"""In the names of frames it stands before the number of a time step."""

MOST_COUNTED = 10_000
"""Values below a step are counted up to here."""


@dataclass(slots=True, eq=False)
class Step:
    """One value of the graph.

    kind      PARAMETER, INPUT (a leaf that is none), CONSTANT (a plain number), or OP
    op        the primitive that made it, "" for a leaf
    name      what it is called; "" if it has no name
    operands  the steps it was made of, in order: x * x has two
    partials  d self / d operand for each; None where no gradient is wanted
    path      the groups it lies in, outermost first: modules, and then the dot product
    place     the file, the line and the instruction that made it, if it was made inside of `lines()`
    """

    number: int
    kind: str
    op: str
    name: str
    data: float
    grad: float | None
    operands: list[Step] = field(default_factory=list, repr=False)
    partials: list[float | None] = field(default_factory=list)
    path: tuple[str, ...] = ()
    place: tuple[str, int, int] | None = None

    @property
    def exponent(self) -> float | None:
        """The 2 of x²: a small whole exponent, which is shown in the sign and not as a value."""
        if self.op == "pow" and self.operands[1].kind == CONSTANT and small_power(self.operands[1].data):
            return self.operands[1].data
        return None

    @property
    def sign(self) -> str:
        """The sign of an operation, "" for a leaf."""
        return glyph(self.op, self.exponent) if self.op else ""

    @property
    def shown_operands(self) -> list[Step]:
        """The operands that are shown as values: all, except for an exponent that is in the sign."""
        return self.operands if self.exponent is None else self.operands[:1]

    @property
    def width(self) -> int:
        """How many terms a dot product has."""
        return len(self.operands) // 2

    @property
    def bias(self) -> Step | None:
        """What a dot product adds to its terms, if anything; the last operand."""
        return self.operands[-1] if len(self.operands) % 2 else None

    @property
    def weighs(self) -> bool:
        """Whether it is a neuron: a dot product that parameters take part in."""
        return self.op == "dot" and self.width > 0 and any(x.kind == PARAMETER for x in self.operands)

    def terms(self) -> list[tuple[int, int]]:
        """The terms of a dot product as pairs of slots, (weight, input): weights first, if they are known.

        If both may be weights, the input is the first one inside of a layer, and the second one elsewhere.
        """
        n = self.width
        kinds = [x.kind for x in self.operands]
        first, second = kinds[:n].count(PARAMETER), kinds[n : 2 * n].count(PARAMETER)
        if first > second or (first == second and not (first and self.path)):
            return [(i, n + i) for i in range(n)]
        return [(n + i, i) for i in range(n)]

    def weights(self) -> list[Step]:
        """The parameters that make a dot product this neuron: its weights and its bias, not its inputs."""
        used = [self.operands[w] for w, _ in self.terms()] + ([self.bias] if self.bias else [])
        return [x for x in used if x.kind == PARAMETER]

    def product(self, a: int, b: int) -> float:
        """The product of two slots of a dot product, as recorded: d z / d a is b at the forward pass."""
        of_a, of_b = self.partials[a], self.partials[b]
        left = self.operands[a].data if of_b is None else of_b
        right = self.operands[b].data if of_a is None else of_a
        return left * right

    def flow(self, slot: int) -> float | None:
        """What flows back into an operand slot: the partial times the gradient of the result."""
        partial = self.partials[slot]
        return None if partial is None or self.grad is None else partial * self.grad

    def said(self, words: Sequence[str]) -> str:
        """The operation in terms of its operands' words, with x² for the power of two."""
        if self.exponent is not None:
            return self.sign.replace("x", in_brackets(words[0]), 1)
        if self.op == "dot":
            pairs = self.terms()
            slots = [w for w, _ in pairs] + [x for _, x in pairs] + [2 * self.width]
            words = [words[slot] for slot in slots if slot < len(words)]
        return phrase(self.op, words)

    def formula(self) -> str:
        """What is said after "name =": x², b × c, or only the sign if an operand has no name, as in Σ."""
        words = [number(x.data) if x.kind == CONSTANT else x.name for x in self.operands]
        said = self.said(words) if all(words) else ""
        return said if 0 < len(said) <= LONGEST_FORMULA else self.sign

    def hint(self) -> str:
        """A step in one sentence, which a reader sees when pointing at it."""
        kind = {PARAMETER: "parameter", INPUT: "input", CONSTANT: "constant"}.get(self.kind, "")
        name = self.name or kind or "this value"
        if self.kind == OP:
            made = self.said([x.name or number(x.data) for x in self.operands])
            text = f"{name} = {made} = {number(self.data)}"
        else:
            text = f"{name} = {number(self.data)}"
            if self.name and kind:
                text += f", {kind}"
        return text if self.grad is None else f"{text}; d loss / d {name} = {number(self.grad)}"


@dataclass
class Graph:
    """All steps, operands first and the loss last.

    titles    what the groups are called, by the last element of their path
    notes     sentences that a reader needs to understand the numbers
    taken     the step that each Value became, by its id: while the loss lives
    past      what a Value is shown as: itself, or what it is a copy of
    """

    steps: list[Step]
    titles: dict[str, str]
    notes: list[str]
    taken: dict[int, Step] = field(default_factory=dict, repr=False)
    past: Callable[[Any], Any] = field(default=past_copies, repr=False)

    @property
    def root(self) -> Step:
        """The loss."""
        return self.steps[-1]

    @property
    def differentiated(self) -> bool:
        """Whether `backward()` has run on it."""
        return self.root.grad is not None

    @cached_property
    def consumers(self) -> list[list[Step]]:
        """For each step the steps that use it, once for each operand slot."""
        made: list[list[Step]] = [[] for _ in self.steps]
        for step in self.steps:
            for operand in step.operands:
                made[operand.number].append(step)
        return made

    def title(self, path: tuple[str, ...]) -> str:
        """What the innermost group of a path is called; "" outside of all."""
        return self.titles.get(path[-1], path[-1].rpartition(".")[2]) if path else ""

    # --- what trees and explanations ask for; a `Peek` answers the same ---

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.steps)

    @property
    def largest(self) -> float:
        """The largest finite gradient in size; 0 if there is none."""
        sizes = (abs(s.grad) for s in self.steps if s.grad is not None)
        return max((size for size in sizes if size < math.inf), default=0.0)

    def step(self, x: Any) -> Step:
        """A value, taken down, and its operands."""
        return x if isinstance(x, Step) else self.taken[id(x)]

    def knows(self, x: Any) -> bool:
        """Whether the loss was made of a Value."""
        return id(x) in self.taken

    def name(self, x: Any) -> str:
        """What a Value is called."""
        return self.step(x).name

    def uses(self, step: Step) -> int:
        """How often a step is an operand."""
        return len(self.consumers[step.number])

    def addends(self, step: Step) -> list[Any]:
        """The operands of a + b + c + ..., however many additions it took."""
        return addends(
            step, lambda s: s.operands, lambda s: s.op == "add" and not s.name and self.uses(s) == 1
        )

    def below(self, step: Step) -> int:
        """How many values a step was made of, if they are fewer than MOST_COUNTED."""
        return below(step, lambda s: s.operands)


def addends(root: Any, operands: Callable[[Any], Sequence[Any]], joins: Callable[[Any], bool]) -> list[Any]:
    """The operands of a + b + c + ...: every addition for which `joins` is True counts as one sum."""
    found: list[Any] = []
    stack = list(reversed(operands(root)))
    while stack:
        x = stack.pop()
        if joins(x):
            stack += reversed(operands(x))
        else:
            found.append(x)
    return found


def below(root: Any, operands: Callable[[Any], Sequence[Any]]) -> int:
    """How many values a node was made of; from MOST_COUNTED on it stops counting."""
    seen: dict[int, Any] = {}  # plain numbers live as long as they are remembered
    stack = list(operands(root))
    while stack and len(seen) < MOST_COUNTED:
        x = stack.pop()
        if id(x) not in seen:
            seen[id(x)] = x
            stack += operands(x)
    return len(seen)


def one_value(loss: Any) -> Any:
    """A Value, or the one element of a Tensor."""
    elements = getattr(loss, "_elements", loss)
    while isinstance(elements, list) and len(elements) == 1:
        elements = elements[0]
    if not hasattr(elements, "_row"):
        raise TypeError(f"expected a Value to draw (a loss), got {type(loss).__name__}")
    return elements


class Reader:
    """Makes steps of the values of one loss. With a model, its parameters have their full names."""

    def __init__(self, loss: Value, model: Any = None) -> None:
        self.names, self.titles = _names(model)
        self.knows_parameters = model is not None
        self.backwarded = loss._grad is not None

    def name(self, node: Any) -> str:
        """What a value is called, by the model or by its label."""
        if name := self.names.get(id(node)):
            return clean_path(name)
        return clean(node.label) if node.label else ""

    def taken_down(self, node: Any, number: int) -> Step:
        """A value without its operands."""
        kind = OP
        if node.is_leaf:
            known = id(node) in self.names if self.knows_parameters else node.requires_grad
            kind = PARAMETER if known else INPUT
        grad = node.grad if self.backwarded and node.requires_grad else None
        return Step(
            number,
            kind,
            node.op,
            self.name(node),
            node.data,
            None if grad is None else float(grad),  # what is read from `.grad` refers to its Value
            path=_modules(str(node._scope)),
            place=getattr(node._scope, "place", None),
        )


def read(loss: Value, model: Any = None) -> Graph:
    """The graph of `loss` as data. If the model is given, its parameters have their full names."""
    nodes, past = shown(loss)
    reader = Reader(loss, model)
    steps: list[Step] = []
    taken: dict[int, Step] = {}
    for node in nodes:
        operands, path = [], _modules(str(node._scope))
        for x in map(past, node.inputs):
            if isinstance(x, float):
                place = getattr(node._scope, "place", None)
                steps.append(Step(len(steps), CONSTANT, "", "", x, None, path=path, place=place))
                operands.append(steps[-1])
            else:
                operands.append(taken[id(x)])
        step = taken[id(node)] = reader.taken_down(node, len(steps))
        step.operands, step.partials = operands, list(shown_record(node)[1])
        steps.append(step)
    if not steps[-1].name:
        steps[-1].name = "loss"
    graph = Graph(steps, reader.titles, notes(loss, nodes), taken, past)
    if model is not None:
        _take_home(graph, type(model).__name__)
        graph.notes += frozen(model, taken)
    _name_by_role(graph)
    _settle_leaves(graph)
    return graph


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
    return {id(p): name for name, p in named_elements(model.named_parameters())}, titles


def notes(loss: Value, nodes: Collection[Any]) -> list[str]:
    """Sentences that a reader needs to understand the numbers of these nodes."""
    said = []
    if loss.is_leaf and loss.requires_grad:
        said.append("This value was not computed from others: it has no graph.")
    elif loss.is_leaf:
        said.append("This value has no graph: nothing in it requires a gradient.")
    elif loss._grad is None:
        said.append(NO_GRADIENTS)
    if modified(nodes) is not None:
        said.append(
            "Take care: weights changed since this loss was computed. Their boxes show the new ones:"
            " draw before optimizer.step()."
        )
    if any(not math.isfinite(x) for n in nodes for x in (n.data, n.grad or 0.0)):
        said.append("Red: not a finite number (nan or inf).")
    return said


def frozen(model: Any, taken: Collection[int]) -> list[str]:
    """A sentence about the layers of a model that are not in the graph because no gradient was wanted."""
    missing = []
    for name, module in getattr(model, "named_modules", lambda: ())():
        own = [p for at, p in named_elements(module.named_parameters()) if "." not in at]
        if own and not any(p.requires_grad or id(p) in taken for p in own):
            missing.append(clean(f"{name} {type(module).__name__}".strip()))
    if not missing:
        return []
    are, they = ("is", "it") if len(missing) == 1 else ("are", "they")
    return [
        f"{', '.join(missing)} {are} frozen (requires_grad is False):"
        f" what {they} computed stands here as inputs."
    ]


def _name_by_role(graph: Graph) -> None:
    """Give leaves without a name one that says what they are used for.

    The targets of a loss, its nameless inputs, are y0, y1 ... in the order of their use.
    """
    targets = (f"y{i}" for i in itertools.count())
    for step in graph.steps:
        name_operands(step, targets)


def name_operands(step: Step, targets: Iterator[str]) -> None:
    """Name the nameless leaves of a dot product w0, w1 ..., x0, x1 ..., b; `targets` are for a loss."""
    n = step.width
    weights = {w for w, _ in step.terms()} if step.op == "dot" else set()
    for slot, leaf in enumerate(step.operands):
        if leaf.name or leaf.kind in (OP, CONSTANT):
            continue
        if step.op == "dot" and slot == 2 * n:
            leaf.name = "b"
        elif step.op == "dot":
            partner = step.operands[(slot + n) % (2 * n)]
            weight = leaf.kind == PARAMETER and (slot in weights or partner.kind != PARAMETER)
            letter = "w" if weight else "x"
            leaf.name = letter if n == 1 else f"{letter}{slot % n}"
        elif leaf.kind == INPUT and step.path and step.path[-1].endswith("Loss"):
            leaf.name = next(targets)


def _take_home(graph: Graph, top: str) -> None:
    """Put parameters with a name into the module of that name, if the graph knows it."""
    if not any(step.path[:1] == (top,) for step in graph.steps):
        return
    for step in graph.steps:
        if step.kind == PARAMETER:
            module = step.name.rpartition(".")[0]
            scope = f"{top}.{module}" if module else top
            if scope in graph.titles:
                step.path = _modules(scope)


def _settle_leaves(graph: Graph) -> None:
    """Put each parameter into the innermost group that holds all its uses, and inputs into no group."""
    made = graph.consumers
    for step in graph.steps:
        if step.kind == PARAMETER and made[step.number]:
            uses = common([user.path for user in made[step.number]])
            if uses[: len(step.path)] == step.path:  # else it stays in the module that it belongs to
                step.path = uses
        elif step.kind == INPUT:
            step.path = _time_step(common([user.path for user in made[step.number]] or [()]))


def _time_step(path: tuple[str, ...]) -> tuple[str, ...]:
    """The frame of a time step that a path leads into; () if there is none."""
    return next((path[: i + 1] for i, scope in enumerate(path) if TIME in scope), ())


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
    partials are those of the record. The sum passes 1 times its own gradient to each product, and the
    product a1 b1 multiplies it with d z / d a1 = b1.
    """
    steps: list[Step] = []
    titles = dict(graph.titles)
    moved: dict[Step, Step] = {}
    known = neurons(graph)

    def add(step: Step) -> Step:
        step.number = len(steps)
        steps.append(step)
        return step

    for step in graph.steps:
        copy = replace(step, operands=[moved[x] for x in step.operands])
        n = step.width
        if step.op == "dot" and len(step.operands) == 2:
            copy.op = "mul"
        elif step.op == "dot" and 1 <= n <= most:
            neuron = known[step]
            frame = f"{'.'.join(step.path[-1:])}#{neuron_name(neuron)}"
            what = "w · x + b" if step.bias else "w · x"
            titles[frame] = f"{neuron_title(neuron) if step.path else 'dot product'}: {what}"
            copy.path = (*step.path, frame)
            copy.op = "sum"
            products, passed = [], []
            for pair in step.terms():
                partials = [step.partials[slot] for slot in pair]
                operands = [copy.operands[slot] for slot in pair]
                data = step.product(*pair)
                product = Step(0, OP, "mul", "", data, step.grad, operands, partials, copy.path, step.place)
                products.append(add(product))
                passed.append(None if partials == [None, None] else 1.0)
            copy.operands = [*products, *copy.operands[2 * n :]]
            copy.partials = [*passed, *step.partials[2 * n :]]
        moved[step] = add(copy)
    result = Graph(steps, titles, graph.notes, {key: moved[step] for key, step in graph.taken.items()})
    settle(result)
    return result


def settle(graph: Graph) -> None:
    """Put all leaves into groups, and a plain number into the group that uses it."""
    for step in graph.steps:
        for operand in step.operands:
            if operand.kind == CONSTANT:
                operand.path = step.path
    _settle_leaves(graph)


def neurons(graph: Graph) -> dict[Step, tuple[int, int]]:
    """For each dot product, the number of the neuron in its module, and of the use of its weights.

    The same weights make the same neuron: a batch uses them once for each of its samples. Neurons are
    numbered as the rows of their weights, or, if these have no such names, in the order of their first use.
    """
    weights: dict[Step, tuple[int, ...]] = {}
    rows: dict[tuple[str, ...], dict[tuple[int, ...], tuple[int, ...]]] = {}  # by path, and by weights
    stems: dict[str, int] = {}
    for step in graph.steps:
        if step.op == "dot":
            known = step.weights()
            weights[step] = tuple(x.number for x in known) or (~step.number,)
            stem, *indices = re.split(r"\]?\[(\d+)", known[0].name) if known else [""]
            row = (stems.setdefault(stem, len(stems)), *map(int, filter(str.isdecimal, indices)))
            rows.setdefault(step.path, {}).setdefault(weights[step], row if indices else ())
    numbers = {
        path: {key: n for n, key in enumerate(sorted(of, key=of.__getitem__))} for path, of in rows.items()
    }
    found: dict[Step, tuple[int, int]] = {}
    uses: Counter[tuple[tuple[str, ...], tuple[int, ...]]] = Counter()
    for step, key in weights.items():
        found[step] = numbers[step.path][key], uses[step.path, key]
        uses[step.path, key] += 1
    return found


def neuron_title(neuron: tuple[int, int]) -> str:
    """ "neuron 3", and "neuron 3, use 2" for another sample with the same weights."""
    ordinal, use = neuron
    return f"neuron {ordinal}, use {use + 1}" if use else f"neuron {ordinal}"


def neuron_name(neuron: tuple[int, int]) -> str:
    """What the output of a neuron is called: n3, or n3'2 at the second use of its weights."""
    ordinal, use = neuron
    return f"n{ordinal}'{use + 1}" if use else f"n{ordinal}"


class Peek:
    """Like a `Graph`, for a graph that is too large to be read whole.

    Steps are made when they are asked for, and numbered in that order. `notes` is about these steps.
    """

    def __init__(self, loss: Value, model: Any = None) -> None:
        self.loss = loss
        self.past = past_copies
        self.reader = Reader(loss, model)
        self.differentiated = loss._grad is not None
        self.count, self.largest, self.used = _surveyed(loss)
        self.seen: list[Any] = []  # by number, a Value or a float
        self.known: dict[int, Step] = {}
        self.root = self.step(loss)
        self.root.name = self.root.name or "loss"

    @property
    def notes(self) -> list[str]:
        """Sentences that a reader needs to understand the numbers."""
        return notes(self.loss, [x for x in self.seen if not isinstance(x, float)])

    def closed(self, x: Any) -> Step:
        """A step for a value, without its operands."""
        if not isinstance(x, float) and id(x) in self.known:
            return self.known[id(x)]
        number = len(self.seen)
        self.seen.append(x)
        if isinstance(x, float):
            return Step(number, CONSTANT, "", "", x, None)
        step = self.known[id(x)] = self.reader.taken_down(x, number)
        return step

    def step(self, x: Any) -> Step:
        """A value, taken down, and its operands."""
        step = x if isinstance(x, Step) else self.closed(x)
        if step.kind == OP and not step.operands:
            node = self.seen[step.number]
            step.operands = [self.closed(x) for x in operands_of(node)]
            step.partials = list(shown_record(node)[1])
            name_operands(step, itertools.repeat("y"))
        return step

    def knows(self, x: Any) -> bool:
        """Whether the loss was made of a Value."""
        return id(x) in self.used

    def name(self, x: Any) -> str:
        """What a Value is called."""
        return self.root.name if x is self.loss else self.reader.name(x)

    def uses(self, step: Step) -> int:
        """How often a step is an operand."""
        return self.used.get(id(self.seen[step.number]), 0)

    def addends(self, step: Step) -> list[Any]:
        """The operands of a + b + c + ..., however many additions it took."""
        return addends(self.seen[step.number], operands_of, self.joins)

    def joins(self, x: Any) -> bool:
        """Whether a value is a sum without a name that is used once."""
        return not isinstance(x, float) and x.op == "add" and not x.label and self.used[id(x)] == 1

    def below(self, step: Step) -> int:
        """How many values a step was made of, if they are fewer than MOST_COUNTED."""
        return below(self.seen[step.number], lambda x: () if isinstance(x, float) else operands_of(x))


def _surveyed(root: Value) -> tuple[int, float, dict[int, int]]:
    """How many values there are, the largest finite gradient, and each Value's uses by its id."""
    used: dict[int, int] = {id(root): 0}
    constants, largest = 0, 0.0
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if (grad := node.grad) is not None and largest < abs(grad) < math.inf:
            largest = abs(grad)
        operands = node.inputs
        if len(operands) == 2 and float in map(type, operands) and past_copies(node) is not node:
            constants -= 2  # neither the number is shown nor the result
        for x in operands:
            if type(x) is float:
                constants += 1
            elif (before := used.get(id(x))) is not None:
                used[id(x)] = before + 1
            else:
                used[id(x)] = 1
                stack.append(x)
    return len(used) + constants, largest, used


def for_text(loss: Value, model: Any = None) -> Graph | Peek:
    """The graph for text, which may show a part of it. Only a small graph is read whole."""
    for count, _ in enumerate(walk(loss)):
        if count == MOST_READ:
            return Peek(loss, model)
    return read(loss, model)
