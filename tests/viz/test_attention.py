import math

import pytest

import microgd
from microgd import Value, nn
from microgd.viz import draw
from microgd.viz.attention import heads
from microgd.viz.colours import INK, NIGHT_INKS, PAPER, at_night, contrast, grey, readable_on
from microgd.viz.film import film
from microgd.viz.fold import ATTENTION, fold
from microgd.viz.graph import read
from microgd.viz.matrix import MOST_FIELDS, MOST_POSITIONS
from microgd.viz.model import Matrix

LETTERS = 4
ROWS = [[1.0, 0.5, -0.2], [0.3, -0.8, 0.1], [0.9, 0.2, 0.4], [-1.0, 0.3, 0.2]]


def causal(queries, keys, values):
    """As a learner writes it: each position asks all positions up to itself."""
    mixed = []
    for t, query in enumerate(queries, start=1):
        weights = microgd.softmax([microgd.dot(query, key) * 0.5 for key in keys[:t]])
        mixed.append([microgd.dot(weights, v) for v in zip(*values[:t], strict=True)])
    return mixed


def by_hand(queries, keys, values):
    """The same with sums and products of scalars, and no mask."""
    mixed = []
    for query in queries:
        exps = [sum(a * b for a, b in zip(query, key, strict=True)).exp() for key in keys]
        total = sum(exps)
        weights = [e / total for e in exps]
        columns = zip(*values, strict=True)
        mixed.append([sum(w * v for w, v in zip(weights, column, strict=True)) for column in columns])
    return mixed


def whole(queries, keys, values):
    """With Tensors."""
    return ((queries @ keys.T) / math.sqrt(3)).softmax(-1) @ values


def masked(queries, keys, values):
    """With Tensors, and a mask of minus infinities."""
    n = len(queries)
    mask = microgd.tensor([[0.0 if s <= t else -math.inf for s in range(n)] for t in range(n)])
    return (queries @ keys.T + mask).softmax(-1) @ values


def by_logarithms(queries, keys, values):
    """e^(x - log Σ e^x)"""
    mixed = []
    for query in queries:
        weights = [x.exp() for x in microgd.log_softmax([microgd.dot(query, key) for key in keys])]
        mixed.append([microgd.dot(weights, v) for v in zip(*values, strict=True)])
    return mixed


WAYS = [causal, by_hand, whole, masked, by_logarithms]


class Attention(nn.Module):
    def __init__(self, way):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(3, 3, bias=False) for _ in range(3))
        self.way = way

    def forward(self, x):
        mixed = self.way(self.query(x), self.key(x), self.value(x))
        return microgd.tensor(mixed) if isinstance(mixed, list) else mixed


class Net(nn.Module):
    def __init__(self, way):
        super().__init__()
        self.attention = Attention(way)
        self.answer = nn.Linear(3, 1)

    def forward(self, x):
        return self.answer(self.attention(x))


def attending(way=causal, batch=1):
    microgd.manual_seed(0)
    model = Net(way)
    loss = microgd.sum([(model(microgd.tensor(ROWS)) ** 2).mean() for _ in range(batch)])
    loss.backward()
    return loss, model


def matrices(loss, model, level):
    return [b for b in draw(loss, model, level).picture.boxes if isinstance(b, Matrix)]


@pytest.mark.parametrize("level", ["neurons", "layers"])
@pytest.mark.parametrize("way", WAYS)
def test_attention_is_one_matrix_however_it_is_written(way, level):
    (matrix,) = matrices(*attending(way), level)
    (field,) = matrix.fields
    assert [len(row) for row in field.weights] == [LETTERS] * LETTERS
    for row in field.weights:
        assert sum(w for w in row if w is not None) == pytest.approx(1.0)


@pytest.mark.parametrize("way", [causal, masked])
def test_what_a_mask_hides_is_an_empty_cell(way):
    (matrix,) = matrices(*attending(way), "layers")
    seen = [[weight is not None for weight in row] for row in matrix.fields[0].weights]
    assert seen == [[s <= t for s in range(LETTERS)] for t in range(LETTERS)]


def test_weights_are_grey_and_gradients_are_the_colours_beside_them():
    loss, model = attending()
    (matrix,) = matrices(loss, model, "layers")
    (head,) = heads(read(loss, model))
    for row, tones in zip(head.rows, matrix.fields[0].grads, strict=True):
        assert {k: tones[k].value for k in row} == {k: step.grad for k, step in row.items()}
    svg = draw(loss, model, "layers").svg()
    assert all(f'fill="{grey(step.data)}"' in svg for row in head.rows for step in row.values())
    assert "grey: data, not a gradient" in svg


def test_the_card_lies_in_the_frame_of_its_module():
    loss, model = attending()
    (matrix,) = matrices(loss, model, "layers")
    groups = {g.id: g.title for g in draw(loss, model, "layers").picture.groups}
    assert (groups[matrix.group], matrix.title) == ("attention Attention", "attention weights")


@pytest.mark.parametrize("layers", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_the_parts_form_no_circle(way, layers):
    graph = read(*attending(way))
    folded = fold(graph, layers)
    assert sum(part.kind == ATTENTION for part in folded.parts) == 1
    for step in graph.steps:
        for operand in step.operands:
            tail, head = folded.owner[operand.number], folded.owner[step.number]
            if None not in (tail, head) and tail != head and operand.kind == "op":
                before, after = folded.parts[tail].stage, folded.parts[head].stage
                assert before < after or (folded.parts[head].kind == "steps" and before <= after)


def test_a_batch_is_a_field_for_each_sample_on_one_card():
    (matrix,) = matrices(*attending(batch=MOST_FIELDS + 1), "layers")
    assert len(matrix.fields) == MOST_FIELDS
    assert f"{MOST_FIELDS + 1} heads or samples" in matrix.note


def test_of_a_long_text_the_first_positions_are_shown():
    n = MOST_POSITIONS + 3
    layers = [nn.Linear(1, 1) for _ in range(3)]
    x = microgd.tensor([[0.1 * i] for i in range(n)])
    loss = (whole(*(layer(x) for layer in layers)) ** 2).sum()
    (matrix,) = matrices(loss, None, "layers")
    assert len(matrix.fields[0].weights) == len(matrix.fields[0].weights[0]) == MOST_POSITIONS
    assert f"the first {MOST_POSITIONS} are shown" in matrix.note


def test_before_backward_there_are_weights_and_no_gradients():
    microgd.manual_seed(0)
    model = Net(causal)
    loss = (model(microgd.tensor(ROWS)) ** 2).mean()
    (matrix,) = matrices(loss, model, "layers")
    assert not matrix.differentiated
    assert {tone for row in matrix.fields[0].grads for tone in row} == {None}
    assert "dL/d weight" not in draw(loss, model, "layers").svg()


def classifier():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    rows = [microgd.softmax(list(row)) for row in model(microgd.tensor(ROWS))]
    return -sum(row[k % 3].log() for k, row in enumerate(rows)), model


def expectation():
    """A softmax over classes whose expected value is compared: nobody asks any key."""
    model = nn.Linear(3, 3)
    levels = [Value(1.0 * k, f"level{k}") for k in range(3)]
    rows = [microgd.softmax(list(row)) for row in model(microgd.tensor(ROWS))]
    return sum((microgd.dot(row, levels) - 1.0) ** 2 for row in rows), model


def experts():
    """A gate that mixes other values in each row."""
    model = nn.ModuleList([nn.Linear(3, 2), nn.Linear(3, 2)])
    total = Value(0.0)
    for row in ROWS:
        gate = microgd.softmax(list(model[0](microgd.tensor(row))))
        total = total + microgd.dot(gate, list(model[1](microgd.tensor(row)))) ** 2
    return total, model


@pytest.mark.parametrize("made", [classifier, expectation, experts])
def test_other_softmaxes_are_no_attention(made):
    loss, model = made()
    assert heads(read(loss, model)) == []


def test_a_network_that_looks_back_at_its_own_results_is_drawn_without_a_circle():
    """Each query is computed from what the query before took: no matrix can be one box."""
    keys = nn.Linear(3, 3)(microgd.tensor(ROWS))
    again = nn.Linear(3, 3)
    query = list(keys[0])
    for _ in range(3):
        weights = microgd.softmax([microgd.dot(query, key) for key in keys])
        query = list(again([microgd.dot(weights, v) for v in zip(*keys, strict=True)]))
    loss = microgd.sum(query)
    loss.backward()
    graph = read(loss)
    assert len(heads(graph)) == 1
    assert matrices(loss, None, "layers") == []
    owner = fold(graph, layers=True).owner
    assert all(owner[step.number] is not None for step in graph.steps if step.kind == "op")


def test_every_grey_is_readable_by_day_and_by_night():
    for i in range(101):
        colour = grey(i / 100)
        ink = readable_on(colour)
        assert contrast(colour, ink) >= 4.5
        assert contrast(at_night(colour), NIGHT_INKS.get(ink, ink)) >= 4.5
        assert ink in (INK, PAPER)


def test_the_film_says_what_each_query_takes():
    story = film(read(*attending()))
    (at,) = [i for i, actor in enumerate(story.actors) if actor.name == "attention weights"]
    forward, backward = (frame for frame in story.frames if frame.box == at)
    assert [line.what for line in forward.lines] == [f"query {t}" for t in range(LETTERS)]
    assert [line.value for line in forward.lines] == pytest.approx([1.0] * LETTERS)
    assert "an upstream gradient dL/dout for each of its 12 outputs" in backward.said


def test_with_attention_the_level_is_that_of_layers():
    assert draw(*attending()).picture.level == "layers"


def test_an_edge_to_the_matrix_is_all_that_flows_back_to_its_tail():
    loss, model = attending(whole)
    picture = draw(loss, model, "neurons").picture
    (matrix,) = (box for box in picture.boxes if isinstance(box, Matrix))
    edges = [edge for edge in picture.edges if edge.head == matrix.id]
    assert len(edges) == 3 * 3 * LETTERS  # queries, keys and values
    graph = read(loss, model)
    folded = fold(graph, layers=False)
    for edge in edges:
        (neuron,) = (s for s in graph.steps if folded.owner[s.number] == int(edge.tail[1:]) and s.op == "dot")
        assert edge.tone.value == pytest.approx(neuron.grad)
