"""Graphs of every kind that people draw, each written as a learner would write it.

Each function returns a loss after backward(), and its model or None. `KINDS` has them by name.
"""

import math
import random
from itertools import pairwise

import microgd
from microgd import Value, autograd, nn
from microgd.ops import TABLE
from microgd.tensor import values

from .graphs import HOSTILE


def trained(loss, model=None):
    loss.backward()
    return loss, model


# --- formulas ----------------------------------------------------------------------------------------


def square():
    x = Value(3.0, "x")
    return trained(x * x)


def cube():
    x = Value(3.0, "x")
    return trained(x * x * x)


def diamond():
    a = Value(2.0, "a")
    b = a * 3
    c = a.exp()
    return trained(b * c)


def neuron():
    """The neuron of micrograd's lecture."""
    x1, x2 = Value(2.0, "x1"), Value(0.0, "x2")
    w1, w2 = Value(-3.0, "w1"), Value(1.0, "w2")
    b = Value(6.8813735870195432, "b")
    x1w1 = x1 * w1
    x1w1.label = "x1*w1"
    x2w2 = x2 * w2
    x2w2.label = "x2*w2"
    both = x1w1 + x2w2
    both.label = "x1*w1 + x2*w2"
    n = both + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return trained(o)


def constants():
    a = Value(2.0, "a", requires_grad=False)
    b = Value(5.0, requires_grad=False)
    return (a * b + 1).log(), None


def undefined():
    a, b = Value(-2.0, "a"), Value(800.0, "b")
    return trained(a.log() * 0.5 + b.exp() * a + a * a)


def before_backward():
    w, x, y = Value(0.5, "w"), Value(3.0, "x", requires_grad=False), Value(1.0, "y", requires_grad=False)
    return (w * x - y) ** 2, None


def hostile():
    values = [Value(0.1 * i, name) for i, name in enumerate(HOSTILE)]
    total = microgd.sum([value.sin() for value in values])
    total.label = "the sum of all the things that a very long name can possibly say " * 3
    loss = total * values[5] + Value(2.0, 'a\\nb"<b>c</b>&amp;')
    loss.label = '"><script>alert("L")</script>'
    return trained(loss)


def custom():
    @microgd.primitive(lambda x, out: (1 + abs(x)) ** -2)
    def squash(x):
        return x / (1 + abs(x))

    del TABLE["squash"]  # other tests are about the table
    w, x = Value(1.5, "w"), Value(2.0, "x")
    return trained((squash(w * x) - 0.5) ** 2)


class CubeRoot(autograd.Function):
    """The y with y³ = x, by Newton's method; its derivative follows from the equation."""

    @staticmethod
    def forward(ctx, x):
        y = 1.0
        for _ in range(60):
            y -= (y**3 - x) / (3.0 * y**2)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, upstream):
        (y,) = ctx.saved_tensors
        return upstream / (3.0 * y**2)


def function():
    w, x = Value(1.5, "w"), Value(2.0, "x")
    return trained((CubeRoot.apply(w * x) - 0.5) ** 2)


# --- loops -------------------------------------------------------------------------------------------


def newton():
    a = Value(2.0, "a")
    x = Value(1.0, "x")
    for _ in range(30):
        x = (x + a / x) / 2
    return trained(x)


def rosenbrock():
    x = [Value(-1.2 if i % 2 == 0 else 1.0, f"x{i}") for i in range(10)]
    return trained(sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(9)))


def cubic_fit():
    a, b, c, d = (Value(v, name) for v, name in zip([0.1, -0.2, 0.3, 0.4], "abcd", strict=True))
    loss = 0
    for x, y in [(-2, -3.0), (-1, 0.5), (0, 1.0), (1, 0.2), (2, 4.0)]:
        guess = a * x**3 + b * x**2 + c * x + d
        loss += (guess - y) ** 2
    return trained(loss)


def chain():
    x = Value(0.5, "x")
    y = x
    for _ in range(100):
        y = (y * 1.02).sin()
    return trained(y)


class RNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.from_input = nn.Linear(2, 3)
        self.from_state = nn.Linear(3, 3, bias=False)
        self.answer = nn.Linear(3, 1)

    def forward(self, sequence):
        h = microgd.tensor([0.0, 0.0, 0.0])
        for x in sequence:
            h = (self.from_input(x) + self.from_state(h)).tanh()
        return self.answer(h)


def rnn():
    microgd.manual_seed(0)
    model = RNN()
    sequence = [microgd.tensor([math.sin(t), math.cos(t)]) for t in range(6)]
    return trained(nn.MSELoss()(model(sequence), microgd.tensor([0.5])), model)


# --- models ------------------------------------------------------------------------------------------


def linear():
    microgd.manual_seed(0)
    model = nn.Linear(4, 2)
    out = model(microgd.tensor([1.0, -2.0, 0.5, 3.0]))
    return trained(nn.MSELoss()(out, microgd.tensor([1.0, 0.0])), model)


def mlp(*widths, activation=nn.Tanh):
    microgd.manual_seed(0)
    layers = []
    for i, o in pairwise(widths):
        layers += [nn.Linear(i, o), activation()]
    return nn.Sequential(*layers[:-1])


def mlp_2_4_1():
    model = mlp(2, 4, 1)
    return trained(nn.MSELoss()(model(microgd.tensor([0.5, -1.0])), microgd.tensor([1.0])), model)


def batch(size):
    model = mlp(2, 16, 16, 1)
    rng = random.Random(0)
    x = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(size)]
    y = [[1.0 if a * b > 0 else -1.0] for a, b in x]
    return trained(nn.MSELoss()(model(microgd.tensor(x)), microgd.tensor(y)), model)


def moons():
    """micrograd's demo: the max-margin loss, and an L2 penalty."""
    model = mlp(2, 16, 16, 1, activation=nn.ReLU)
    rng = random.Random(0)
    losses = []
    for i in range(100):
        angle, y = math.pi * rng.random(), 2 * (i % 2) - 1
        point = [1 - math.cos(angle), 0.5 - math.sin(angle)] if y == 1 else [math.cos(angle), math.sin(angle)]
        (score,) = model(point)
        losses.append((1 - y * score).relu())
    data_loss = sum(losses) * (1.0 / len(losses))
    reg_loss = 1e-4 * sum(p * p for p in values(model.parameters()))
    return trained(data_loss + reg_loss, model)


def cross_entropy():
    microgd.manual_seed(0)
    model = nn.Linear(3, 4)
    scores = model(microgd.tensor([[0.5, -1.0, 2.0]]))
    return trained(nn.CrossEntropyLoss()(scores, [2]), model)


def logistic_regression():
    w = [Value(0.5, "w0"), Value(-0.3, "w1")]
    b = Value(0.1, "b")
    points, labels = [(1.0, 2.0), (2.0, -1.0), (-1.5, 0.5), (-1.0, -2.0)], [0, 1, 0, 1]
    loss = 0
    for (x0, x1), y in zip(points, labels, strict=True):
        p = 1 / (1 + (-(w[0] * x0 + w[1] * x1 + b)).exp())
        loss = loss - (p if y else 1 - p).log()
    return trained(loss / len(points))


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.scale = 1 / math.sqrt(width)

    def forward(self, x):
        queries, keys, values = self.query(x), self.key(x), self.value(x)
        mixed = []
        for t, query in enumerate(queries, start=1):
            weights = microgd.softmax([microgd.dot(query, key) * self.scale for key in keys[:t]])
            mixed.append([microgd.dot(weights, feature) for feature in zip(*values[:t], strict=True)])
        return microgd.tensor(mixed)


class LanguageModel(nn.Module):
    """One head of attention, as in demos/names.py."""

    def __init__(self):
        super().__init__()
        self.letter = nn.Embedding(5, 4)
        self.place = nn.Embedding(4, 4)
        self.attention = Attention(4)
        self.answer = nn.Linear(4, 5)

    def forward(self, letters):
        x = self.letter(letters) + self.place(list(range(len(letters))))
        x = x + self.attention(x)
        return self.answer(x)


def transformer():
    microgd.manual_seed(0)
    model = LanguageModel()
    return trained(nn.functional.cross_entropy(model([0, 3, 1, 4]), [3, 1, 4, 0]), model)


def second_order():
    w, b = Value(0.7, "w"), Value(-0.2, "b")
    x = Value(1.5, "x")
    y = (w * x + b).tanh()
    (dy,) = autograd.grad(y, [x], create_graph=True)
    dy.label = "dy/dx"
    return trained((dy - 1) ** 2)


def frozen():
    model = mlp(2, 3, 1)
    model[0].requires_grad_(False)
    return trained(nn.MSELoss()(model(microgd.tensor([0.5, -1.0])), microgd.tensor([1.0])), model)


def shared():
    microgd.manual_seed(0)
    layer = nn.Linear(2, 2)
    out = layer(layer(microgd.tensor([1.0, -0.5])).tanh())
    return trained(nn.MSELoss()(out, microgd.tensor([0.0, 1.0])), layer)


class TwoOutputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
        self.place = nn.Linear(3, 1)
        self.kind = nn.Linear(3, 2)

    def forward(self, x):
        features = self.trunk(x)
        return self.place(features), self.kind(features)


def two_outputs():
    microgd.manual_seed(0)
    model = TwoOutputs()
    place, kind = model(microgd.tensor([0.5, -1.0]))
    loss = nn.MSELoss()(place, microgd.tensor([1.0])) + nn.CrossEntropyLoss()(kind, 1)
    return trained(loss, model)


KINDS = {
    "x*x": square,
    "x*x*x": cube,
    "a diamond": diamond,
    "micrograd's neuron": neuron,
    "constants only": constants,
    "nan and inf": undefined,
    "before backward": before_backward,
    "long and hostile labels": hostile,
    "a custom primitive": custom,
    "a Function": function,
    "Newton's method, 30 times": newton,
    "Rosenbrock's function of 10": rosenbrock,
    "a cubic fit": cubic_fit,
    "a chain of 200": chain,
    "an RNN of 6 steps": rnn,
    "Linear(4, 2)": linear,
    "an MLP 2-4-1": mlp_2_4_1,
    "2-16-16-1, batch of 1": lambda: batch(1),
    "2-16-16-1, batch of 5": lambda: batch(5),
    "2-16-16-1, batch of 100": lambda: batch(100),
    "two moons, hinge and L2": moons,
    "softmax and cross entropy": cross_entropy,
    "logistic regression": logistic_regression,
    "a transformer head": transformer,
    "create_graph": second_order,
    "a frozen layer": frozen,
    "shared weights": shared,
    "two outputs": two_outputs,
}
