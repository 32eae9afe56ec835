import pytest

from microgd import Value
from microgd.viz import draw
from microgd.viz.film import film
from microgd.viz.graph import read
from microgd.viz.model import MOST_OPS, ops_level

from .graphs import chain, diamond, linear, neuron, square


def picture(loss, model=None):
    return ops_level(read(loss, model))


def test_one_edge_per_argument_slot():
    edges = picture(square()).edges
    assert [(e.tail, e.head, e.port) for e in edges] == [("v0", "v1", "i0"), ("v0", "v1", "i1")]


def test_one_box_per_value():
    assert len(picture(diamond()).boxes) == 5  # a, 3, b, c, loss


def test_ports_carry_the_local_derivatives():
    boxes = {b.name: b for b in picture(diamond()).boxes}
    assert boxes["b"].ports == ["×3", ""]  # the constant 3 has none
    assert boxes["c"].ports == ["×7.389"]


def test_boxes_say_data_and_gradient():
    x = picture(square()).boxes[0]
    assert (x.name, x.data, x.grad) == ("x", "3", "6")


def test_edges_carry_what_flows_back_along_them():
    loss = diamond()
    at = {b.id: b.name for b in picture(loss).boxes}
    flows = {(at[e.tail], at[e.head]): e.tone and e.tone.value for e in picture(loss).edges}
    b, c = (x for x in loss.inputs)
    assert flows["a", "b"] == 3.0 * b.grad
    assert flows["a", "c"] == c.data * c.grad


def test_a_negative_gradient_has_a_negative_tone():
    a = Value(2.0, "a")
    loss = 1.0 - a
    loss.backward()
    assert next(b for b in picture(loss).boxes if b.name == "a").tone.value == -1.0


def test_nan_is_marked_as_broken():
    a = Value(-2.0, "a")
    loss = a.log() * a
    loss.backward()
    boxes = picture(loss).boxes
    assert boxes[0].tone.broken
    assert boxes[-1].data_tone.broken


def test_the_linear_layer_and_its_loss():
    shown = picture(*linear())
    # 4 inputs, 8 weights, 2 biases, 8 products, 2 sums, 2 targets, 2 errors, 2 squares, 1 mean
    assert len(shown.boxes) == 31
    assert {g.title: g.parent for g in shown.groups} == {
        "Linear": "",
        "neuron 0: w · x + b": "Linear",
        "neuron 1: w · x + b": "Linear",
        "MSELoss": "",
    }
    assert shown.boxes[-1].is_loss
    assert sum(b.is_loss for b in shown.boxes) == 1


def test_a_square_is_one_glyph_without_a_box_for_its_exponent():
    boxes = picture(Value(3.0, "x") ** 2).boxes
    assert [b.glyph for b in boxes] == ["", "x²"]


def test_other_exponents_have_their_box():
    boxes = picture(Value(3.0, "x") ** 2.5).boxes
    assert [b.data for b in boxes] == ["3", "2.5", "15.59"]


def test_before_backward_no_box_has_a_gradient_and_a_caption_says_why():
    shown = picture(linear(backward=False)[0])
    assert all(b.grad is None for b in shown.boxes)
    assert all(e.tone is None for e in shown.edges)
    assert any("backward()" in line for line in shown.warnings)


def test_drawing_twice_gives_the_same_picture():
    assert picture(neuron()) == picture(neuron())


def test_too_many_values_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match=f"draws at most {MOST_OPS} values"):
        picture(chain(1000))


def test_hints_say_the_operation_in_words():
    hints = [b.hint for b in picture(neuron()).boxes]
    assert "out = tanh(0.5) = 0.4621; d loss / d out = 1" in hints
    assert hints[0] == "w0 = 0.5, parameter; d loss / d w0 = 1.573"


def test_a_box_with_a_name_reads_name_equals_formula():
    x, w = Value(3.0, "x"), Value(0.5, "w")
    power, product = x**2, w * x
    power.label, product.label = "L", "p"
    for loss, said in ((power, "L = x²"), (product, "p = w × x"), (x.tanh() * 2.0, "loss = ×")):
        picture = ops_level(read(loss))
        box = picture.boxes[-1]
        assert f"{box.name} = {box.glyph}" == said
        source = draw(loss).digraph.source
        name, _, formula = said.partition(" ")
        assert source.index(f"<B> {name} </B>") < source.index(f"> {formula} <")
    assert [a.sign for a in film(read(product)).actors] == ["", "", "= w × x"]
