import gc
import weakref
from collections import deque
from dataclasses import astuple, replace
from operator import attrgetter

import pytest

import microgd
from microgd import Value, nn
from microgd.autograd import contributions
from microgd.viz import draw
from microgd.viz.graph import (
    CONSTANT,
    INPUT,
    MOST_COUNTED,
    OP,
    PARAMETER,
    Peek,
    neurons,
    one_value,
    read,
    unfolded,
    walk,
)

from .graphs import chain, diamond, embedding, linear, mlp, neuron, square


def described(graph):
    """A graph as plain data."""
    steps = [replace(step, operands=[x.number for x in step.operands]) for step in graph.steps]
    return [*map(astuple, steps)], graph.titles, graph.notes


def test_operands_come_before_what_is_made_of_them():
    graph = read(mlp(2, 3, 1)[0])
    for step in graph.steps:
        assert all(x.number < step.number for x in step.operands)
    assert graph.root is graph.steps[-1]


def test_a_square_has_one_operand_in_two_slots():
    graph = read(square())
    assert graph.root.operands == [graph.steps[0]] * 2
    assert graph.root.partials == [3.0, 3.0]


def test_the_order_of_a_formula_is_kept():
    assert [s.name for s in read(diamond()).steps if s.name] == ["a", "b", "c", "loss"]


def test_two_readings_of_one_graph_are_equal():
    loss, model = mlp(2, 4, 1)
    assert described(read(loss, model)) == described(read(loss, model))


def test_the_kinds_of_leaves():
    loss, model = linear()
    kinds = {s.name: s.kind for s in read(loss, model).steps}
    assert kinds["weight[1][3]"] == PARAMETER
    assert kinds["x0"] == INPUT
    assert kinds["y0"] == INPUT
    assert kinds["loss"] == OP
    assert [s.data for s in read(Value(2.0) * 3.0).steps if s.kind == CONSTANT] == [3.0]


def test_without_the_model_weights_are_named_by_their_part_in_the_neuron():
    names = {s.name for s in read(linear()[0]).steps}
    assert {"w0", "w3", "b", "x0", "x3", "y0", "y1", "loss"} <= names


def test_inputs_first_and_weights_second_are_told_apart():
    x = [Value(1.0, requires_grad=False), Value(2.0, requires_grad=False)]
    w = [Value(3.0), Value(4.0)]
    names = [s.name for s in read(microgd.dot(x, w)).steps]
    assert names == ["x0", "x1", "w0", "w1", "loss"]


def test_nodes_lie_in_the_module_that_made_them():
    loss, model = mlp(2, 3, 1)
    graph = read(loss, model)
    tanh = next(s for s in graph.steps if s.op == "tanh")
    assert tanh.path == ("Sequential", "Sequential.1")
    assert graph.titles["Sequential.1"] == "1 Tanh"
    weight = next(s for s in graph.steps if s.name == "0.weight[0][0]")
    assert weight.path == ("Sequential", "Sequential.0")
    assert next(s for s in graph.steps if s.kind == INPUT).path == ()


def test_a_dot_product_unfolds_into_products_that_add_up():
    graph = unfolded(read(neuron()))
    total = next(s for s in graph.steps if s.op == "sum")
    operands = total.operands
    assert [s.op for s in operands] == ["mul", "mul", ""]
    assert abs(sum(s.data for s in operands) - total.data) < 1e-15
    assert len({s.path for s in operands}) == 1


def test_unfolding_keeps_the_chain_rule():
    graph = unfolded(read(linear()[0]))
    upstream = {id(graph.root): 1.0}
    record = attrgetter("operands", "partials")
    deque(contributions(graph.steps, upstream, attrgetter("partials"), record), maxlen=0)
    for step in graph.steps:
        if step.grad is not None:
            assert abs(upstream[id(step)] - step.grad) < 1e-12


def test_long_dot_products_stay_whole():
    w = [Value(1.0) for _ in range(9)]
    graph = unfolded(read(microgd.dot(w, [1.0] * 9)))
    assert graph.root.op == "dot"


def test_before_backward_there_are_no_gradients_and_a_note():
    graph = read(linear(backward=False)[0])
    assert all(s.grad is None for s in graph.steps)
    assert any("backward() has not been called" in note for note in graph.notes)


def test_changed_weights_are_noted():
    loss, model = linear()
    assert not read(loss).notes
    with microgd.no_grad():
        next(model.parameters()).data += 1.0
    assert any("weights changed since this loss was computed" in n for n in read(loss).notes)


def test_nan_is_noted():
    a = Value(-1.0, "a")
    loss = a.log()
    loss.backward()
    assert any("nan" in note for note in read(loss).notes)


def test_a_leaf_has_a_graph_of_one():
    graph = read(Value(2.0))
    assert len(graph.steps) == 1
    assert "not computed" in graph.notes[0]


def test_a_chain_of_fifty_thousand_is_read_without_recursion():
    assert len(read(chain(50_000)).steps) == 100_001


def test_the_snapshot_does_not_keep_the_graph_alive():
    gc.disable()
    try:
        loss = square()
        alive = weakref.ref(loss)
        graph = read(loss)
        del loss
        assert alive() is None
        assert graph.root.data == 9.0
    finally:
        gc.enable()


def test_the_same_weights_are_the_same_neuron():
    graph = read(*mlp(2, 3, 1, batch=2))
    found = {dot.path[-1]: [] for dot in neurons(graph)}
    for dot, which in neurons(graph).items():
        found[dot.path[-1]].append(which)
    assert sorted(found["Sequential.0"]) == [(n, use) for n in range(3) for use in range(2)]
    assert sorted(found["Sequential.2"]) == [(0, 0), (0, 1)]


def test_a_model_that_is_none_is_refused():
    with pytest.raises(TypeError, match="model must be a Module, got list"):
        read(square(), [])


def test_a_parameter_that_is_an_input_stays_in_its_own_module():
    graph = read(*embedding())
    paths = {s.name: s.path for s in graph.steps}
    assert paths["0.weight[4][1]"] == ("Sequential", "Sequential.0")
    assert paths["1.weight[0][1]"] == ("Sequential", "Sequential.1")
    assert sorted(set(neurons(graph).values())) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    picture = draw(*embedding(), level="neurons").picture
    assert "0.weight[4][1]" in {getattr(b, "name", "") for b in picture.boxes}


def test_where_both_rows_may_be_weights_inputs_come_first_in_a_layer_only():
    loss, model = embedding()
    dot = next(s for s in read(loss, model).steps if s.op == "dot")
    assert [x.name for x in dot.weights()] == [
        "1.weight[0][0]",
        "1.weight[0][1]",
        "1.weight[0][2]",
        "1.bias[0]",
    ]
    a, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    assert [s.name for s in read(microgd.dot(a, b)).steps] == ["w0", "w1", "x0", "x1", "loss"]


@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
def test_the_zero_that_a_sum_starts_from_is_left_out(zero):
    a, b = Value(1.0, "a"), Value(2.0, "b")
    total = zero
    for x in (a, b):
        total = total + x
    total.backward()
    graph = read(total)
    assert [s.name for s in graph.steps] == ["a", "b", "loss"]
    assert graph.root.operands == graph.steps[:2]


def test_a_zero_that_somebody_named_or_that_is_the_loss_stays():
    a = Value(1.0, "a")
    assert [s.op for s in read(0 + a).steps] == ["", "", "add"]
    named = 0 + a
    named.label = "start"
    assert "start" in [s.name for s in read(named * 2.0).steps]
    assert [s.op for s in read((a + 0.0) * 2.0).steps] == ["", "", "add", "", "mul"]


def test_the_one_element_of_a_tensor_is_a_value():
    x = Value(2.0)
    assert one_value(x) is x
    assert one_value(microgd.tensor([[3.0]], requires_grad=True)).data == 3.0
    assert one_value([[x]]) is x
    for wrong in (microgd.tensor([1.0, 2.0]), [x, x], [], 3.0):
        with pytest.raises(TypeError, match="expected a Value to draw"):
            one_value(wrong)


def test_below_counts_each_value_once_and_stops_in_time():
    loss = diamond()
    assert read(loss).below(read(loss).root) == 4  # a, 3, b, c
    assert Peek(loss).below(Peek(loss).root) == 4
    deep = chain(MOST_COUNTED)
    peek = Peek(deep)
    assert peek.below(peek.root) >= MOST_COUNTED


def test_a_peek_knows_the_size_the_largest_gradient_and_the_uses():
    loss, model = mlp(2, 3, 1)
    whole, peek = read(loss, model), Peek(loss, model)
    assert (peek.count, peek.largest) == (whole.count, whole.largest)
    for value in walk(loss):
        assert peek.uses(peek.step(value)) == whole.uses(whole.step(value))
        assert peek.knows(value)
        assert (peek.step(value).data, peek.step(value).grad) == (
            whole.step(value).data,
            whole.step(value).grad,
        )
    assert not peek.knows(Value(1.0))
    total = sum([Value(1.0), Value(2.0)])
    assert Peek(total).count == read(total).count == 3


def test_neurons_are_numbered_as_the_rows_of_their_weights():
    microgd.manual_seed(0)
    model = nn.Linear(3, 4)
    scores = model(microgd.tensor([0.5, -1.0, 2.0]))
    loss = nn.CrossEntropyLoss()(scores, 2)  # its formula begins with the score of class 2
    graph = read(loss, model)
    for dot, (number, _) in neurons(graph).items():
        assert {x.name.partition("]")[0] for x in dot.weights()} == {f"weight[{number}", f"bias[{number}"}


def test_a_module_with_two_sets_of_weights_numbers_one_after_the_other():
    class Cell(nn.Module):
        def __init__(self):
            super().__init__()
            self.new = nn.Parameter([[0.1, 0.2], [0.3, 0.4]])
            self.old = nn.Parameter([[0.5, 0.6], [0.7, 0.8]])

        def forward(self, x, h):
            return [microgd.dot(w, x) for w in self.new] + [microgd.dot(u, h) for u in self.old]

    model = Cell()
    graph = read(microgd.sum(model([1.0, 2.0], [3.0, 4.0])), model)
    found = {dot.weights()[0].name: number for dot, (number, _) in neurons(graph).items()}
    assert found == {"new[0][0]": 0, "new[1][0]": 1, "old[0][0]": 2, "old[1][0]": 3}
