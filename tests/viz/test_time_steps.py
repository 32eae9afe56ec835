import math

import pytest

import microgd
from microgd import Value, nn
from microgd.tensor import named_elements
from microgd.viz import draw
from microgd.viz.film import film
from microgd.viz.fold import fold
from microgd.viz.graph import PARAMETER, read, unfolded
from microgd.viz.model import Box, Card, HeatMap
from microgd.viz.time_steps import in_steps

TIMES = 6


def scalars(times=TIMES):
    """h = tanh(w_x x_t + w_h h + b), with plain Values"""
    wx, wh, b = Value(0.7, "w_x"), Value(0.8, "w_h"), Value(0.1, "b")
    h = Value(0.0, "h0", requires_grad=False)
    for t in range(times):
        x = Value(math.sin(t + 1), f"x{t + 1}", requires_grad=False)
        h = (wx * x + wh * h + b).tanh()
        h.label = f"h{t + 1}"
    loss = (h - 1) ** 2
    loss.label = "L"
    loss.backward()
    return loss, None


class Network(nn.Module):
    """The same with two layers, and one more for the answer."""

    def __init__(self, inputs, width, batch=0):
        super().__init__()
        self.W = nn.Linear(inputs, width)
        self.U = nn.Linear(width, width, bias=False)
        self.answer = nn.Linear(width, 1)
        self.start = microgd.tensor([[0.0] * width] * batch if batch else [0.0] * width)

    def forward(self, xs):
        h = self.start
        for x in xs:
            h = (self.W(x) + self.U(h)).tanh()
        return self.answer(h)


def network(inputs=1, width=2, times=TIMES, batch=0):
    microgd.manual_seed(0)
    model = Network(inputs, width, batch)
    xs = [[math.sin(t + k) for k in range(inputs)] for t in range(times)]
    if batch:
        xs = [[[v + 0.1 * s for v in x] for s in range(batch)] for x in xs]
    loss = (model(microgd.tensor(xs)) ** 2).sum()
    loss.backward()
    return loss, model


def loose(width=2):
    """Two layers outside of any module"""
    microgd.manual_seed(0)
    W, U = nn.Linear(1, width), nn.Linear(width, width, bias=False)
    h = microgd.tensor([0.0] * width)
    for t in range(TIMES):
        h = microgd.tanh(W(microgd.tensor([math.sin(t)])) + U(h))
    loss = ((h - 1.0) ** 2).sum()
    loss.backward()
    return loss, None


KINDS = {
    "scalars": scalars,
    "neurons": network,
    "layers": lambda: network(2, 16),
    "loose layers": loose,
    "batch": lambda: network(2, 3, batch=4),
}


def frame(step):
    """The number of the time step that a step lies in; 0 if there is none."""
    return next((int(scope.partition("@")[2]) for scope in step.path if "@" in scope), 0)


@pytest.fixture(params=KINDS)
def made(request):
    return KINDS[request.param]()


def test_each_step_has_a_frame_in_the_order_of_time(made):
    groups = draw(*made).picture.groups
    titles = [group.title for group in groups if group.title.startswith("step ")]
    assert titles == [f"step {t}" for t in range(1, TIMES + 1)]


def test_time_runs_forward_between_frames(made):
    """So no arrow between two frames runs backwards, and a frame is left once and for all."""
    graph = in_steps(read(*made))
    left: dict = {}  # what was made of the results of a step, outside of all steps
    for step in graph.steps:
        at = frame(step)
        before = [max(frame(x), left.get(x, 0)) for x in step.operands if x.kind == "op"]
        assert all(t <= at for t in before) if at else True
        if not at:
            left[step] = max(before, default=0)
    numbers = [frame(step) for step in graph.steps if step.kind == "op" and frame(step)]
    assert numbers == sorted(numbers)


def test_every_step_holds_its_input(made):
    graph = in_steps(read(*made))
    held = {frame(step) for step in graph.steps if step.kind == "input"}
    assert held >= set(range(1, TIMES + 1))


def test_weights_stay_outside_of_all_steps(made):
    graph = in_steps(read(*made))
    weights = [step for step in graph.steps if step.kind == PARAMETER]
    assert weights
    assert {frame(w) for w in weights} == {0}


def test_the_loss_after_the_last_step_is_outside(made):
    graph = in_steps(read(*made))
    assert frame(graph.root) == 0


def test_frames_change_no_number(made):
    graph = read(*made)
    moved = in_steps(graph)
    assert sorted((s.op, s.data, s.grad or 0.0) for s in graph.steps) == sorted(
        (s.op, s.data, s.grad or 0.0) for s in moved.steps
    )
    assert [s.number for s in moved.steps] == list(range(len(graph.steps)))
    assert all(x.number < s.number for s in moved.steps for x in s.operands)
    assert unfolded(moved).root.data == graph.root.data


def test_at_most_sixty_boxes(made):
    assert len(draw(*made).picture.boxes) <= 60


def test_the_levels_of_six_steps():
    assert draw(*scalars()).picture.level == "ops"
    assert draw(*network()).picture.level == "neurons"
    assert draw(*network(2, 16)).picture.level == "layers"


def test_shared_weights_are_shown_once_with_the_sum_over_all_steps():
    loss, model = network()
    picture = draw(loss, model).picture
    cards = {c.title: c for c in picture.boxes if isinstance(c, Card) and c.title.endswith("of 6 steps")}
    assert list(cards) == ["W Linear: weights of 6 steps", "U Linear: weights of 6 steps"]
    for name, p in named_elements(model.named_parameters()):
        layer, _, own = name.partition(".")
        if layer in "WU":
            (row,) = (r for r in cards[f"{layer} Linear: weights of 6 steps"].rows if r.name == own)
            assert row.tone.value == p.grad
            shown = [
                r.tone.value
                for c in picture.boxes
                if isinstance(c, Card) and f"{layer}@" in c.group and c.title.startswith("neuron")
                for r in c.rows
                if r.name == own
            ]
            assert len(shown) == TIMES
            assert sum(shown) == pytest.approx(p.grad)


def test_shared_layers_are_shown_once_with_the_sum_over_all_steps():
    loss, model = network(2, 16)
    picture = draw(loss, model).picture
    maps = [box for box in picture.boxes if isinstance(box, HeatMap)]
    (whole,) = (box for box in maps if box.title == "U Linear: weights of 6 steps")
    uses = [box for box in maps if box.title.startswith("U Linear  16 → 16")]
    assert len(uses) == TIMES
    for n in range(16):
        for k in range(16):
            assert whole.rows[n].weights[k].value == model.U.weight[n][k].grad
            assert sum(use.rows[n].weights[k].value for use in uses) == pytest.approx(
                model.U.weight[n][k].grad
            )
    assert {e.head for e in picture.edges if e.tail == whole.id} == {use.id for use in uses}


def test_a_layer_is_no_operand_of_its_next_use():
    loss, model = network(2, 4)
    picture = draw(loss, model, "layers").picture
    titles = {box.id: box.title for box in picture.boxes if not isinstance(box, Box)}
    pairs = {(titles.get(e.tail, ""), titles.get(e.head, "")) for e in picture.edges}
    assert not any(a.startswith("U Linear  4") and b.startswith("U Linear  4") for a, b in pairs)


def test_a_layer_that_is_used_twice_has_its_weights_once_too():
    layer = nn.Linear(2, 2)
    loss = (layer(layer(microgd.tensor([1.0, -0.5])).tanh()) ** 2).sum()
    loss.backward()
    titles = [getattr(box, "title", "") for box in draw(loss, layer, "layers").picture.boxes]
    assert "Linear: weights of 2 uses" in titles
    captions = " ".join(draw(loss, layer, "neurons").picture.captions)
    assert "weights in several cards: the gradient of each is the sum over them" in captions


def test_states_are_called_h():
    graph = in_steps(read(*network()))
    states = [step.name for step in graph.steps if step.op == "tanh"]
    assert states == ["h[0]", "h[1]"] * TIMES
    starts = [step.name for step in graph.steps if step.kind == "input" and frame(step) == 1]
    assert sorted(starts) == ["h[0]", "h[1]", "x"]
    assert [s.name for s in in_steps(read(*scalars())).steps if s.op == "tanh"] == [
        f"h{t + 1}" for t in range(TIMES)
    ]


def newton_twice():
    a, x = Value(2.0, "a"), Value(1.0, "x0")
    for _ in range(2):
        x = (x + a / x) / 2
    return x


def power():
    x = Value(1.1, "x")
    return x * x * x * x * x * x


def layers():
    model = nn.Sequential(*(layer for _ in range(5) for layer in (nn.Linear(2, 2), nn.Tanh())))
    return model(microgd.tensor([1.0, 2.0])).sum()


def batch():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    return model(microgd.tensor([[0.1 * k, 1.0] for k in range(6)])).sum()


def fit():
    w, b = Value(0.5, "w"), Value(0.1, "b")
    return microgd.sum([(w * k + b - 2.0 * k) ** 2 for k in range(6)])


@pytest.mark.parametrize("make", [newton_twice, power, layers, batch, fit])
def test_what_does_not_repeat_in_time_has_no_steps(make):
    graph = read(make())
    assert in_steps(graph) is graph


def test_a_long_loop_of_scalars_is_folded_and_not_framed():
    picture = draw(*scalars(30)).picture
    assert picture.level == "neurons"
    assert not any(group.title.startswith("step ") for group in picture.groups)


def test_the_film_has_the_same_frames(made):
    titles = [g.title for g in film(read(*made)).groups if g.title.startswith("step ")]
    assert titles == [f"step {t}" for t in range(1, TIMES + 1)]


@pytest.mark.parametrize("as_layers", [False, True])
def test_the_parts_of_a_step_lie_in_one_step(made, as_layers):
    for part in fold(in_steps(read(*made)), as_layers).parts:
        assert len({frame(step) for step in part.steps}) == 1


def test_a_neuron_of_the_film_is_no_operand_of_its_next_use():
    story = film(read(*network(2, 6)))
    names = [(a.name, a.group) for a in story.actors]
    pairs = {(names[way.tail], names[way.head]) for way in story.ways}
    assert not any(a.startswith("n") and "U@2" in into for (a, _), (_, into) in pairs)
    assert any("@1" in out and "U@2" in into for (_, out), (_, into) in pairs)


def test_the_caption_of_single_operations_says_that_gradients_are_sums():
    (caption,) = draw(*scalars()).picture.captions
    assert "a weight is used in every step: its gradient is the sum over them" in caption
