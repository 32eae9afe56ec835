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
    """A picture of the gallery: how it is made, and what one can see in it."""

    name: str
    title: str
    text: str
    make: Callable[[], tuple[Value, Any]]
    level: str | None = None


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


def chain() -> tuple[Value, Any]:
    """Three hundred operations in a row"""
    y = Value(1.0, "x")
    for i in range(300):
        y = y.sin() if i % 3 == 0 else y * 1.05 if i % 3 == 1 else y + 0.01
    y.backward()
    return y, None


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


EXHIBITS = [
    Exhibit(
        "neuron",
        "A neuron, operation by operation",
        "One box per value, the loss on the right. A box says its operation, its name, its data and its"
        " gradient; the small numbers at its inputs are the partials (partial derivatives) along them."
        " Colour is gradient: blue above zero, orange and dashed below.",
        neuron,
    ),
    Exhibit(
        "square",
        "x × x",
        "One edge for each argument: x is used twice, so its gradient is 3 + 3.",
        square,
    ),
    Exhibit("diamond", "One value, two ways", "The gradients of both ways add up at `a`.", diamond),
    Exhibit(
        "linear-ops",
        "Linear(4, 2) and MSELoss: operations",
        "A neuron is one node of the graph; up to eight terms it is unfolded into its products and their sum."
        " The frames are the modules that made the values.",
        linear,
        "ops",
    ),
    Exhibit(
        "linear-neurons",
        "The same: neurons",
        "A neuron is a card whose rows add up. Edges end in the row that they feed.",
        linear,
        "neurons",
    ),
    Exhibit("mlp-2-4-1", "Two layers: neurons", "", lambda: mlp(2, 4, 1), "neurons"),
    Exhibit(
        "mlp-2-16-16-1",
        "Three layers: heat maps",
        "One row per neuron, one cell per weight. Pale rows are neurons that hardly learn.",
        lambda: mlp(2, 16, 16, 1),
    ),
    Exhibit(
        "mlp-batch",
        "The same on a batch of eight",
        "A weight's gradient is the sum over all samples; the outputs' gradients stand side by side.",
        lambda: mlp(2, 16, 16, 1, batch=8),
    ),
    Exhibit(
        "cross-entropy",
        "Cross-entropy on ten classes",
        "The partials of log Σ eˣ are the softmax. Only the right class is pushed up.",
        classes,
    ),
    Exhibit("second-order", "The graph of a gradient", "A gradient is a graph too.", second_order),
    Exhibit(
        "newton",
        "A loop: Newton's method",
        "What repeats is one card: the formula of one iteration, their number, and the result of each."
        " Leaves are always boxes.",
        newton,
    ),
    Exhibit("chain", "Three hundred operations in a row", "Long lists show their ends.", chain),
    Exhibit(
        "before-backward",
        "Before backward()",
        "No gradients yet, and a line that says so.",
        lambda: linear(False),
    ),
    Exhibit("nan", "Where nan comes from", "What is no finite number is red.", broken),
    Exhibit(
        "changed",
        "Drawn too late",
        "The weight was changed after the loss was computed. The picture says so.",
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
        "Made by `python docs/gallery.py`: change nothing here by hand.",
        "",
    ]
    for exhibit in EXHIBITS:
        lines += [f"## {exhibit.title}", ""]
        if exhibit.text:
            lines += [exhibit.text, ""]
        lines += [f"![{exhibit.title}](gallery/{exhibit.name}.svg)", ""]
    loss, model = linear()
    lines += [
        "## As text: `microgd.tree(loss, model)`",
        "",
        "```text",
        str(microgd.tree(loss, model)),
        "```",
        "",
        '## In words: `microgd.explain(loss, "a")`, of the two ways above',
        "",
        "```text",
        str(microgd.explain(diamond()[0], "a")),
        "```",
        "",
        "## As a film: `microgd.play(loss, model)`",
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
