"""The level of neurons: a card for each neuron, with one row for each term, and one for each other module."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .fold import LOOP, NEURON, STEPS, VALUE, Folded, fold
from .graph import CONSTANT, INPUT, OP, PARAMETER, Graph, Step, neuron_name, neuron_title
from .loop_card import feeds, loop_card
from .marks import in_brackets
from .model import Card, Edge, Picture, Row, Toner, captions, groups, value_box
from .words import number

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ROWS = 14
"""A card of more steps shows the first and the last of them."""

MOST_TERMS = 24
"""And so does a neuron of more inputs; what is left out stays in the sum."""

MOST_ADDENDS = 5
"""A sum of more values is one row, even if it took many additions."""

MOST_CARDS = 400
"""The most cards that the level draws."""

TALLEST = 60
"""Cards are drawn by default while the tallest layer has at most so many rows."""


def tallest(folded: Folded) -> int:
    """The number of rows in the tallest layer."""
    heights: dict[tuple[tuple[str, ...], int], int] = {}
    for part in folded.parts:
        if part.kind == NEURON:
            key = (part.path, part.stage)
            operands = len(part.steps[0].operands)
            heights[key] = heights.get(key, 0) + (operands + 1) // 2 + len(part.steps) + 1
    return max(heights.values(), default=0)


def neurons_level(graph: Graph, folded: Folded | None = None) -> Picture:
    """The graph as cards."""
    folded = folded or fold(graph, layers=False, loops=True)
    if len(folded.parts) > MOST_CARDS:
        raise ValueError(
            f'level "neurons" draws at most {MOST_CARDS} cards, and this loss has'
            f' {len(folded.parts)}: use level "layers", or microgd.tree(loss)'
        )
    picture = Picture("neurons", warnings=list(graph.notes))
    picture.groups = groups(graph, {part.path for part in folded.parts})
    toned = Toner(graph)
    picture.largest = toned.largest
    names = short_names(graph, folded)
    samples = sample_names(used_by_neurons(graph))
    for index, part in enumerate(folded.parts):
        if part.kind == NEURON:
            add_neuron(picture, graph, folded, index, names, toned)
        elif part.kind == VALUE:
            add_value(picture, graph, folded, index, toned, samples.get(part.steps[0], ""))
        elif part.kind == LOOP:
            add_loop(picture, graph, folded, index, toned)
        else:
            add_steps(picture, graph, folded, index, names, toned)
    shown = sum(len(p.steps) for p in folded.parts if p.kind == NEURON)
    folds = [f"{len(graph.steps)} values on {len(picture.boxes)} card{'s' * (len(picture.boxes) > 1)}"]
    if shown:
        folds.append("a neuron's products add up to its Σ")
    if any(use for _, use in folded.neurons.values()):
        folds.append("weights in several cards: the gradient of each is the sum over them")
    picture.captions = captions(graph, folds)
    return picture


def short_names(graph: Graph, folded: Folded) -> list[str]:
    """The name of each step on the cards: its own, or n0 for the output of neuron 0, or else t7."""
    names = [step.name for step in graph.steps]
    for dot, end in folded.ends.items():
        names[end.number] = end.name or neuron_name(folded.neurons[dot])
        names[dot.number] = names[dot.number] or "z"
    nameless = 0
    cards = [at for at, part in enumerate(folded.parts) if part.kind == STEPS]
    inside = {x for at in cards for _, steps in sums(graph, folded, at).values() for x in steps}
    for step in graph.steps:
        at = folded.owner[step.number]
        if not names[step.number]:
            if step.kind != OP or at is None:
                names[step.number] = number(step.data)
            elif folded.parts[at].kind == STEPS and step not in inside:
                nameless += 1
                names[step.number] = f"t{nameless}"
            else:
                names[step.number] = number(step.data)
    return names


def sample_names(steps: Iterable[Step]) -> dict[Step, str]:
    """The names of inputs. In a batch the second x0 is "x0 (sample 2)"."""
    inputs = [step for step in steps if step.kind == INPUT]
    many = {name for name, count in Counter(step.name for step in inputs).items() if count > 1 and name}
    seen: Counter[str] = Counter()
    names = {}
    for step in inputs:
        seen[step.name] += 1
        names[step] = f"{step.name} (sample {seen[step.name]})" if step.name in many else step.name
    return names


def used_by_neurons(graph: Graph) -> list[Step]:
    """The inputs of neurons, in the order of their first use."""
    return list(dict.fromkeys(x for dot in graph.steps if dot.weighs for x in dot.operands))


def sums(graph: Graph, folded: Folded, at: int) -> dict[Step, tuple[str, set[Step]]]:
    """The long sums that are one row of a card: how each is said, and the steps that are not shown for it.

    A sum of squares of parameters, as in an L2 penalty, is said as "Σ p² over 337 parameters".
    """
    found: dict[Step, tuple[str, set[Step]]] = {}
    hidden: set[Step] = set()
    for step in reversed(folded.parts[at].steps):
        if step.op != "add" or step in hidden:
            continue
        inside: set[Step] = set()
        addends: list[Step] = []
        stack = step.operands[::-1]
        while stack:
            x = stack.pop()
            once = x is not graph.root and not x.name and graph.uses(x) == 1
            if x.op == "add" and once and folded.owner[x.number] == at:
                inside.add(x)
                stack += reversed(x.operands)
            else:
                addends.append(x)
        hidden |= inside
        if len(addends) <= MOST_ADDENDS or sum(x.kind == CONSTANT for x in addends) > 1:
            continue
        squares = [x for x in addends if _squares(x) and not x.name and graph.uses(x) == 1]
        if len(squares) == len(addends):
            said = f"Σ p² over {len(addends)} parameters"
            inside.update(x for x in squares if folded.owner[x.number] == at)
        else:
            said = f"Σ of {len(addends)} values"
        found[step] = said, inside
    return found


def _squares(step: Step) -> bool:
    """Whether a step is p * p or p ** 2, of a parameter."""
    if step.op == "mul":
        return step.operands[0] is step.operands[1] and step.operands[0].kind == PARAMETER
    return step.exponent == 2.0 and step.operands[0].kind == PARAMETER


def box_id(part: int) -> str:
    """The id of the box of a part."""
    return f"c{part}"


def add_edge(picture: Picture, folded: Folded, step: Step, slot: int, head: str, toned: Toner) -> None:
    """The edge into one operand slot, from the box of the operand, unless it is the same box."""
    tail, home = folded.owner[step.operands[slot].number], folded.owner[step.number]
    if tail is None or tail == home:
        return
    box, _, port = head.partition(":")
    picture.edges.append(Edge(box_id(tail), box, port, toned(step.flow(slot))))


def add_value(
    picture: Picture, graph: Graph, folded: Folded, index: int, toned: Toner, name: str = ""
) -> None:
    """A step that is no part of a card: the same box as at the level of ops, and perhaps with a `name`."""
    part = folded.parts[index]
    step = part.steps[0]
    box = value_box(graph, step, toned)
    box.name = name or box.name
    box.id, box.group = box_id(index), part.path[-1] if part.path else ""
    picture.boxes.append(box)
    for slot in range(len(box.ports)):
        add_edge(picture, folded, step, slot, f"{box.id}:i{slot}", toned)


def add_loop(picture: Picture, graph: Graph, folded: Folded, index: int, toned: Toner) -> None:
    """A loop: its formula, and a row for each turn."""
    loop = folded.parts[index].loop
    assert loop is not None
    card = loop_card(graph, loop, box_id(index), toned)
    picture.boxes.append(card)
    for tail, port, flow in feeds(loop, index, folded):
        picture.edges.append(Edge(box_id(tail), card.id, port, toned(flow)))


def add_neuron(
    picture: Picture, graph: Graph, folded: Folded, index: int, names: list[str], toned: Toner
) -> None:
    """A neuron: one row for each term of the sum z, and one for each activation."""
    part = folded.parts[index]
    dot, *after = part.steps
    pairs = dot.terms()
    weights = set(dot.weights())
    hidden = _middle(len(pairs), MOST_TERMS)
    rows = []
    for at, (w, x) in enumerate(pairs):
        if at not in hidden:
            rows.append(_term(dot, w, x, names, f"r{at}", toned))
        elif at == hidden.start:
            rest = sum(dot.product(*pairs[k]) for k in hidden)
            rows.append(Row(f"… {len(hidden)} more", ["", "", number(rest)], port=f"r{at}"))
    said: set[int | None] = set()  # what feeds the hidden rows: one edge for each
    for at, pair in enumerate(pairs):
        for slot in pair:
            if dot.operands[slot] in weights:
                continue  # a weight is said in the row, in every card that uses it
            tail = folded.owner[dot.operands[slot].number]
            if at not in hidden or tail not in said:
                port = f"r{hidden.start if at in hidden else at}"
                add_edge(picture, folded, dot, slot, f"{box_id(index)}:{port}", toned)
            if at in hidden:
                said.add(tail)
    if dot.bias:
        last, data = 2 * dot.width, number(dot.bias.data)
        rows.append(Row(short(dot.bias), [data, "", data], toned(dot.flow(last)), "rb"))
        if dot.bias not in weights:
            add_edge(picture, folded, dot, last, f"{box_id(index)}:rb", toned)
    before = dot.name or ("z" if after else names[dot.number])
    rows.append(Row(f"{before} = Σ", ["", "", number(dot.data)], toned(dot.grad), rule=True, strong=True))
    for step in after:
        words = [names[x.number] if x.kind == CONSTANT else before for x in step.operands]
        before = names[step.number]
        said_so = f"{before} = {step.said(words)}"
        rows.append(Row(said_so, ["", "", number(step.data)], toned(step.grad), strong=True))
    picture.boxes.append(
        Card(
            id=box_id(index),
            title=neuron_title(part.neuron) if part.path else "neuron",
            heads=["weight", "× input", "= product"],
            rows=rows,
            group=part.path[-1] if part.path else "",
            is_loss=graph.root in part.steps,
            differentiated=graph.differentiated,
        )
    )


def _term(dot: Step, w: int, x: int, names: list[str], port: str, toned: Toner) -> Row:
    """Name, weight, × input, product, dL/dw."""
    weight, value = dot.operands[w], dot.operands[x]
    data, name = number(value.data), names[value.number]
    factor = data if name == data else f"{name} = {data}"
    numbers = [number(weight.data), f"× {factor}", number(dot.product(w, x))]
    return Row(short(weight), numbers, toned(dot.flow(w)), port)


def _middle(count: int, most: int) -> range:
    """The rows to leave out, if there are so many: those in the middle."""
    return range(most // 2, count - most // 2) if count > most + 1 else range(0)


def short(step: Step) -> str:
    """A parameter's name on a card: the card says which layer it is in."""
    name = step.name or "value"
    return name.rpartition(".")[2] if "[" in name else name


def in_numbers(step: Step) -> str:
    """A step in numbers. A negative operand beside a sign is in parentheses."""
    infix = step.op in ("add", "sub", "mul", "div", "pow", "neg", "dot")
    words = [number(x.data) for x in step.operands]
    first = 0 if step.op in ("pow", "neg", "dot") else 1
    for i in range(first if infix else len(words), len(words)):
        words[i] = in_brackets(words[i])
    return step.said(words)


def add_steps(
    picture: Picture, graph: Graph, folded: Folded, index: int, names: list[str], toned: Toner
) -> None:
    """A module's other steps, one row each: its formula, the numbers in it, data and gradient."""
    part = folded.parts[index]
    long = sums(graph, folded, index)
    ends = {inner: end for end, (_, inside) in long.items() for inner in inside}
    shown = [step for step in part.steps if step not in ends]
    rows_of = {step: at for at, step in enumerate(shown)}
    hidden = _middle(len(shown), MOST_ROWS)
    rows = []
    said: set[tuple[str, int | None]] = set()  # what feeds a row of several steps: one edge for each
    for step in part.steps:
        at = rows_of[ends.get(step, step)]
        row = f"r{hidden.start if at in hidden else at}"
        several = at in hidden or step in ends or step in long
        for slot, operand in enumerate(step.operands):
            tail = row, folded.owner[operand.number]
            if not several or tail not in said:
                add_edge(picture, folded, step, slot, f"{box_id(index)}:{row}", toned)
            if several:
                said.add(tail)
        if step in ends:
            continue
        if at in hidden:
            if at == hidden.start:
                rows.append(Row(f"… {len(hidden)} more steps", ["", ""], port=row))
            continue
        said_so, numbers = step.said([names[x.number] for x in step.operands]), in_numbers(step)
        if step in long:
            said_so = numbers = long[step][0]
        rows.append(
            Row(
                f"{names[step.number]} = {said_so}",
                [numbers if len(numbers) <= 34 and numbers != said_so else "", number(step.data)],
                port=row,
                strong=step is graph.root,
                rule=step is graph.root and len(part.steps) > 1,
                tone=toned(step.grad),
            )
        )
    picture.boxes.append(
        Card(
            id=box_id(index),
            title=graph.title(part.path) or f"{len(part.steps)} steps",
            heads=["", "data"],
            rows=rows,
            group=part.path[-2] if len(part.path) > 1 else "",
            is_loss=graph.root in part.steps,
            differentiated=graph.differentiated,
        )
    )
