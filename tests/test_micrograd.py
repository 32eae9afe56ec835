"""micrograd's surface: its attributes, its numbers, and the engine below."""

import copy
import gc
import html
import math
import operator
import pickle
import random
import weakref

import pytest
from hypothesis import given, settings, strategies as st

import microgd
from microgd import autograd, func, nn, optim
from microgd.micrograd import MLP, Layer, Neuron, Value, draw_dot, trace
from microgd.viz.words import clean

UNARY = {
    "-": operator.neg,
    "relu": lambda x: x.relu(),
    "**2": lambda x: x**2,
    "**3": lambda x: x**3,
    "+ 1": lambda x: x + 1,
    "0.5 *": lambda x: 0.5 * x,
    "2 -": lambda x: 2 - x,
    "/ 4": lambda x: x / 4,
    "0 +": lambda x: sum([x, x]),
    "1 / (x² + 1)": lambda x: 1 / (x**2 + 1),
}
BINARY = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda x, y: x / (y**2 + 1),
}
NUMBERS = st.floats(-3.0, 3.0).map(lambda x: round(x, 3))
EXPRESSIONS = st.tuples(
    st.lists(NUMBERS, min_size=1, max_size=3),
    st.lists(
        st.tuples(
            st.sampled_from([*UNARY, *(f"x {name} y" for name in BINARY)]), st.integers(0), st.integers(0)
        ),
        min_size=1,
        max_size=8,
    ),
)


def built(kind, expression):
    """The leaves and the root of a random graph, in which earlier values are used again."""
    numbers, steps = expression
    leaves = [kind(x) for x in numbers]
    values = list(leaves)
    for name, i, j in steps:
        x, y = values[-1 - i % len(values)], values[-1 - j % len(values)]
        values.append(UNARY[name](x) if name in UNARY else BINARY[name[2:-2]](x, y))
    return leaves, values[-1]


def close(mine, other):
    return mine == pytest.approx(other, rel=1e-12, abs=1e-12 * max(1.0, *map(abs, other)))


def in_order(root):
    """Operands first, found by `_prev` as code for micrograd does."""
    ordered, seen = [], set()

    def visit(v):
        if v not in seen:
            seen.add(v)
            for x in v._prev:
                visit(x)
            ordered.append(v)

    visit(root)
    return ordered


@given(EXPRESSIONS)
def test_values_and_gradients_are_micrograds(expression):
    theirs = pytest.importorskip("micrograd.engine")
    leaves, root = built(Value, expression)
    other_leaves, other = built(theirs.Value, expression)
    root.backward()
    other.backward()
    assert close([root.data], [other.data])
    assert close([x.grad for x in leaves], [x.grad for x in other_leaves])


@given(EXPRESSIONS)
def test_steps_back_by_hand_give_the_gradients_of_backward(expression):
    leaves, root = built(Value, expression)
    root.grad = 1.0
    for v in reversed(in_order(root)):
        v._backward()
    by_hand = [x.grad for x in leaves]
    again, same = built(Value, expression)
    same.backward()
    assert close(by_hand, [x.grad for x in again])


def test_a_second_backward_adds_the_same_again():
    x = Value(3.0)
    y = x * x * x
    y.backward()
    assert x.grad == 27.0
    y.backward()
    assert x.grad == 54.0


def test_the_gradient_is_a_float_from_the_start_and_can_be_assigned():
    x = Value(2)
    assert (type(x.data), type(x.grad), x.grad) == (float, float, 0.0)
    assert (x * 3).grad == 0.0
    x.grad = 1
    x.grad += 0.5
    assert x.grad == 1.5
    x.grad = None
    assert x.grad == 0.0
    (x * 3).backward()
    x.zero_grad()
    assert x.grad == 0.0


@pytest.mark.parametrize(
    ("made", "sign", "count"),
    [
        (lambda a, b: a + b, "+", 2),
        (lambda a, b: a - b, "-", 2),
        (lambda a, b: a * b, "*", 2),
        (lambda a, b: a / b, "/", 2),
        (lambda a, b: a * a, "*", 1),
        (lambda a, b: a**3, "**3", 1),
        (lambda a, b: a**-0.5, "**-0.5", 1),
        (lambda a, b: a**b, "**", 2),
        (lambda a, b: 2**a, "**", 2),
        (lambda a, b: a + 1, "+", 2),
        (lambda a, b: -a, "-", 1),
        (lambda a, b: a.relu(), "ReLU", 1),
        (lambda a, b: a.tanh(), "tanh", 1),
        (lambda a, b: a.exp(), "exp", 1),
        (lambda a, b: a, "", 0),
    ],
)
def test_prev_holds_the_operands_and_op_is_the_sign(made, sign, count):
    a, b = Value(2.0), Value(3.0)
    out = made(a, b)
    assert (out._op, len(out._prev), type(out._prev)) == (sign, count, set)
    assert out._prev == out._prev
    data, grads = out.data, []
    for _ in range(2):  # a look changes nothing
        a.grad = b.grad = 0.0
        out.backward()
        grads.append((a.grad, b.grad))
    assert grads[0] == grads[1]
    assert made(a, b).data == data


def test_a_number_among_the_operands_is_a_constant_in_prev():
    a = Value(2.0)
    out = a * 3
    (constant,) = out._prev - {a}
    assert (constant.data, constant._op, constant._prev, constant.grad) == (3.0, "", set(), 0.0)
    out.backward()
    assert (a.grad, constant.grad) == (3.0, 0.0)


def test_equal_is_who_is_the_same_and_each_value_is_true():
    a, b = Value(0.0), Value(0.0)
    assert a != b
    assert a == a
    assert a in [b, a]
    assert a not in [b]
    assert len({a, b}) == 2
    assert a
    assert a < 1


def test_augmented_assignment_makes_a_new_value():
    a = first = Value(2.0)
    for change in (operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow):
        before = a.data
        out = change(a, 2.0)
        assert out is not a
        assert a.data == before
    a += 1.0
    assert (a.data, first.data, a._op) == (3.0, 2.0, "+")


def test_a_value_can_have_attributes_of_its_own():
    a = Value(2.0, label="a")
    a.note = "first"
    assert (a.label, a.note, repr(a)) == ("a", "first", "Value(data=2.0, grad=0.0)")


# --- operations of one's own ---


def tanh(x):
    out = Value(math.tanh(x.data), (x,), "tanh")

    def _backward():
        x.grad += (1 - out.data**2) * out.grad

    out._backward = _backward
    return out


def product(x, y):
    out = Value(x.data * y.data, (x, y), "product")

    def _backward():
        x.grad += y.data * out.grad
        y.grad += x.data * out.grad

    out._backward = _backward
    return out


def mixed(a, b, tanh, product):
    c = product(a, b) + tanh(a)
    d = product(c, c) * tanh(c)
    return product(d + a, tanh(d))


@given(NUMBERS, NUMBERS)
def test_backward_calls_a_backward_that_was_assigned(x, y):
    grads = []
    for one, two in ((tanh, product), (lambda v: v.tanh(), lambda v, w: v * w)):
        a, b = Value(x), Value(y)
        out = mixed(a, b, one, two)
        out.backward()
        first = [a.grad, b.grad, out.grad]
        out.backward()
        assert [a.grad, b.grad, out.grad] == [2 * g for g in first]
        grads.append(first)
    assert close(*grads)


@given(NUMBERS, NUMBERS)
def test_steps_back_by_hand_take_those_that_were_assigned(x, y):
    a, b = Value(x), Value(y)
    out = mixed(a, b, tanh, product)
    out.grad = 1.0
    for v in reversed(in_order(out)):
        v._backward()
    by_hand = [a.grad, b.grad]
    a, b = Value(x), Value(y)
    mixed(a, b, tanh, product).backward()
    assert close(by_hand, [a.grad, b.grad])


def test_an_operation_of_ones_own_keeps_its_name_and_operands():
    a, b = Value(0.5), Value(2.0)
    out = product(tanh(a), b)
    assert out._op == "product"
    assert b in out._prev
    (inner,) = out._prev - {b}
    assert (inner._op, inner._prev) == ("tanh", {a})
    assert [v for v in in_order(out) if not v._op] in ([a, b], [b, a])


def test_a_made_value_without_a_backward_passes_nothing():
    a = Value(2.0)
    out = Value(6.0, (a,), "triple")
    (out * 2).backward()
    assert (out.grad, a.grad) == (2.0, 0.0)


def test_a_backward_can_be_assigned_to_what_the_engine_made():
    a = Value(2.0)
    out = a * a + 1

    def _backward():
        for x in out._prev:
            x.grad += 10.0 * out.grad

    out._backward = _backward
    assert out._backward is _backward
    (out * 2).backward()
    assert a.grad == 80.0


def test_a_function_that_is_assigned_may_call_the_one_before():
    a, b = Value(2.0), Value(3.0)
    out = a * a * b
    seen = []
    for _ in range(2):
        before = out._backward

        def _backward(before=before):
            before()
            seen.append(out.grad)

        out._backward = _backward
    (out * 10.0).backward()
    assert (a.grad, b.grad, seen) == (120.0, 40.0, [10.0, 10.0])


def test_a_step_back_by_hand_goes_through_an_autograd_function():
    class Double(autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return 2 * x, x * y

        @staticmethod
        def backward(ctx, first, second):
            return 2 * first + 5.0 * second, 3.0 * second

    x, y = Value(3.0), Value(5.0)
    double, product = Double.apply(x, y)
    assert double._prev == product._prev == {x, y}
    out = double * product
    for v, grad in ((out, 1.0), (double, None), (product, None)):
        v.grad = v.grad if grad is None else grad
        v._backward()
    by_hand = x.grad, y.grad
    x.grad = y.grad = double.grad = product.grad = 0.0
    out.backward()
    assert by_hand == (x.grad, y.grad)


# --- microgpt's names: a Value that keeps its partials ---


def square(x):
    return Value(x.data * x.data, (x, x), (x.data, x.data))


def sine(x):
    return Value(math.sin(x.data), (x,), (math.cos(x.data),))


def waves(expression, square, sine):
    """The leaves and the root of a random graph with two operations of one's own."""
    numbers, steps = expression
    leaves = [Value(x) for x in numbers]
    values = list(leaves)
    for _, i, j in steps:
        x, y = values[-1 - i % len(values)], values[-1 - j % len(values)]
        values.append(sine(y) - square(x) * y / 8)
    return leaves, values[-1]


@given(EXPRESSIONS)
def test_a_value_that_was_given_its_partials_passes_back_what_the_operation_does(expression):
    found = []
    for own in ((square, sine), (lambda v: v * v, lambda v: v.sin())):
        leaves, root = waves(expression, *own)
        root.backward()
        found.append([root.data, *(x.grad for x in leaves)])
    assert close(*found)


@pytest.mark.parametrize("build", [lambda e: built(Value, e), lambda e: waves(e, square, sine)])
@given(expression=EXPRESSIONS)
def test_a_walk_by_hand_over_the_kept_partials_gives_the_gradients_of_backward(build, expression):
    leaves, root = build(expression)
    root.grad = 1.0
    for v in reversed(in_order(root)):
        for x, partial in zip(v._children, v._local_grads, strict=True):
            x.grad += partial * v.grad
    by_hand = [x.grad for x in leaves]
    again, same = build(expression)
    same.backward()
    assert close(by_hand, [x.grad for x in again])


def test_the_kept_operands_are_in_order_and_none_is_a_constant():
    a, b, frozen = Value(2.0), Value(3.0), Value(5.0).requires_grad_(False)
    assert ((b - a)._children, (b - a)._local_grads) == ((b, a), (1.0, -1.0))
    assert ((a * a)._children, (a * a)._local_grads) == ((a, a), (2.0, 2.0))
    assert ((3 * a)._children, (3 * a)._local_grads) == ((a,), (3.0,))
    out = Value(30.0, [a, b, frozen], [15.0, 10.0, 6.0])
    assert (out._children, out._local_grads) == ((a, b), (15.0, 10.0))
    assert out._prev == {a, b, frozen}
    assert (a._children, a._local_grads, Value(1.0, (), ())._children) == ((), (), ())


def test_a_value_that_was_given_its_partials_is_copied_and_drawn():
    a = Value(2.0, label="a")
    out = Value(8.0, (a, a), (4.0, 8.0)) * 3
    for twin in (copy.deepcopy(out), pickle.loads(pickle.dumps(out))):
        twin.backward()
        (leaf,) = [v for v in in_order(twin) if v.label == "a"]
        assert (leaf.grad, a.grad) == (36.0, 0.0)
    assert draw_dot(out).source.count("->") == 2 + 4
    assert microgd.gradcheck(lambda v: Value(v.data**3, (v,), (3 * v.data**2,)), 1.5)
    assert func.jvp(lambda v: Value(v.data**3, (v,), (3 * v.data**2,)), (2.0,), (1.0,)) == (8.0, 12.0)


def test_partials_that_cannot_be_are_said():
    a, b = Value(1.0), Value(2.0)
    with pytest.raises(ValueError, match="expected a partial for each of 2 Values, got 1"):
        Value(3.0, (a, b), (1.0,))
    with pytest.raises(RuntimeError, match=r"made with its partials.*plain numbers.*no second derivatives"):
        autograd.grad(Value(1.0, (a,), (1.0,)), a, create_graph=True)


@pytest.mark.parametrize("picture", ["svg", "tree", "explain", "play", "draw_dot"])
def test_every_picture_shows_an_operation_of_ones_own(picture):
    a, b = Value(0.5, label="a"), Value(2.0, label="b")
    out = product(tanh(a) + a, b)
    out.backward()
    show = {
        "svg": lambda: microgd.draw(out).svg(),
        "tree": lambda: microgd.tree(out),
        "explain": lambda: microgd.explain(out, a),
        "play": lambda: microgd.play(out).html,
        "draw_dot": lambda: draw_dot(out).source,
    }
    gradients = a.grad, b.grad, out.grad
    assert "tanh" in str(show[picture]())
    assert (a.grad, b.grad, out.grad) == gradients


def test_a_backward_that_raises_changes_no_gradient():
    a, b = Value(1.0), Value(2.0)
    out = Value(2.0, (a, b), "broken")

    def _backward():
        a.grad += 1.0
        raise KeyboardInterrupt

    out._backward = _backward
    a.grad, out.grad = 0.25, 0.5
    with pytest.raises(KeyboardInterrupt):
        (out * b).backward()
    assert (a.grad, b.grad, out.grad) == (0.25, 0.0, 0.5)


def test_an_operand_that_is_frozen_or_a_plain_value_takes_part():
    a, b = microgd.Value(3.0), Value(2.0).requires_grad_(False)
    out = product(a, b)
    out.backward()
    assert (a.grad, b.grad) == (2.0, 0.0)


def test_what_cannot_be_is_said():
    with pytest.raises(TypeError, match="expected Values to make a Value of, got int: 3"):
        Value(1.0, (3,), "+")
    with pytest.raises(RuntimeError, match="no operands that a _backward could pass a gradient to"):
        Value(1.0)._backward = lambda: None
    with pytest.raises(RuntimeError, match=r"the _backward of tanh was assigned.*no second derivatives"):
        autograd.grad(tanh(Value(1.0)), Value(1.0), create_graph=True, allow_unused=True)
    with pytest.raises(
        TypeError, match="the _backward of tanh was assigned: such a function cannot be pickled"
    ):
        pickle.dumps(tanh(Value(1.0)))
    with pytest.raises(ValueError, match="a neuron of 3 inputs was called with 2"):
        Neuron(3)([1.0, 2.0])


# --- it is the engine ---


def test_copies_are_real_copies():
    a = Value(2.0, label="a")
    out = a * a * 3
    assert len(in_order(out)) == 4
    for twin in (copy.deepcopy(out), pickle.loads(pickle.dumps(out))):
        assert type(twin) is Value
        assert twin._op == "*"
        twin.backward()
        (leaf,) = [v for v in in_order(twin) if v.label == "a"]
        assert (leaf.grad, a.grad) == (12.0, 0.0)
    own = tanh(a)
    twin = copy.deepcopy(own)
    twin.backward()
    (leaf,) = twin._prev
    assert (leaf.grad, a.grad, own.grad) == (pytest.approx(1 - math.tanh(2.0) ** 2), 0.0, 0.0)


def test_a_graph_without_functions_of_ones_own_is_freed_at_once():
    gc.disable()
    try:
        a = Value(2.0)
        out = (a * 3 + a).relu()
        out.backward()
        assert len(out._prev) == 1
        gone = weakref.ref(out)
        del out
        assert gone() is None
    finally:
        gc.enable()


def test_a_long_chain_needs_no_recursion():
    x = y = Value(1.0)
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad == 1.0


def test_second_derivatives_go_through_the_engine():
    x = Value(3.0)
    (first,) = autograd.grad(x**3, x, create_graph=True)
    assert type(first) is Value
    assert autograd.grad(first, x)[0].data == 18.0


def test_it_mixes_with_the_rest_of_microgd():
    random.seed(1)
    microgd.manual_seed(0)
    x, w = Value(2.0), microgd.Value(3.0)
    out = nn.Linear(2, 1)([x, w * x])[0] + nn.functional.mse_loss([x], [1.0])
    out.backward()
    assert x.grad != 0.0
    model = MLP(2, [8, 1])
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = sum((model(p) - t) ** 2 for p, t in (([0.0, 1.0], 1.0), ([1.0, 0.0], -1.0)))
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert losses[-1] < 0.2 * losses[0]
    assert microgd.gradcheck(lambda v: Value.tanh(v * v), 0.5)


def test_it_compiles():
    w, b = Value(0.5), Value(-0.25)
    compiled = microgd.compile(lambda x: (w * x + b).tanh() ** 2)
    compiled(3.0).backward()
    found = w.grad, b.grad
    w.grad = b.grad = 0.0
    eager = (w * 3.0 + b).tanh() ** 2
    eager.backward()
    assert compiled(3.0).data == eager.data
    assert found == (w.grad, b.grad)


def test_a_picture_before_backward_shows_no_gradients():
    a = Value(2.0, label="a")
    out = tanh(a * 3)
    assert "No gradients yet" in microgd.draw(out).svg()
    out.backward()
    assert "No gradients yet" not in microgd.draw(out).svg()
    assert "tanh" in microgd.tree(out)


# --- neurons ---


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(1, 4), st.lists(st.integers(2, 4), min_size=1, max_size=3))
def test_a_network_draws_and_computes_what_micrograds_does(seed, inputs, widths):
    theirs = pytest.importorskip("micrograd.nn")
    random.seed(seed)
    mine = MLP(inputs, [*widths, 1])
    random.seed(seed)
    other = theirs.MLP(inputs, [*widths, 1])
    assert repr(mine) == repr(other)
    assert [p.data for p in mine.parameters()] == [p.data for p in other.parameters()]
    x = [random.uniform(-1, 1) for _ in range(inputs)]
    loss, other_loss = ((m(x) - 1) ** 2 for m in (mine, other))
    loss.backward()
    other_loss.backward()
    assert close([loss.data], [other_loss.data])
    assert close([p.grad for p in mine.parameters()], [p.grad for p in other.parameters()])
    mine.zero_grad()
    assert {p.grad for p in mine.parameters()} == {0.0}


def test_a_layer_of_one_neuron_returns_a_value_and_of_several_a_list():
    assert type(Layer(2, 1)([1.0, 2.0])) is Value
    assert [type(x) for x in Layer(2, 3, nonlin=False)([1.0, 2.0])] == [Value] * 3


# --- the picture ---


def test_draw_dot_has_a_box_for_each_value_and_an_edge_for_each_operand():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    out = a * b + a**2 + 1
    out.backward()
    dot = draw_dot(out, rankdir="TB")
    assert type(dot).__name__ == "Digraph"
    assert dot.graph_attr["rankdir"] == "TB"
    assert dot.source.count("shape=record") == 7  # a, b, 1, and four results
    assert dot.source.count("->") == 4 + 7
    assert "{ a | data 2.0000 | grad 7.0000 }" in dot.source
    assert "**2" in dot.source


@given(EXPRESSIONS)
def test_trace_finds_each_value_and_each_pair_of_an_operand_and_its_result(expression):
    _, root = built(Value, expression)
    ordered = in_order(root)
    nodes, edges = trace(root)
    assert nodes == set(ordered)
    assert edges == {(x, v) for v in ordered for x in v._prev}


def test_trace_goes_through_plain_values_and_needs_no_recursion():
    x = microgd.Value(3.0)
    y = x * 2.0
    for _ in range(3_000):
        y = Value(1.0) * y
    nodes, edges = trace(y)
    assert (len(nodes), len(edges)) == (6_003, 6_002)
    assert x in nodes


def test_draw_dot_draws_a_square_with_two_edges():
    a = Value(2.0)
    assert draw_dot(a * a).source.count("->") == 3


@pytest.mark.parametrize("label", ["{a|b}", "a  b", "<x>", 'q"uo\\te\\', "a\nb", "|", "\\l", "é∂"])
def test_draw_dot_renders_every_label(label):
    pytest.importorskip("graphviz")
    out = Value(2.0, label=label) * 3
    svg = draw_dot(out).pipe(encoding="utf-8")
    assert clean(label) in html.unescape(svg).replace("\xa0", " ")


def test_draw_dot_saves_a_picture(tmp_path):
    path = draw_dot(Value(2.0) * 3, format="png").render("graph", directory=tmp_path, cleanup=True)
    assert [x.name for x in tmp_path.iterdir()] == ["graph.png"]
    with open(path, "rb") as file:
        assert file.read(4) == b"\x89PNG"


def test_draw_dot_refuses_what_nobody_can_read():
    y = Value(1.0)
    for _ in range(1600):
        y = y + 1.0
    with pytest.raises(ValueError, match="more than 1500 values"):
        draw_dot(y)
