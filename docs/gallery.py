"""Make the gallery: docs/gallery.md, its pictures in docs/gallery/, and docs/loss.svg for the README.

    python docs/gallery.py

Run it after a change to what pictures look like; a test fails while what is checked in is not what
this script makes.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import microgd
from microgd import Value, autograd, nn, optim

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parent
FOLDER = DOCS / "gallery"


class Exhibit(NamedTuple):
    """A picture of the gallery: how it is made, what to look at, and what else is said of the loss."""

    name: str
    title: str
    text: str
    make: Callable[[], tuple[Value, Any]]
    level: str | None = None
    more: Callable[[], list[str]] = list


def neuron() -> tuple[Value, Any]:
    """out = tanh(w0 x0 + w1 x1 + b), operation by operation"""
    x0, x1 = Value(2.0, "x0", requires_grad=False), Value(-1.0, "x1", requires_grad=False)
    w0, w1, b = Value(0.5, "w0"), Value(0.8, "w1"), Value(0.3, "b")
    z = w0 * x0 + w1 * x1 + b
    z.label = "z"
    out = z.tanh()
    out.label = "out"
    out.backward()
    return out, None


def square() -> tuple[Value, Any]:
    """x * x"""
    x = Value(3.0, "x")
    y = x * x
    y.label = "y"
    y.backward()
    return y, None


def diamond() -> tuple[Value, Any]:
    """One value, two ways to the loss"""
    a = Value(2.0, "a")
    b, c = a * 3.0, a.exp()
    b.label, c.label = "b", "c"
    loss = b * c
    loss.backward()
    return loss, None


def linear(backward: bool = True) -> tuple[Value, Any]:
    """Linear(4, 2) and the mean squared error"""
    microgd.manual_seed(0)
    model = nn.Linear(4, 2)
    inputs, labels = microgd.tensor([0.8, 0.4, 0.4, 0.2]), microgd.tensor([1.0, 0.0])
    loss = nn.MSELoss()(model(inputs), labels)
    if backward:
        loss.backward()
    return loss, model


def mlp(*widths: int, batch: int = 0) -> tuple[Value, Any]:
    """A network of tanh layers on one sample, or on a batch"""
    microgd.manual_seed(1)
    layers: list[Any] = []
    for i in range(len(widths) - 1):
        layers += [nn.Linear(widths[i], widths[i + 1]), nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    rows = [[1.0 - 0.4 * k, -2.0 + 0.5 * k] for k in range(batch or 1)]
    goals = [[1.0 if k % 2 else -1.0] for k in range(batch or 1)]
    x, y = (rows, goals) if batch else (rows[0], goals[0])
    loss = nn.MSELoss()(model(microgd.tensor(x)), microgd.tensor(y))
    loss.backward()
    return loss, model


def training() -> Any:
    """The film of a small network that learns two half circles"""
    microgd.manual_seed(3)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    turns = [math.pi * (i + 0.5) / 20 for i in range(20)]
    points = [[math.cos(a), math.sin(a)] for a in turns] + [
        [1 - math.cos(a), 0.5 - math.sin(a)] for a in turns
    ]
    labels = [[float(i >= 20)] for i in range(40)]
    criterion = nn.BCEWithLogitsLoss()
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    film = microgd.watch(model, points=points, labels=labels)
    for _ in range(80):
        optimizer.zero_grad()
        loss = criterion(model(points), labels)
        loss.backward()
        film.frame(loss)
        optimizer.step()
    return film


def classes() -> tuple[Value, Any]:
    """Softmax and cross-entropy on ten classes"""
    logits = [Value(0.3 * i - 1.0, f"z{i}") for i in range(10)]
    loss = microgd.logsumexp(logits) - logits[3]
    loss.backward()
    return loss, None


class Attention(nn.Module):
    """One head: each letter takes from the letters up to itself"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)

    def forward(self, x: Any) -> Any:
        """(letters, width) to (letters, width)"""
        queries, keys, values = self.query(x), self.key(x), self.value(x)
        mixed = []
        for t, query in enumerate(queries, start=1):
            weights = microgd.softmax([microgd.dot(query, key) / 2.0 for key in keys[:t]])
            mixed.append([microgd.dot(weights, feature) for feature in zip(*values[:t], strict=True)])
        return microgd.tensor(mixed)


class Letters(nn.Module):
    """Which letter comes next?"""

    def __init__(self) -> None:
        super().__init__()
        self.letter = nn.Embedding(4, 4)
        self.attention = Attention(4)
        self.answer = nn.Linear(4, 4)

    def forward(self, letters: list[int]) -> Any:
        """(letters,) to (letters, scores)"""
        x = self.letter(letters)
        return self.answer(x + self.attention(x))


def attention() -> tuple[Value, Any]:
    """A small transformer on the letters a b c a"""
    microgd.manual_seed(2)
    model = Letters()
    loss = nn.CrossEntropyLoss()(model([0, 1, 2, 0]), [1, 2, 0, 3])
    loss.backward()
    return loss, model


def second_order() -> tuple[Value, Any]:
    """The graph of a gradient"""
    x = Value(2.0, "x")
    (slope,) = autograd.grad(x**3, [x], create_graph=True)
    slope.label = "d(x³)/dx"
    slope.backward()
    return slope, None


def newton() -> tuple[Value, Any]:
    """The square root of a, by thirty iterations of Newton's method"""
    a, x = Value(2.0, "a"), Value(1.0, "x0")
    for _ in range(30):
        x = (x + a / x) / 2
    x.label = "sqrt(a)"
    x.backward()
    return x, None


def broken() -> tuple[Value, Any]:
    """The logarithm of a negative number"""
    a, b = Value(-2.0, "a"), Value(0.5, "b")
    loss = a.log() * b + a * a
    loss.backward()
    return loss, None


def changed() -> tuple[Value, Any]:
    """A picture drawn too late"""
    w = Value(0.5, "w")
    loss = (w * 3.0 - 1.0) ** 2
    loss.backward()
    with microgd.no_grad():
        w -= 0.1 * (w.grad or 0.0)
    return loss, None


def in_words() -> list[str]:
    """What `explain` says of the two ways"""
    return [
        'The same in words: `microgd.explain(loss, "a")`.',
        "",
        "```text",
        str(microgd.explain(diamond()[0], "a")),
        "```",
        "",
    ]


def as_text() -> list[str]:
    """The text tree of the linear layer"""
    loss, model = linear()
    return [
        "The same as text, for a terminal: `microgd.tree(loss, model)`.",
        "",
        "```text",
        str(microgd.tree(loss, model)),
        "```",
        "",
    ]


EXHIBITS = [
    Exhibit(
        "square",
        "A square",
        "Read it from left to right: a box is a value, with its data and, below that, its gradient. `x`"
        " is used twice, so there are two edges. The small number where an edge ends is the partial: 3"
        " each time, and the gradient of `x` is 3 + 3.",
        square,
    ),
    Exhibit(
        "diamond",
        "Two ways to the loss",
        "`a` reaches the loss in two ways. Along each way the partials multiply, and at `a` the ways add up.",
        diamond,
        more=in_words,
    ),
    Exhibit(
        "neuron",
        "A neuron",
        "Colour is gradient: blue above zero, orange and dashed below, wide is strong. Which weight should"
        " grow to make `out` larger, and which should shrink? Parameters have a blue border, other inputs a"
        " grey one, and the loss a heavy one.",
        neuron,
    ),
    Exhibit(
        "linear-ops",
        "A linear layer: operations",
        "`nn.Linear(4, 2)` and the mean squared error. Each neuron is unfolded into its products and"
        " their sum; the frames are the modules that made the values.",
        linear,
        "ops",
        as_text,
    ),
    Exhibit(
        "linear-neurons",
        "The same: neurons",
        "Now a neuron is a card. Its products add up to the sum at the bottom, and each edge ends in the row"
        " that it feeds.",
        linear,
        "neurons",
    ),
    Exhibit(
        "mlp-2-4-1",
        "Two layers",
        "The outputs `n0` to `n3` of the first layer are the inputs of the second. Follow one of them"
        " back: its gradient is its weight times the gradient of the neuron that uses it.",
        lambda: mlp(2, 4, 1),
        "neurons",
    ),
    Exhibit(
        "mlp-2-16-16-1",
        "Three layers: heat maps",
        "A row is a neuron, a cell the gradient of one weight. Pale rows are neurons that learn little"
        " in this step.",
        lambda: mlp(2, 16, 16, 1),
    ),
    Exhibit(
        "mlp-batch",
        "A batch of eight",
        "The same network, and eight samples. The gradient of a weight is the sum over all of them; at"
        " the right of each layer stands the gradient of each output for each sample.",
        lambda: mlp(2, 16, 16, 1, batch=8),
    ),
    Exhibit(
        "newton",
        "A loop",
        "Thirty iterations of Newton's method for the square root of `a`. What repeats is one card: the"
        " formula of an iteration, how often it runs, and what it results in. The gradient of `x0` is 0:"
        " the result no longer depends on where the loop began.",
        newton,
    ),
    Exhibit(
        "cross-entropy",
        "Softmax and cross-entropy",
        "Ten classes. The partials of log Σ eˣ are the softmax. Every class is pushed down by its"
        " probability, and only the right one, `z3`, is pushed up.",
        classes,
    ),
    Exhibit(
        "attention",
        "Attention",
        "A transformer with one head reads four letters. The grey matrix is data: in each row, how much a"
        " letter takes from itself and from those before it; a row adds up to 1. Beside it, in colour,"
        " the gradient of each of these weights.",
        attention,
    ),
    Exhibit(
        "second-order",
        "The graph of a gradient",
        "With `create_graph=True` a gradient is a value with a graph of its own, and has a gradient: here"
        " 3x² = 12, and its derivative 6x = 12.",
        second_order,
    ),
    Exhibit(
        "before-backward",
        "Before backward()",
        "Values, but no gradients yet: nothing has a colour, and a line below says why.",
        lambda: linear(False),
    ),
    Exhibit(
        "nan",
        "Where nan comes from",
        "What is no finite number is red. Go back from the loss to the first red box: the logarithm of a"
        " negative number.",
        broken,
    ),
    Exhibit(
        "changed",
        "Drawn too late",
        "Here the weight was changed after the loss was computed, so that its value and the others do"
        " not belong together. The picture says so.",
        changed,
    ),
]


def drawing(exhibit: Exhibit) -> Any:
    """The picture of an exhibit."""
    loss, model = exhibit.make()
    return microgd.draw(loss, model, exhibit.level)


def page() -> str:
    """The text of docs/gallery.md."""
    lines = [
        "# Gallery",
        "",
        "What `microgd.draw`, `explain`, `tree`, `play` and `watch` make, from one multiplication to a"
        " training. Each picture comes with what to look at.",
        "",
        "Made by `python docs/gallery.py`: change nothing here by hand.",
        "",
    ]
    for exhibit in EXHIBITS:
        lines += [f"## {exhibit.title}", "", exhibit.text, ""]
        lines += [f"![{exhibit.title}](gallery/{exhibit.name}.svg)", "", *exhibit.more()]
    lines += [
        "## A film: `microgd.play(loss, model)`",
        "",
        "[gallery/linear.html](gallery/linear.html) steps through the forward and the backward pass of the"
        " linear layer: save it, and open it in a browser. Each contribution is said with its rule, as"
        " `0.9817 = 1 − out² = 1 − 0.1352²` for a tanh; the rules are the table's own.",
        "",
        '## A training as a film: `microgd.watch(model, "training.html", points, labels)`',
        "",
        "[gallery/training.html](gallery/training.html) goes through 80 steps of a small network: the loss,"
        " the weights and gradients of each layer, and the decision boundary, which the page computes from"
        " the weights of the step.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Write everything."""
    FOLDER.mkdir(exist_ok=True)
    for exhibit in EXHIBITS:
        print(drawing(exhibit).save(FOLDER / f"{exhibit.name}.svg").relative_to(DOCS))
    loss, model = linear()
    microgd.draw(loss, model).save(DOCS / "loss.svg")
    microgd.play(loss, model).save(FOLDER / "linear.html")
    training().save(FOLDER / "training.html")
    (DOCS / "gallery.md").write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
