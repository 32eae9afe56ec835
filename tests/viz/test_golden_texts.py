"""Trees and explanations of fixed losses, compared letter by letter with golden_texts.txt.

    python -m tests.viz.test_golden_texts

writes that file anew, after a change to what they say: read the difference before you keep it.
"""

import re
from pathlib import Path

import pytest

import microgd
from microgd import Value
from microgd.viz import explain, tree

from .graphs import chain, diamond, square
from .test_golden_film import formula, network, undefined

GOLDEN = Path(__file__).with_name("golden_texts.txt")


def backwarded(loss):
    loss.backward()
    return loss


def addends(count):
    return backwarded(sum(Value(float(k), f"v{k}") * 1.0 for k in range(count)) * 2.0)


def reused():
    a = Value(2.0, "a")
    once = a.exp()
    twice = once.sin() * once
    named = twice * twice
    named.label = "named"
    return backwarded(named * named + once * a + named)


def attention():
    """A dot product of computed values, and one with a bias and nameless weights."""
    x = [Value(1.0, "x0"), Value(2.0, "x1")]
    query, key = [v * 3.0 for v in x], [v * 0.5 for v in x]
    scores = microgd.dot(query, key)
    return backwarded(microgd.dot([scores, query[0]], [Value(0.5), Value(-0.25)], Value(0.125)))


def deep():
    y = Value(1.0, "x")
    for _ in range(45):
        y = (y * 0.5).relu()
    return backwarded(y)


def steps(count):
    x = y = Value(1.0, "x")
    for _ in range(count):
        y = y * 2.0
    return backwarded(y), x


def weak():
    """Paths of several strengths and signs, one of them 0."""
    a = Value(2.0, "a")
    return backwarded(a * -3.0 + (a * 0.0) * 5.0 + (a * a) * 0.5 + 2.0 * a), a


def again():
    loss, a = weak()
    loss.backward()
    return loss, a


def changed():
    loss, a = weak()
    a.data = 7.0
    return loss, a


TEXTS = {
    "tree square": lambda: tree(square()),
    "tree diamond": lambda: tree(diamond()),
    "tree formula": lambda: tree(backwarded(formula()[0])),
    "tree undefined": lambda: tree(backwarded(undefined()[0])),
    "tree before backward": lambda: tree(formula()[0]),
    "tree network": lambda: tree(*network(2, 2, 1)()),
    "tree wide network": lambda: tree(*network(12, 1)()),
    "tree network in ascii": lambda: tree(*network(2, 2, 1)(), ascii=True),
    "tree network, depth 3": lambda: tree(*network(2, 2, 1)(), depth=3),
    "tree network, depth 0": lambda: tree(*network(2, 2, 1)(), depth=0),
    "tree network, 6 rows": lambda: tree(*network(2, 2, 1)(), rows=6),
    "tree network, no rows": lambda: tree(*network(2, 2, 1)(), rows=0),
    **{f"tree {n} addends": lambda n=n: tree(addends(n)) for n in (2, 3, 11, 12, 13)},
    "tree reused": lambda: tree(reused()),
    "tree attention": lambda: tree(attention()),
    "tree deep": lambda: tree(deep()),
    "tree long": lambda: tree(microgd.prod([v * 2.0 for v in (chain(0), chain(1), chain(200).exp())])),
    "tree of 200 rows": lambda: tree(microgd.mean([(chain(0) * float(k)).exp() for k in range(3)]), rows=9),
    "tree below many": lambda: tree(backwarded(chain(10_000).exp().exp()), depth=1),
    "tree of a leaf": lambda: tree(Value(2.0, "a")),
    "explain formula": lambda: explain(backwarded(formula()[0]), "a"),
    "explain formula, top 1": lambda: explain(backwarded(formula()[0]), "a", top=1),
    "explain formula, top 2": lambda: explain(backwarded(formula()[0]), "a", top=2),
    "explain undefined": lambda: explain(backwarded(undefined()[0]), "a"),
    "explain network": lambda: explain(network(2, 2, 1)()[0], "x0"),
    "explain a weight": lambda: explain(*weight_of(network(2, 2, 1))),
    **{f"explain {n} steps": lambda n=n: explain(*steps(n)) for n in (1, 8, 9, 10, 11)},
    "explain weak paths": lambda: explain(*weak()),
    "explain a second backward": lambda: explain(*again()),
    "explain a changed weight": lambda: explain(*changed()),
    "explain the loss itself": lambda: explain(diamond(), "loss"),
    "explain a constant": lambda: explain(network(2, 1)()[0] * Value(2.0, "c", requires_grad=False), "c"),
}


def weight_of(make):
    loss, model = make()
    return loss, "2.weight[0][1]", model


def golden():
    parts = re.split(r"^=== (.*)\n", GOLDEN.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_of_a_fixed_loss_is_as_it_was(name):
    assert str(TEXTS[name]()) + "\n" == golden()[name]


if __name__ == "__main__":
    GOLDEN.write_text("".join(f"=== {name}\n{make()}\n" for name, make in TEXTS.items()), encoding="utf-8")
