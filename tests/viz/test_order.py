"""Which values are shown, and in which order."""

import math
import re

import pytest
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Value, nn
from microgd.viz.film import film
from microgd.viz.graph import read
from microgd.viz.order import shown, walk

from .graphs import mlp


def derivative(loss, x):
    (gradient,) = microgd.autograd.grad(loss, [x], create_graph=True)
    gradient.backward()
    return gradient


def cube():
    x = Value(1.3, "x")
    return derivative(x**3, x)


def tanh(at=1.3):
    x = Value(at, "x")
    return derivative(x.tanh(), x)


def neuron():
    w, x = [Value(0.5, "w0"), Value(0.8, "w1")], [Value(2.0, "x0"), Value(-1.0, "x1")]
    return derivative(microgd.dot(w, x, Value(0.3, "b")).tanh(), x[0])


def network():
    microgd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x = [Value(2.0, "x0"), Value(-1.0, "x1")]
    return derivative(model(x)[0], x[0])


GRADIENTS = {
    "cube": cube,
    "tanh": tanh,
    "tanh at 0.3": lambda: tanh(0.3),
    "neuron": neuron,
    "network": network,
}
every = pytest.mark.parametrize("make", GRADIENTS.values(), ids=GRADIENTS)


@every
def test_the_graph_of_a_gradient_has_no_noise_of_its_rules(make):
    for step in read(make()).steps[:-1]:
        assert step.op != "where"
        if step.op == "mul":
            assert all(x.data != 1.0 for x in step.operands if x.kind == "constant")


@every
def test_what_is_left_out_changes_no_gradient(make):
    gradient = make()
    graph = read(gradient)
    total = {graph.root: 1.0}
    for step in reversed(graph.steps):
        for operand, partial in zip(step.operands, step.partials, strict=True):
            if partial is not None:
                total[operand] = total.get(operand, 0.0) + partial * total[step]
    for step in graph.steps:
        if step.grad is not None:
            assert math.isclose(total[step], step.grad, abs_tol=1e-12), step


def test_the_derivative_of_a_cube_reads_like_its_formula():
    assert [s.op for s in read(cube()).steps if s.op] == ["pow", "mul", "mul"]


def test_a_copy_that_has_a_name_or_is_the_loss_stays():
    x = Value(2.0, "x")
    gradient = derivative(x * x, x)
    assert [s.op for s in read(gradient).steps if s.op] == ["add"]
    g = derivative(x**3, x)
    first = next(n for n in walk(g) if n.op == "where")
    first.label = "chosen"
    assert "chosen" in [s.name for s in read(g).steps]
    assert read(g).root.op == "mul"


def test_a_program_that_multiplies_with_one_number_of_many_is_shown_whole():
    w, loss = Value(0.5, "w"), 0.0
    for y in (1.0, -1.0, 1.0):
        loss = loss + (1.0 - y * w).relu()
    assert [s.op for s in read(loss).steps].count("mul") == 3
    x = Value(3.0, "x")
    chosen = microgd.where(True, x * 1.0, -x) + 2.0
    assert {"where", "mul", "neg"} <= {s.op for s in read(chosen).steps}


def test_the_paths_of_a_gradient_are_those_of_its_picture():
    x = Value(1.3, "x")
    said = str(microgd.explain(derivative(x.tanh(), x), x))
    assert said.startswith("d loss / d x = -0.4437")
    assert "2 paths lead from x to loss" in said
    assert "That is x.grad." in said
    assert said == str(microgd.explain(tanh(), "x"))


# --- the program's order ------------------------------------------------------------------------------


def told(loss, model=None):
    """The frames of the forward half: what is computed."""
    frames = film(read(loss, model)).frames
    return [frame.said.rstrip(".") for frame in frames if not frame.backward][1:]


def recurrent(steps=6):
    w, u, b = Value(0.5, "w"), Value(-0.8, "u"), Value(0.1, "b")
    h = Value(0.0, "h0", requires_grad=False)
    for t in range(steps):
        h = (w * Value(0.1 * t, f"x[{t}]", requires_grad=False) + u * h + b).tanh()
    return h


def test_the_steps_of_a_recurrent_net_run_in_time():
    said = told(recurrent())
    assert len(said) == 6 * 5
    for t in range(6):
        before = "h0" if t == 0 else "h" if t == 1 else f"h_{t}"  # the state of each step is called h
        k = 4 * t + 1
        assert said[5 * t : 5 * t + 4] == [
            f"t{k} = w × x[{t}]",
            f"t{k + 1} = u × {before}",
            f"t{k + 2} = t{k} + t{k + 1}",
            f"t{k + 3} = t{k + 2} + b",
        ]


def test_the_inputs_of_a_loop_come_at_their_first_use():
    names = [a.name for a in film(read(recurrent())).actors]
    assert [n for n in names if n.startswith("x[")] == [f"x[{t}]" for t in range(6)]
    assert names.index("x[3]") > names.index("h_3")


def test_a_recurrent_net_of_layers_runs_in_time():
    def longer(steps):
        microgd.manual_seed(0)
        outer, inner = nn.Linear(1, 3), nn.Linear(3, 3)
        h = [Value(0.0, requires_grad=False) for _ in range(3)]
        for t in range(steps):
            h = [(a + b).tanh() for a, b in zip(outer([Value(0.1 * t, f"x[{t}]")]), inner(h), strict=True)]
        return h

    graph = read(microgd.sum(longer(5)))
    order = [s.name for s in graph.steps if re.match(r"x\[", s.name)]
    assert order == [f"x[{t}]" for t in range(5)]
    for known in (graph, read(microgd.sum(longer(8)))):  # told one by one, and neuron by neuron
        said = [line.what for f in film(known).frames if not f.backward for line in f.lines]
        used = [int(m[1]) for words in said if (m := re.search(r"× x\[(\d+)\]", words))]
        assert len(used) >= 8
        assert used == sorted(used)


@pytest.mark.parametrize("left", [False, True])
def test_a_sum_in_a_loop_runs_in_time(left):
    w, loss = Value(1.5, "w"), 0.0
    for i in range(5):
        term = (w * float(i + 2) - 0.25).tanh()
        loss = term + loss if left else loss + term
    factors = [int(m[1]) for said in told(loss) if (m := re.search(r"w × (\d)", said))]
    assert factors == [2, 3, 4, 5, 6]


def test_newtons_method_runs_in_time():
    a, x = Value(2.0, "a"), Value(1.0, "x")
    for _ in range(5):
        x = (x + a / x) / 2
    assert told(x)[:4] == ["t1 = a ÷ x", "t2 = x + t1", "t3 = t2 ÷ 2", "t4 = a ÷ t3"]


def test_neurons_come_in_their_order():
    said = told(*mlp(2, 3, 1))
    assert [x for x in said if x.startswith(("t1 ", "t5 ", "t9 "))] == [
        "t1 = 0.weight[0][0] × x0",
        "t5 = 0.weight[1][0] × x0",
        "t9 = 0.weight[2][0] × x0",
    ]
    said = told(*mlp(2, 16, 16, 1))
    assert [x for x in said if "of 0 Linear" in x] == [
        f"Neuron {i} of 0 Linear is computed" for i in range(16)
    ]


def test_a_plain_formula_keeps_its_order():
    x, y = Value(1.5, "x"), Value(0.5, "y")
    rosenbrock = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    assert told(rosenbrock)[:2] == ["t1 = 1 − x", "t2 = t1²"]
    assert told(x * y + (x * y).tanh().exp())[0] == "t1 = x × y"


@st.composite
def losses(draw):
    made = [Value(0.5 + i, name) for i, name in enumerate("abc")]
    for _ in range(draw(st.integers(1, 25))):
        x, y = (made[-1 - draw(st.integers(0, min(6, len(made) - 1)))] for _ in range(2))
        made.append(draw(st.sampled_from([x + y, x * y, x.tanh(), x - 0.5, 1.0 * x, y * 1.0])))
    return made[-1]


@given(losses())
@settings(max_examples=150, deadline=None)
def test_operands_always_come_first_and_every_leaf_stays(loss):
    nodes, past = shown(loss)
    place = {id(node): i for i, node in enumerate(nodes)}
    assert len(place) == len(nodes)
    for node in nodes:
        for x in map(past, microgd.autograd.record(node)[0]):
            assert isinstance(x, float) or place[id(x)] < place[id(node)]
    leaves = {x.label for x in walk(loss) if x.is_leaf}
    assert leaves <= {x.label for x in nodes}
    orders = [f.box for f in film(read(loss)).frames]
    assert orders
