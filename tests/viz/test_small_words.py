"""What pictures leave out, and what they never shorten away."""

import html
import re

import pytest

import microgd
from microgd import Value, nn
from microgd.tensor import named_elements
from microgd.viz import draw, explain, play
from microgd.viz.graph import read

from .kinds import cross_entropy


def test_a_film_of_cross_entropy_begins_with_neuron_0():
    story = play(*cross_entropy()).film
    signs = [story.actors[f.box].hint for f in story.frames if not f.backward and f.box >= 0]
    rows = [int(m[1]) for hint in signs if (m := re.search(r"bias\[(\d)\]", hint))]
    assert rows == [0, 1, 2, 3]


def test_a_sum_of_one_value_and_a_division_by_one_are_no_boxes():
    graph = read(*cross_entropy())
    assert not any(s.op == "sum" and len(s.operands) == 1 for s in graph.steps[:-1])
    assert not any(s.op == "div" and s.operands[1].data == 1.0 for s in graph.steps[:-1])


def test_a_division_by_one_that_a_program_writes_is_shown():
    a = Value(2.0, "a")
    assert any(s.op == "div" for s in read((a / 1).exp()).steps)


def test_a_loss_of_constants_says_so():
    loss = Value(2.0, requires_grad=False) * 3
    assert read(loss).notes == ["This value has no graph: nothing in it requires a gradient."]
    assert read(Value(2.0)).notes == ["This value was not computed from others: it has no graph."]


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.a_rather_long_name_of_a_block = nn.Sequential(nn.Sequential(nn.Linear(2, 2)))

    def forward(self, x):
        return self.a_rather_long_name_of_a_block(x)


def test_a_long_name_of_a_parameter_keeps_its_index():
    microgd.manual_seed(0)
    model = Deep()
    loss = model(microgd.tensor([1.0, 2.0])).sum()
    loss.backward()
    whole = [name for name, _ in named_elements(model.named_parameters())]
    names = [s.name for s in read(loss, model).steps if s.kind == "parameter"]
    assert len(set(names)) == len(whole) == 6
    assert all("…" in name and len(name) <= 40 for name in names)
    assert {name[-6:] for name in names} == {name[-6:] for name in whole}
    for name, p in named_elements(model.named_parameters()):
        assert str(explain(loss, name, model)) == str(explain(loss, p, model))


@pytest.mark.parametrize("label", ["a&amp;b", "a & b", "&lt;"])
def test_a_tooltip_says_the_label_as_it_is(label):
    svg = draw(Value(1.0, label).exp()).svg()
    (said,) = [html.unescape(t) for t in re.findall(r'xlink:title="([^"]*)"', svg) if "parameter" in t]
    assert said.startswith(f"{label} = 1, parameter")
