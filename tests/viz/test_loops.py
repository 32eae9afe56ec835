import random
from collections import Counter

import pytest

import microgd
from microgd import Value
from microgd.viz import draw
from microgd.viz.cards import MOST_ROWS
from microgd.viz.drawing import MOST_VALUES, boxes
from microgd.viz.film import film
from microgd.viz.fold import LOOP, fold
from microgd.viz.graph import CONSTANT, OP, PARAMETER, read
from microgd.viz.loops import LONGEST_FORMULA, find
from microgd.viz.model import Box, Card
from microgd.viz.words import number

from .graphs import chain, linear, mlp


def newton(iterations=30):
    """x = (x + a / x) / 2"""
    a, x = Value(2.0, "a"), Value(1.0, "x0")
    for _ in range(iterations):
        x = (x + a / x) / 2
    x.backward()
    return x


def rosenbrock(n=10):
    x = [Value(0.3 * i - 1.0, f"x{i}") for i in range(n)]
    loss = sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(n - 1))
    loss.backward()
    return loss


def cubic(points=5):
    a, b, c, d = (Value(0.5 * i - 1.0, name) for i, name in enumerate("abcd"))
    loss = 0
    for i in range(points):
        x = 0.5 * i - 1.0
        loss = loss + (a * x**3 + b * x**2 + c * x + d - x * x) ** 2
    loss.backward()
    return loss


def spring(iterations=60):
    """Two values that each iteration hands to the next"""
    q, v, k = Value(1.0, "q0"), Value(0.0, "v0"), Value(0.5, "k")
    for _ in range(iterations):
        v = v - 0.1 * k * q
        q = q + 0.1 * v
    loss = q * q
    loss.backward()
    return loss


def fitted(points=40):
    """The mean of all iterations"""
    w, b = Value(0.5, "w"), Value(0.1, "b")
    x = [Value(0.1 * i, f"x{i}", requires_grad=False) for i in range(points)]
    loss = microgd.mean([(w * x[i] + b - 0.2 * i) ** 2 for i in range(points)])
    loss.backward()
    return loss


def backwards(iterations=60):
    """A sum to which each term is added from the left"""
    x, loss = Value(0.1, "x"), 0.0
    for i in range(iterations):
        loss = (x * i).sin() + loss
    loss.backward()
    return loss


def started(length=200):
    loss = chain(length)
    loss.backward()
    return loss


def formula(length=120):
    """Operations without any order"""
    chosen = random.Random(0)
    ways = [lambda a, b: a + b, lambda a, b: (a * b).tanh(), lambda a, b: a - b, lambda a, b: a.sin() + b]
    made = [Value(0.1 * i, f"p{i}") for i in range(8)]
    for _ in range(length):
        made.append(chosen.choice(ways)(made[-1], chosen.choice(made[-12:])))
    made[-1].backward()
    return made[-1]


LOOPS = {
    "newton": newton,
    "newton 60": lambda: newton(60),
    "rosenbrock": rosenbrock,
    "rosenbrock 40": lambda: rosenbrock(40),
    "cubic": cubic,
    "cubic 30": lambda: cubic(30),
    "chain": started,
    "spring": spring,
    "fitted": fitted,
    "backwards": backwards,
    "formula": formula,
}
every = pytest.mark.parametrize("make", LOOPS.values(), ids=LOOPS)


def card(loss):
    """The one card of a picture."""
    (found,) = (box for box in draw(loss).picture.boxes if isinstance(box, Card))
    return found


@every
def test_every_leaf_is_a_box_with_data_and_gradient(make):
    loss = make()
    shown = {box.name: box for box in draw(loss).picture.boxes if isinstance(box, Box)}
    leaves = [step for step in read(loss).steps if step.kind not in (OP, CONSTANT)]
    assert leaves
    for leaf in leaves:
        assert shown[leaf.name].data == number(leaf.data)
        if leaf.kind == PARAMETER:
            assert shown[leaf.name].grad == number(leaf.grad + 0.0)


@pytest.mark.parametrize(
    "make",
    [rosenbrock, cubic, lambda: newton(10), lambda: chain(40), lambda: cubic(9), lambda: rosenbrock(11)],
)
def test_without_modules_operations_are_drawn_up_to_150_values(make):
    loss = make()
    assert boxes(read(loss)) <= MOST_VALUES
    assert draw(loss).picture.level == "ops"


@pytest.mark.parametrize(
    "name", ["rosenbrock 40", "cubic 30", "chain", "spring", "fitted", "backwards", "formula"]
)
def test_more_than_150_values_are_folded(name):
    loss = LOOPS[name]()
    picture = draw(loss).picture
    assert boxes(read(loss)) > MOST_VALUES
    assert any(isinstance(box, Card) for box in picture.boxes)
    assert len(picture.boxes) < MOST_VALUES


def test_a_row_of_90_operations_is_folded_though_it_has_fewer_values():
    assert isinstance(draw(newton(30)).picture.boxes[0], Card)


@every
@pytest.mark.parametrize("loops", [True, False])
def test_nothing_is_lost_each_value_is_in_exactly_one_part(make, loops):
    graph = read(make())
    folded = fold(graph, layers=False, loops=loops)
    held = Counter(step for part in folded.parts for step in part.steps)
    assert set(held.values()) == {1}
    assert {s for s in graph.steps if s.kind != CONSTANT} == {s for s in held if s.kind != CONSTANT}
    for at, part in enumerate(folded.parts):
        assert all(folded.owner[step.number] == at for step in part.steps)


@every
@pytest.mark.parametrize("loops", [True, False])
def test_parts_make_no_circle(make, loops):
    graph = read(make())
    folded = fold(graph, layers=False, loops=loops)
    stages = [part.stage if part.steps[0].kind == OP else -1 for part in folded.parts]
    for step in graph.steps:
        for operand in step.operands:
            tail, head = folded.owner[operand.number], folded.owner[step.number]
            assert tail is None or tail == head or stages[tail] < stages[head]


@every
def test_edges_to_a_loop_carry_all_that_flows_back(make):
    picture = draw(make()).picture
    for box in picture.boxes:
        if isinstance(box, Box) and box.kind == PARAMETER:
            flows = [edge.tone.value for edge in picture.edges if edge.tail == box.id]
            assert sum(flows) == pytest.approx(float(box.grad), rel=1e-3, abs=1e-9)


TITLES = {
    "newton": "x = (x + a ÷ x) ÷ 2, ×30",
    "rosenbrock 40": "Σ 100 × (x[i+1] − x[i]²)² + (1 − x[i])², ×39",
    "cubic 30": "Σ (a × k1 + b × k2 + c × k3 + d − k2)², ×30",
    "chain": "x = x + 0.5, ×200",
    "spring": "v = v − 0.1 × k × q, q = q + 0.1 × v, ×60",
    "fitted": "mean (w × x[i] + b − k1)², ×40",
    "backwards": "Σ sin(x × k1), ×60",
}


@pytest.mark.parametrize("name", TITLES)
def test_a_loops_card_says_the_formula_of_one_iteration_and_how_many_there_are(name):
    assert card(LOOPS[name]()).title == TITLES[name]


def test_a_row_is_an_iteration_with_its_result():
    rows = card(newton()).rows
    assert [row.name for row in rows[:2]] == ["iteration 1", "iteration 2"]
    assert [row.numbers for row in rows[:2]] == [["1.5"], ["1.417"]]
    assert len(rows) == MOST_ROWS + 1
    assert rows[MOST_ROWS // 2].name == f"… {30 - MOST_ROWS} more iterations"
    assert (rows[-1].name, rows[-1].tone.value) == ("iteration 30: loss", 1.0)


def test_what_differs_between_iterations_has_a_column():
    shown = card(cubic(30))
    assert shown.heads == ["k1", "k2", "k3", "data"]
    assert shown.rows[1].numbers[:3] == ["-0.125", "0.25", "-0.5"]
    terms = [float(row.numbers[-1]) for row in shown.rows if row.name.startswith("iteration")]
    assert len(terms) == MOST_ROWS
    shown = card(rosenbrock(40))
    assert [row.numbers[:2] for row in shown.rows[:2]] == [["x0", "x1"], ["x1", "x2"]]
    assert shown.rows[-1].name == "loss = Σ"


def test_an_iteration_that_is_too_long_for_a_title_is_told_in_lines():
    x, a = Value(0.1, "x"), Value(0.3, "a")
    for _ in range(20):
        x = (x * a).tanh() + (x + a).sin() * 0.5 + (x * x + 1).sqrt() * 0.1 + ((x - a) * (x + a)).exp() * 0.01
    shown = card(x)
    assert shown.title == "17 operations, ×20"
    assert shown.rows[0].name == "t1 = x × a"
    assert any(row.name.startswith("x = ") for row in shown.rows)


def test_a_formula_keeps_its_parentheses():
    x, a = Value(0.5, "x"), Value(0.3, "a")
    for _ in range(60):
        x = a - (x - (a + x) * -2.0) / (x * a) - -x
    assert card(x).title == "x = a − (x − (a + x) × (-2)) ÷ (x × a) − (−x), ×60"


def test_what_comes_twice_is_no_loop():
    x = Value(0.5, "x")
    for _ in range(2):
        x = (x.sin() * 2.0 + x.exp() * 3.0 - x.tanh() * 4.0).cos() + x.sqrt()
    assert find([step for step in read(x).steps if step.kind == OP]) == []


def test_an_iteration_that_begins_otherwise_is_not_in_the_loop():
    x, y = Value(1.0, "x"), Value(2.0, "y")
    x = (x + y.sin()) * 0.5  # later it is x + x.sin()
    for _ in range(60):
        x = (x + x.sin()) * 0.5
    shown = card(x)
    assert shown.title.endswith("×60")
    assert shown.rows[0].numbers == ["0.8854"]  # of the second line


def test_a_loop_inside_a_longer_program_is_found():
    a, x = Value(2.0, "a"), Value(1.0, "x0")
    start = (a * 3.0).exp().sin() + x
    for _ in range(50):
        start = (start + a / start) / 2
    loss = (start - a).tanh() * start
    loss.backward()
    folded = fold(read(loss), layers=False, loops=True)
    (loop,) = (part.loop for part in folded.parts if part.kind == LOOP)
    assert len(loop.iterations) == 50
    assert len(draw(loss).picture.boxes) == 11


def test_a_film_of_a_long_chain_goes_iteration_by_iteration():
    story = film(read(started(200)))
    assert len(story.frames) == 82
    assert [actor.name for actor in story.actors[:2]] == ["iteration 1 to 5", "iteration 6 to 10"]
    story = film(read(rosenbrock(40)))
    assert [actor.name for actor in story.actors[:2]] == ["iteration 1", "iteration 2"]
    gradients = {actor.name: actor.grads[-1][1] for actor in story.actors if actor.kind == PARAMETER}
    leaves = [s for s in read(rosenbrock(40)).steps if s.kind == PARAMETER]
    assert gradients == {leaf.name: pytest.approx(leaf.grad) for leaf in leaves}


def test_with_a_layer_neurons_are_cards_from_about_25_boxes_on():
    assert draw(*mlp(2, 1)).picture.level == "ops"
    assert draw(*linear()).picture.level == "neurons"
    assert draw(*mlp(2, 4, 1)).picture.level == "neurons"
    microgd.manual_seed(0)
    model = microgd.nn.Linear(3, 4)
    loss = microgd.nn.CrossEntropyLoss()(model(microgd.tensor([[0.5, -1.0, 2.0]])), [2])
    assert draw(loss, model).picture.level == "neurons"


@every
def test_the_title_of_a_loop_is_short_and_its_leaves_come_in_the_order_of_their_use(make):
    loss = make()
    picture = draw(loss).picture
    for box in picture.boxes:
        if isinstance(box, Card):
            assert len(box.title) <= LONGEST_FORMULA + len(", ×1000")
    order = [s.name for s in read(loss).steps if s.name and not s.op]
    names = [box.name for box in picture.boxes if not isinstance(box, Card) and box.name in order]
    assert names == sorted(names, key=order.index)
