import pytest

import microgd
from microgd import Value
from microgd.tensor import values
from microgd.viz import draw
from microgd.viz.cards import MOST_ROWS, MOST_TERMS, neurons_level
from microgd.viz.film import film
from microgd.viz.fold import NEURON, STEPS, fold
from microgd.viz.graph import read
from microgd.viz.model import Box, Card, HeatMap

from .graphs import chain, diamond, embedding, linear, mlp, neuron, penalized


def cards(loss, model=None):
    found = [b for b in neurons_level(read(loss, model)).boxes if isinstance(b, Card)]
    return sorted(found, key=lambda card: not card.title.startswith("neuron"))


def test_a_neurons_rows_add_up_to_its_sum():
    for card in cards(*linear())[:2]:
        *terms, total = card.rows
        assert total.name.endswith("Σ")
        assert sum(float(row.numbers[2]) for row in terms) == pytest.approx(float(total.numbers[2]), abs=2e-3)


def test_a_row_is_name_weight_input_product_and_gradient():
    loss, model = linear()
    row = cards(loss, model)[0].rows[1]
    weight = model.weight[0][1]
    assert row.name == "weight[0][1]"
    assert row.numbers == [f"{weight.data:.4g}", "× x1 = -2", f"{-2 * weight.data:.4g}"]
    assert row.tone.value == weight.grad


def test_the_activation_stands_below_the_sum():
    card = cards(neuron())[0]
    assert [r.name for r in card.rows] == ["w0", "w1", "b", "z = Σ", "out = tanh(z)"]
    assert card.is_loss


def test_a_loss_shows_its_formula():
    loss_card = cards(*linear())[-1]
    assert loss_card.title == "MSELoss"
    assert loss_card.rows[0].name == "t1 = n0 − y0"
    assert loss_card.rows[-1].name == "loss = mean(t2, t4)"


def test_edges_end_in_the_row_of_their_input():
    picture = neurons_level(read(*mlp(2, 3, 1)))
    names = {b.id: getattr(b, "name", "") for b in picture.boxes}
    ports = [(names[e.tail], e.port) for e in picture.edges if names[e.tail]]
    assert sorted(ports) == [("x0", "r0")] * 3 + [("x1", "r1")] * 3


@pytest.fixture(
    params=[
        linear,
        embedding,
        penalized,
        lambda: mlp(2, 3, 2, batch=3),
        lambda: (diamond(), None),
        lambda: (chain(40), None),
    ]
)
def made(request):
    return request.param()


@pytest.mark.parametrize("level", ["ops", "neurons", "layers"])
@pytest.mark.parametrize("named", [True, False])
def test_boxes_lie_in_groups_and_edges_join_boxes(made, level, named):
    loss, model = made
    picture = draw(loss, model if named else None, level).picture
    assert {b.group for b in picture.boxes} <= {"", *(g.id for g in picture.groups)}
    assert {g.parent for g in picture.groups} <= {"", *(g.id for g in picture.groups)}
    ids = {b.id for b in picture.boxes}
    assert len(ids) == len(picture.boxes)
    assert all(e.tail in ids and e.head in ids for e in picture.edges)
    story = film(read(loss, model if named else None))
    assert {a.group for a in story.actors} <= {"", *(g.id for g in story.groups)}


def test_without_modules_or_neurons_the_boxes_are_those_of_the_ops_level():
    assert all(isinstance(b, Box) for b in neurons_level(read(diamond())).boxes)


def test_a_long_chain_is_one_card_that_is_clipped():
    (card,) = cards(chain(300))
    assert len(card.rows) == MOST_ROWS + 1
    assert card.rows[MOST_ROWS // 2].name == f"… {300 - MOST_ROWS} more iterations"


def test_a_residual_connection_makes_no_circle():
    class Block(microgd.nn.Module):
        def __init__(self):
            self.linear = microgd.nn.Linear(2, 2)

        def forward(self, x):
            h = [v.relu() for v in x]
            return microgd.tensor([a + b for a, b in zip(x, self.linear(h), strict=True)])

    loss = Block()(microgd.tensor([Value(1.0), Value(2.0)])).sum()
    graph = read(loss)
    for layers in (False, True):
        folded = fold(graph, layers)
        before = {  # part -> the parts that feed it
            (folded.owner[x.number], folded.owner[s.number])
            for s in graph.steps
            for x in s.operands
            if folded.owner[x.number] not in (None, folded.owner[s.number])
        }
        done, parts = set(), set(range(len(folded.parts)))
        while parts - done:
            ready = {p for p in parts - done if all(a in done for a, b in before if b == p)}
            assert ready, "a circle"
            done |= ready


def test_a_weight_that_a_penalty_reads_too_has_an_edge_to_it():
    loss, model = mlp(2, 2, 1)
    penalty = microgd.sum([p * p for p in values(model.parameters())])
    folded = fold(read(loss + penalty, model), layers=False)
    assert [p.kind for p in folded.parts].count(NEURON) == 3
    picture = neurons_level(read(loss + penalty, model))
    penalties = [e for e in picture.edges if e.head == picture.edges[-1].head]
    assert penalties


def test_too_many_cards_are_refused_with_a_sentence():
    loss, model = mlp(2, 101, 4, batch=4)
    with pytest.raises(ValueError, match='use level "layers"'):
        draw(loss, model, level="neurons")


def test_the_level_follows_the_size():
    assert draw(neuron()).picture.level == "ops"
    assert draw(*mlp(2, 1)).picture.level == "ops"
    assert draw(*mlp(2, 4, 1)).picture.level == "neurons"
    assert draw(*mlp(2, 8, 1)).picture.level == "neurons"
    assert draw(*mlp(2, 16, 16, 1)).picture.level == "layers"
    assert draw(chain(300)).picture.level == "neurons"


def test_steps_of_a_module_share_a_card():
    folded = fold(read(linear()[0]), layers=False)
    assert [p.kind for p in folded.parts].count(STEPS) == 1


def test_a_wide_neuron_is_clipped_and_still_adds_up():
    card = cards(*mlp(100, 1))[0]
    *terms, total = card.rows
    assert len(terms) == MOST_TERMS + 2  # what is left out, and the bias
    assert any(row.name == f"… {100 - MOST_TERMS} more" for row in terms)
    assert sum(float(row.numbers[2]) for row in terms) == pytest.approx(float(total.numbers[2]), rel=2e-3)


def test_a_sum_of_thousands_is_a_card_and_not_a_box_of_thousands_of_ports():
    loss = microgd.sum([Value(float(i)) for i in range(5000)])
    (card,) = draw(loss).picture.boxes
    assert isinstance(card, Card)
    assert len(card.rows[0].name) < 100


def test_changed_weights_are_not_mixed_into_what_was_recorded():
    w, x = [Value(2.0, "w0"), Value(3.0, "w1")], [Value(5.0, "x0"), Value(7.0, "x1")]
    loss = microgd.dot(w, x)
    loss.backward()
    w[0].data = 100.0
    rows = cards(loss)[0].rows
    assert [row.numbers[2] for row in rows] == ["10", "21", "31"]
    assert rows[0].numbers[0] == "100"  # the weight itself is today's: the caption says so


def test_a_batch_shows_each_use_of_the_weights_without_edges_between_them():
    loss, model = mlp(2, 3, 1, batch=2)
    picture = neurons_level(read(loss, model))
    titles = sorted(b.title for b in picture.boxes if isinstance(b, Card))
    assert titles.count("neuron 0") == 2
    assert titles.count("neuron 0, use 2") == 2
    assert len(picture.edges) == 2 * (3 * 2 + 3 + 1)
    rows = [r for b in picture.boxes if isinstance(b, Card) for r in b.rows if r.name == "weight[2][1]"]
    assert sum(r.tone.value for r in rows) == pytest.approx(model[0].weight[2][1].grad)
    assert any("the sum over them" in line for line in picture.captions)


def test_a_gradient_of_minus_zero_is_shown_as_zero():
    loss = Value(1.0, "a") * -0.0
    loss.backward()
    assert draw(loss).picture.boxes[0].grad == "0"


def hinge_and_penalty(samples=6):
    """The loss of micrograd's demo: written as a formula outside of the model."""
    microgd.manual_seed(0)
    model = microgd.nn.Sequential(microgd.nn.Linear(2, 4), microgd.nn.ReLU(), microgd.nn.Linear(4, 1))
    scores = [model(microgd.tensor([0.1 * k, 1.0 - k]))[0] for k in range(samples)]
    hinges = [(1 + -y * score).relu() for y, score in zip([1.0, -1.0] * samples, scores, strict=False)]
    loss = sum(hinges) * (1.0 / samples) + 1e-4 * sum(p * p for p in values(model.parameters()))
    loss.backward()
    return loss, model


@pytest.mark.parametrize("named", [True, False])
def test_what_a_formula_makes_of_the_outputs_is_no_part_of_the_last_layer(named):
    loss, model = hinge_and_penalty()
    graph = read(loss, model if named else None)
    for layers in (False, True):
        folded = fold(graph, layers)
        ends = {end.op for end in folded.ends.values()}
        assert ends == {"relu", "dot"}
        for dot, end in folded.ends.items():
            assert end.path[:1] == dot.path[:1] == ("Sequential",)
    first, last = (b for b in draw(loss, model, "layers").picture.boxes if isinstance(b, HeatMap))
    assert first.title == "0 Linear  2 → 4  relu"
    assert last.title == "2 Linear  4 → 1"


def test_a_neuron_outside_of_a_module_keeps_its_activation_only():
    w, x = [Value(0.5, "w0"), Value(0.8, "w1")], [Value(2.0, "x0"), Value(-1.0, "x1")]
    out = microgd.dot(w, x)
    folded = fold(read((1.0 - out).relu()), layers=False)
    assert [end.op for end in folded.ends.values()] == ["dot"]
    folded = fold(read(out.relu()), layers=False)
    assert [end.op for end in folded.ends.values()] == ["relu"]


def test_a_module_of_its_own_is_an_activation_and_a_loss_is_none():
    linear, x = microgd.nn.Linear(2, 1), microgd.tensor([1.0, -2.0])
    active = microgd.nn.Tanh()(linear(x))[0]
    folded = fold(read(active), layers=False)
    assert [end.op for end in folded.ends.values()] == ["tanh"]

    class HalfLoss(microgd.nn.Module):
        def forward(self, out):
            return out * 0.5

    folded = fold(read(HalfLoss()(linear(x)[0])), layers=False)
    assert [end.op for end in folded.ends.values()] == ["dot"]


@pytest.mark.parametrize("square", [lambda p: p * p, lambda p: p**2])
def test_an_l2_penalty_is_one_row(square):
    loss, model = mlp(2, 4, 1)
    penalty = sum(square(p) for p in values(model.parameters()))
    loss = loss + 0.01 * penalty
    loss.backward()
    rows = [row for card in cards(loss, model) for row in card.rows]
    (row,) = (row for row in rows if "p²" in row.name)
    assert row.name.endswith("= Σ p² over 17 parameters")
    assert float(row.numbers[-1]) == pytest.approx(penalty.data, rel=1e-3)
    assert row.tone.value == penalty.grad
    assert not any("weight[0][0] × " in row.name for row in rows)


def test_a_long_sum_is_one_row_and_the_names_have_no_gaps():
    loss, model = hinge_and_penalty(8)
    rows = [row for card in cards(loss, model) for row in card.rows]
    (row,) = (row for row in rows if "Σ of" in row.name)
    assert row.name.endswith("Σ of 8 values")
    said = {row.name.partition(" = ")[0] for row in rows}
    assert {f"t{k}" for k in range(1, 8)} <= said
    assert max(int(name[1:]) for name in said if name[:1] == "t" and name[1:].isdigit()) == 8 * 3 + 4


def test_inputs_of_a_batch_say_their_sample():
    loss, model = mlp(2, 3, 1, batch=2)
    boxes = draw(loss, model, "neurons").picture.boxes
    names = {box.name for box in boxes if isinstance(box, Box)}
    assert {"x0 (sample 1)", "x0 (sample 2)", "x1 (sample 2)"} <= names
    card = next(b for b in draw(loss, model, "layers").picture.boxes if b.title == "inputs")
    assert [row.name for row in card.rows][2:] == ["x0 (sample 2)", "x1 (sample 2)"]


def test_layers_that_are_frozen_are_named():
    microgd.manual_seed(0)
    model = microgd.nn.Sequential(microgd.nn.Linear(2, 3), microgd.nn.Tanh(), microgd.nn.Linear(3, 1))
    for p in values(model[0].parameters()):
        p.requires_grad = False
    loss = model(microgd.tensor([1.0, -2.0])).sum()
    loss.backward()
    said = [line for line in draw(loss, model).picture.warnings if "frozen" in line]
    assert said == ["0 Linear is frozen (requires_grad is False): what it computed stands here as inputs."]
    assert not any("frozen" in line for line in draw(*mlp(2, 3, 1)).picture.warnings)
