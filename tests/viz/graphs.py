"""Small losses that the tests of pictures draw."""

from itertools import pairwise

import microgd
from microgd import Value, nn
from microgd.tensor import values


def square():
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    return y


def diamond():
    a = Value(2.0, "a")
    b = a * 3.0
    b.label = "b"
    c = a.exp()
    c.label = "c"
    loss = b * c
    loss.backward()
    return loss


def neuron():
    w = [Value(0.5, "w0"), Value(0.8, "w1")]
    x = [Value(2.0, "x0", requires_grad=False), Value(-1.0, "x1", requires_grad=False)]
    out = microgd.dot(w, x, Value(0.3, "b")).tanh()
    out.label = "out"
    out.backward()
    return out


def linear(backward=True):
    microgd.manual_seed(0)
    model = nn.Linear(4, 2)
    loss = nn.MSELoss()(model(microgd.Tensor([1.0, -2.0, 0.5, 3.0])), microgd.Tensor([1.0, 0.0]))
    if backward:
        loss.backward()
    return loss, model


def mlp(*widths, batch=None):
    microgd.manual_seed(0)
    layers = []
    for i, o in pairwise(widths):
        layers += [nn.Linear(i, o), nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    row = [0.5 - 0.3 * i for i in range(widths[0])]
    x = row if batch is None else [[v + 0.1 * k for v in row] for k in range(batch)]
    y = [1.0] * widths[-1] if batch is None else [[1.0] * widths[-1]] * batch
    loss = nn.MSELoss()(model(microgd.tensor(x)), microgd.tensor(y))
    loss.backward()
    return loss, model


def embedding():
    """Parameters that are inputs of a layer."""
    microgd.manual_seed(0)
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2))
    loss = nn.CrossEntropyLoss()(model([1, 4]), [0, 1])
    loss.backward()
    return loss, model


def penalized():
    """Parameters that are used outside of their layer, too."""
    loss, model = mlp(2, 3, 1)
    loss = loss + 0.01 * microgd.sum([p * p for p in values(model.parameters())])
    loss.backward()
    return loss, model


def chain(length):
    x = Value(1.0, "x")
    y = x
    for _ in range(length):
        y = y + 0.5
    return y


HOSTILE = [
    "",
    " ",
    '"',
    "'",
    '"><script>alert(1)</script>',
    "</script><script>alert(1)</script>",
    "<b>bold</b>",
    "<",
    ">",
    "<>",
    "&",
    "&lt;",
    "&#60;",
    "\\N",
    "\\",
    "\\\\",
    "a\\nb",
    "a\nb",
    "a\x00b\x07",
    "a\x1b[31mb",
    "\u202egnirts",
    "\u2066a\u2069\u200f",
    "\ud800",
    "a" * 10_000,
    "{a|<p>b}",
    "n0:i0:w",
    "-->",
    "]]>",
    "<!--",
    "\N{PILE OF POO}\N{FAMILY}",
    "x\u0301\u200d",
    "${x} {{x}} %s {0}",
    "<TABLE>",
    "\ufeff\u2028\u2029",
]
