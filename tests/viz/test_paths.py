import re

import pytest

import microgd
from microgd import Value
from microgd.viz import explain, graph
from microgd.viz.order import walk

from .graphs import chain, diamond, mlp, square


def test_one_path():
    w = Value(2.0, "w")
    loss = (w * 3.0).exp()
    loss.backward()
    text = explain(loss, w)
    assert text.startswith("d loss / d w = 1210")
    assert "w → × → loss (eˣ)   3 · 403.4 = 1210" in text
    assert "That is w.grad." in text


def test_paths_are_products_that_add_up():
    loss = diamond()
    text = explain(loss, "a")
    products = [float(p) for p in re.findall(r"→.*= (\S+)$", text, re.M)]
    assert len(products) == 2
    assert sum(products) == pytest.approx(66.5, rel=1e-3)
    assert "Together 66.5." in text


def test_the_two_slots_of_a_square_are_two_paths():
    text = explain(square(), "x")
    assert text.count("x → loss (×)") == 2
    assert "2 paths" in text


def test_the_strongest_paths_come_first_and_the_rest_is_summed():
    loss, model = mlp(3, 5, 4, 1)
    x = model[0].weight[0][0]
    text = explain(loss, x, model, top=2)
    found = [abs(float(p)) for p in re.findall(r"→.*= (\S+)$", text, re.M)]
    assert found == sorted(found, reverse=True)
    assert len(found) == 2
    assert "2 weaker paths" in text
    assert f"Together {x.grad:.4g}." in text


def test_exponentially_many_paths_are_counted_and_not_walked():
    x = y = Value(1.0, "x")
    for _ in range(200):
        y = y * 0.5 + y * 0.5
    y.backward()
    text = explain(y, x)
    assert "1.607e60 paths lead" in text
    assert "Together 1." in text


def test_a_long_path_is_shown_with_its_middle_left_out():
    loss = chain(5000)
    loss.backward()
    assert "more …" in explain(loss, "x")


def test_no_path():
    a, b = Value(1.0, "a"), Value(2.0, "b", requires_grad=False)
    assert "no path" in explain(a * b, b)


def test_the_loss_itself():
    loss = square()
    assert "the loss itself" in explain(loss, loss)


def test_a_gradient_that_holds_more_is_said_to():
    loss = square()
    loss.backward()
    assert "it holds what other losses" in explain(loss, "x")


def test_a_value_of_another_graph_is_refused():
    with pytest.raises(ValueError, match="was not used"):
        explain(square(), Value(1.0))
    with pytest.raises(ValueError, match="no value of this loss is called 'z'; there are: x, loss"):
        explain(square(), "z")


def test_a_derivative_that_is_nan_is_said_to_be_no_number():
    a = Value(-1.0, "a")
    loss = a.log() * a
    loss.backward()
    assert "no finite number" in explain(loss, a)


def test_before_backward_it_works_too():
    a = Value(3.0, "a")
    text = explain(microgd.tanh(a), a)
    assert "That is" not in text
    assert "0.009866" in text


@pytest.mark.parametrize("made", [square, diamond, lambda: mlp(3, 5, 4, 1)[0], lambda: chain(40)])
def test_a_graph_that_is_only_looked_at_has_the_same_explanation(made, monkeypatch):
    loss = made()
    loss.label = "loss"
    start = next(x for x in walk(loss) if x.requires_grad)
    start.label = "start"
    whole = str(explain(loss, start))
    monkeypatch.setattr(graph, "MOST_READ", 0)
    assert str(explain(loss, start)) == whole
    assert str(explain(loss, "start")) == whole
    with pytest.raises(ValueError, match="was not used"):
        explain(loss, Value(1.0))


def test_a_graph_with_more_paths_than_a_float_can_count_is_explained():
    x = y = Value(1.0, "x")
    for _ in range(2000):
        y = y * 0.5 + y * 0.5
    text = explain(y, x)
    assert "more than 1e308 paths lead" in text
    assert "more than 1e308 weaker paths" in text


def test_the_zero_that_a_sum_starts_from_is_no_step_of_a_path():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    first = 0 + a
    loss = (first + b).exp()
    assert "a → + → loss (eˣ)" in explain(loss, a)
    assert explain(loss, first) == explain(loss, a)


def test_only_the_strongest_of_many_uses_are_kept():
    x = Value(1.0, "x")
    loss = microgd.sum([x * float(k) for k in range(3000)])
    text = explain(loss, x, top=3)
    found = [float(p) for p in re.findall(r"→.*= (\S+)$", text, re.M)]
    assert found == [2999.0, 2998.0, 2997.0]
    assert "3000 paths lead" in text
    assert "2997 weaker paths" in text


def test_explaining_takes_down_only_what_is_shown():
    loss = chain(30_000)
    loss.backward()
    text = explain(loss, "x")
    assert "… 29993 more …" in text
    assert "That is x.grad." in text


def test_the_first_value_of_a_name_is_meant():
    a, b = Value(2.0, "a"), Value(3.0, "a")
    assert explain(a * b, "a").startswith("d loss / d a = 3\n")


def test_a_name_that_several_values_have_is_said_to_be_in_doubt():
    a, b = Value(2.0, "a"), Value(3.0, "a")
    doubt = "2 values are called 'a'. This is about the first of them"
    assert doubt in explain(a * b, "a")
    assert doubt not in explain(a * b, b)
    assert "are called" not in explain(diamond(), "a")


def test_the_words_of_a_gradient():
    a = Value(2.0, "a")
    assert "A little more of a moves loss down, by 3 times as much." in explain(a * -3.0, a)
    assert "A little more of a moves loss up, by 3 times as much." in explain(a * 3.0, a)
    assert "A little more of a changes loss not at all." in explain(a * 0.0, a)
    assert "One path leads from a to loss" in explain(a * 3.0, a)
    assert "1 weaker path " in explain(a * 3.0 + a, a, top=1)


def test_paths_are_counted_one_by_one_up_to_the_last_whole_number_of_a_float():
    x = y = Value(1.0, "x")
    for _ in range(53):
        y = y * 0.5 + y * 0.5
    assert f"\n{2**53} paths lead" in explain(y, x)
    assert "\n1.801e16 paths lead" in explain(y + y, x)


def test_the_start_of_a_sum_is_a_step_where_it_is_the_loss():
    w = Value(2.0, "w")
    assert "w → loss (+)   1" in explain(0 + w, w)


def test_a_finite_grad_beside_a_sum_that_is_nan_is_told_apart():
    a = Value(-1.0, "a")
    loss = (a * 0.0).log() * a
    loss.backward()
    assert "That is a.grad." in explain(loss, a)
    a.grad = 3.0
    assert "a.grad is 3: it holds what other losses" in explain(loss, a)
