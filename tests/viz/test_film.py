import math
import re

import pytest

import microgd
from microgd import Value
from microgd.tensor import named_elements
from microgd.viz.film import MOST_LINES, MOST_VALUES, film
from microgd.viz.graph import read

from .graphs import chain, diamond, linear, mlp, square


def told(loss, model=None):
    return film(read(loss, model))


def test_first_forward_then_backward():
    frames = told(diamond()).frames
    phases = [frame.backward for frame in frames]
    assert phases == sorted(phases)
    assert phases.count(True) == 4  # the loss itself, then three operations
    assert phases.count(False) == 4  # the leaves, then three operations


def test_a_frame_says_the_chain_rule_in_words_and_numbers():
    w, x = Value(2.0, "w"), Value(3.0, "x")
    frame = told((w * x).exp()).frames[-1]
    assert frame.said == (
        "t1 = w × x has the upstream gradient dL/dt1 = 403.4. It gives each operand its partial times that:"
    )
    first, second = frame.lines
    assert (first.what, first.formula) == ("dL/dw += dt1/dw · dL/dt1", "3 · 403.4")
    assert first.value == 3.0 * math.exp(6.0)
    assert second.formula == "2 · 403.43"  # 2 · 403.4 is 806.8, and the box says 806.9


def test_a_value_used_twice_shows_the_total_so_far():
    first, second = told(square()).frames[-1].lines
    assert first.note == ""
    assert second.note == "total so far 6"


@pytest.mark.parametrize(
    "made", [linear, lambda: mlp(2, 4, 1), lambda: (diamond(), None), lambda: (square(), None)]
)
def test_the_last_gradients_are_the_engines(made):
    loss, model = made()
    graph = read(loss, model)
    by_name = {s.name: s.grad for s in graph.steps if s.name}
    actors = [a for a in film(graph).actors if a.grads and a.name in by_name]
    assert actors
    for actor in actors:
        if by_name[actor.name] is not None:
            assert actor.grads[-1][1] == by_name[actor.name]


def test_what_is_handed_out_adds_up_to_the_gradient():
    loss, model = mlp(2, 4, 1)
    story = told(loss, model)
    totals = {}
    for frame in story.frames:
        for line in frame.lines:
            if frame.backward:
                name = re.match(r"dL/d\(?(.*?)\)? \+=", line.what)[1]
                totals[name] = totals.get(name, 0.0) + line.value
    for name, parameter in named_elements(model.named_parameters()):
        assert totals[name] == pytest.approx(parameter.grad)


def test_every_box_is_born_and_every_gradient_comes_after():
    story = told(*mlp(2, 4, 1))
    for actor in story.actors:
        frames = [at for at, _ in actor.grads]
        assert frames == sorted(frames)
        assert all(at > actor.born for at in frames)


def test_the_same_name_in_two_neurons_is_told_apart():
    names = [actor.name for actor in told(linear()[0]).actors]
    assert len(names) == len(set(names))
    assert {"n0.w3", "n1.w3", "n0.b", "x3"} <= set(names)


def test_larger_graphs_are_told_neuron_by_neuron_and_then_layer_by_layer():
    assert any(a.sign == "neuron 3" for a in told(*mlp(2, 16, 16, 1)).actors)
    story = told(*mlp(2, 16, 16, 1, batch=20))
    assert len(story.actors) < 10
    assert any(a.name == "2 Linear" for a in story.actors)


def test_long_lists_are_clipped_to_the_strongest():
    story = told(*mlp(2, 16, 16, 1))
    frame = max(story.frames, key=lambda f: len(f.lines))
    assert len(frame.lines) == MOST_LINES + 1
    assert "more" in frame.lines[-1].what
    strengths = [abs(line.value) for line in frame.lines[:-1]]
    assert strengths == sorted(strengths, reverse=True)


def test_a_film_needs_no_backward_first():
    loss, model = linear(backward=False)
    story = told(loss, model)
    loss.backward()
    weight = next(a for a in story.actors if a.name == "weight[0][0]")
    assert weight.grads[-1][1] == pytest.approx(model.weight[0][0].grad)


def test_a_long_chain_has_a_film():
    assert len(told(chain(1000)).actors) < MOST_VALUES


def test_too_many_parts_are_refused_with_a_sentence():
    model = microgd.nn.Linear(1, 1)
    x = [Value(0.5)]
    for _ in range(700):
        x = model(x)
    with pytest.raises(ValueError, match="a film has at most"):
        told(x[0], model)


def test_a_leaf_has_a_film():
    assert len(told(Value(2.0, "x")).frames) == 2


def test_a_layer_hands_each_weight_the_sum_over_all_samples():
    loss, model = mlp(2, 16, 16, 1, batch=20)
    story = told(loss, model)
    frame = next(f for f in story.frames if f.backward and f.said.startswith("4 Linear"))
    named = {f"4.{name}": p.grad for name, p in named_elements(model[4].named_parameters())}
    seen = 0
    for line in frame.lines[:-1]:
        name = re.match(r"dL/d\(?(.*?)\)? \+= 20 contributions", line.what)
        if name:
            assert line.value == pytest.approx(named[name[1]])
            seen += 1
    assert seen > 3


def test_no_number_of_a_film_is_minus_zero():
    z = Value(0.0, "z")
    loss = (z * -1.0 + 0.5) * (z * -2.0)
    for frame in told(loss).frames:
        for line in frame.lines:
            assert line.value != 0.0 or math.copysign(1.0, line.value) == 1.0
    assert all("-0 " not in f"{frame.said} " for frame in told(loss).frames)


def test_the_box_of_a_layer_says_that_its_gradient_is_the_largest():
    for actor in told(*mlp(2, 16, 16, 1, batch=20)).actors:
        assert ("(∇: the largest)" in actor.sign) == ("Linear" in actor.name)  # inputs want no gradient
        assert "∇" not in actor.hint
