"""Whole films of fixed losses, compared as data with golden_films.json.

    python -m tests.viz.test_golden_film

writes that file anew, after a change to what films tell: read the difference before you keep it.
"""

import json
import math
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import pytest

import microgd
from microgd import Value, nn
from microgd.tensor import values
from microgd.viz import film as module
from microgd.viz.graph import read

GOLDEN = Path(__file__).with_name("golden_films.json")


def formula():
    """Reuse, an exponent in the sign, constants, negative numbers, the zero of a sum, a frozen input."""
    a, b = Value(-2.0, "a"), Value(0.5, "b")
    x = Value(3.0, "x", requires_grad=False)
    total = sum([a, b * x, a * a])
    return (total - 1.5) ** 2 / b + (-a).relu(), None


def network(*widths):
    """Linear layers with ReLU between them, and a batch of two: every number is exact."""

    def make():
        layers = [nn.Linear(i, o) for i, o in pairwise(widths)]
        model = nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU())][:-1])
        with microgd.no_grad():
            for k, parameter in enumerate(values(model.parameters())):
                parameter.data = (k % 5 - 1) / 4
        x = [[0.5 * (i + k) - 0.25 for i in range(widths[0])] for k in range(2)]
        loss = nn.MSELoss()(model(microgd.tensor(x)), microgd.tensor([[1.0] * widths[-1]] * 2))
        loss.backward()
        return loss, model

    return make


def undefined():
    a = Value(-1.0, "a")
    return (a * 0.0).log() * a, None


FILMS = {  # the loss, and how many values are told one by one
    "formula": (formula, 150),
    "one by one": (network(2, 1), 150),
    "undefined": (undefined, 150),
    "neuron by neuron": (network(2, 2, 1), 40),
    "many inputs": (network(9, 2, 1), 40),
    "seven lines": (network(6, 2, 1), 40),
    "layer by layer": (network(2, 3, 2), 5),
}


def told(name):
    make, most = FILMS[name]
    before, module.MOST_VALUES = module.MOST_VALUES, most
    try:
        return plain(asdict(module.film(read(*make()))))
    finally:
        module.MOST_VALUES = before


def plain(x):
    """Numbers to 9 digits, and nan and inf as text."""
    if isinstance(x, float):
        return float(f"{x:.9g}") if math.isfinite(x) else str(x)
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    return [plain(value) for value in x] if isinstance(x, (list, tuple)) else x


@pytest.mark.parametrize("name", FILMS)
def test_the_whole_film_of_a_fixed_loss_is_as_it_was(name):
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))[name]
    found = told(name)
    for part in golden:
        assert found[part] == golden[part]
    assert found.keys() == golden.keys()


def by_line(films):
    """One line for each box, edge and frame."""
    text = []
    for name, story in films.items():
        parts = []
        for part, told in story.items():
            if isinstance(told, list):
                told = "[" + ",".join("\n   " + json.dumps(x, ensure_ascii=False) for x in told) + "]"
            else:
                told = json.dumps(told, ensure_ascii=False)
            parts.append(f"  {json.dumps(part)}: {told}")
        text.append(f" {json.dumps(name)}: {{\n" + ",\n".join(parts) + "\n }")
    return "{\n" + ",\n".join(text) + "\n}\n"


if __name__ == "__main__":
    GOLDEN.write_text(by_line({name: told(name) for name in FILMS}), encoding="utf-8")
