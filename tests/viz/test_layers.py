import time

import pytest

import microgd
from microgd.viz import draw, play
from microgd.viz.fold import fold
from microgd.viz.graph import read
from microgd.viz.layers import MOST_PARTS, layers_level
from microgd.viz.model import Card, HeatMap
from microgd.viz.thin import MOST_CELLS

from .graphs import chain, mlp


def maps(loss, model=None):
    return [b for b in layers_level(read(loss, model)).boxes if isinstance(b, HeatMap)]


def test_a_layer_is_a_field_of_its_weights_gradients():
    loss, model = mlp(3, 4, 2)
    first = maps(loss, model)[0]
    assert first.title == "0 Linear  3 → 4  tanh"
    layer = model[0]
    for row, weights, bias in zip(first.rows, layer.weight, layer.bias, strict=True):
        assert [t.value for t in row.weights] == pytest.approx([w.grad for w in weights])
        assert row.bias.value == pytest.approx(bias.grad)


def test_a_batch_adds_up_to_the_same_gradients():
    loss, model = mlp(2, 4, 1, batch=5)
    first = maps(loss, model)[0]
    for row, weights in zip(first.rows, model[0].weight, strict=True):
        assert [t.value for t in row.weights] == pytest.approx([w.grad for w in weights])
        assert len(row.grads) == 5
    assert "5 samples" in first.note


def test_layers_are_joined_by_one_broad_edge():
    picture = layers_level(read(*mlp(2, 3, 3, 1)))
    assert len(picture.edges) == 4
    assert all(e.broad for e in picture.edges)


def test_inputs_share_a_card():
    card = layers_level(read(*mlp(2, 3, 1))).boxes[-1]
    assert isinstance(card, Card)
    assert [r.name for r in card.rows] == ["x0", "x1"]


def test_a_wide_layer_is_thinned_and_says_so():
    first = maps(*mlp(100, 90, 1))[0]
    assert len(first.rows) <= MOST_CELLS
    assert max(len(r.weights) for r in first.rows) <= MOST_CELLS
    assert "strongest of 3 × 3" in first.note


def test_before_backward_there_are_outputs_but_no_gradients():
    microgd.manual_seed(0)
    model = microgd.nn.Linear(2, 2)
    loss = microgd.nn.MSELoss()(model(microgd.tensor([1.0, 2.0])), microgd.tensor([0.0, 0.0]))
    first = maps(loss, model)[0]
    assert first.rows[0].bias is None
    assert first.rows[0].outputs
    assert "out" in draw(loss, model, level="layers").svg()


def test_of_many_parts_the_nearest_to_the_loss_are_drawn():
    model = microgd.nn.Linear(1, 1)
    x = [microgd.Value(0.5)]
    for _ in range(300):
        x = model(x)
    picture = layers_level(read(x[0], model))
    assert len(picture.boxes) <= MOST_PARTS
    assert "not shown" in picture.captions[0]


@pytest.mark.parametrize("level", [None, "layers"])
def test_fifty_thousand_values_are_drawn_in_time(level):
    loss = chain(25_000)
    loss.backward()
    start = time.process_time()
    assert draw(loss, level=level).svg()
    assert time.process_time() - start < 5.0


@pytest.mark.slow
def test_a_network_of_fifty_thousand_values_is_drawn_in_time():
    loss, model = mlp(8, 16, 16, 1, batch=700)
    graph = read(loss, model)
    assert len(graph.steps) > 50_000
    start = time.process_time()
    assert draw(loss, model).svg()
    assert time.process_time() - start < 5.0
    start = time.process_time()
    assert play(loss, model).html
    assert time.process_time() - start < 10.0


def test_the_colours_of_a_batch_are_not_pale():
    """The gradient of the loss, 1, is far above the others: it does not set the scale."""
    loss, model = mlp(2, 8, 8, 1, batch=100)
    picture = layers_level(read(loss, model))
    fields = [b for b in picture.boxes if isinstance(b, HeatMap)]
    weights = [t for b in fields for row in b.rows for t in [*row.weights, row.bias]]
    outputs = [t for b in fields for row in b.rows for t in row.grads]
    assert max(t.strength for t in weights) == 1.0
    assert picture.heaviest == pytest.approx(max(abs(t.value) for t in weights))
    assert picture.largest == pytest.approx(max(abs(p.grad) for p in outputs_of(loss)))
    assert picture.largest < 0.1
    assert max(t.strength for t in outputs) > 0.5
    source = draw(loss, model, level="layers").digraph.source
    for key in ("summed over all samples", "what is larger has the strongest colour"):
        assert key in source  # the keys of both scales


def outputs_of(loss):
    """The outputs of all neurons: the ends of their activations."""
    graph = read(loss)
    return [end for end in fold(graph, layers=True).ends.values() if end is not graph.root]


def test_a_layer_that_is_the_loss_itself_does_not_set_the_scale():
    model = microgd.nn.Linear(2, 1)
    loss = model(microgd.tensor([0.001, 0.002]))[0]
    loss.backward()
    picture = layers_level(read(loss, model))
    assert picture.largest == 0.0
    assert picture.heaviest == 1.0
    assert draw(loss, model, level="layers").svg()
