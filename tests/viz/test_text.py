import re

import pytest

import microgd
from microgd import Value
from microgd.viz import draw, graph, text, tree

from .graphs import chain, diamond, linear, mlp, square


def summed():
    loss = sum((Value(float(i), f"v{i}") for i in range(1, 30)), Value(0.0, "v0"))
    loss.backward()
    return loss


def shared():
    a = Value(2.0, "a")
    once = a.exp()
    twice = once.sin() * once
    loss = twice * twice + once
    loss.backward()
    return loss


def lines(*args, **named):
    return tree(*args, **named).splitlines()


def test_a_tree_is_aligned_text_with_data_and_gradient():
    head, root, first, again = lines(square())
    assert head.split() == ["data", "grad"]
    assert root.split()[:7] == ["loss", "=", "x", "×", "x", "9", "1"]
    assert first.split()[:4] == ["├─", "x", "3", "6"]
    assert again.startswith("└─ x")
    assert len({line.rindex(word) for line, word in ((root, "1"), (first, "6"))}) == 1


def test_the_bar_is_as_long_as_the_gradient_is_large():
    rows = lines(diamond())
    a = next(row for row in rows if "─ a" in row)
    assert a.count("█") == 8
    assert all(row.count("█") <= 8 for row in rows)


def test_a_negative_gradient_has_a_hollow_bar():
    a = Value(2.0, "a")
    loss = -a
    loss.backward()
    assert "░" in lines(loss)[2]


def test_shared_values_are_printed_once_and_referred_to():
    a = Value(2.0, "a")
    shared = a.exp()
    text = tree(shared * shared.sin())
    assert text.count("#1 = eˣ") == 1
    assert text.count("#1 ↑") == 1


def test_a_neurons_weights_stand_beside_their_inputs():
    loss, model = linear()
    assert "weight[0][1] × x1 = -2" in tree(loss, model)


def test_additions_are_folded_into_one_sum():
    loss = sum((Value(float(i), f"v{i}") for i in range(1, 30)), Value(0.0, "v0"))
    rows = lines(loss)
    assert rows[1].split()[:3] == ["loss", "=", "Σ"]
    assert len(rows) < 16
    assert any("… 20 more" in row for row in rows)


def test_depth_and_rows_are_limited():
    loss, model = mlp(2, 4, 1)
    assert "values" in tree(loss, model, depth=2)
    assert len(lines(loss, model, rows=5)) == 7
    assert "more values" in lines(loss, model, rows=5)[-1]


def test_ascii_is_ascii():
    tree(*mlp(2, 2, 1), ascii=True).encode("ascii")
    assert "|-" in tree(diamond(), ascii=True)


def test_before_backward_there_is_no_gradient_column():
    head, *_, note = lines(Value(2.0, "a") * 3.0)
    assert "grad" not in head
    assert "backward()" in note


def test_a_chain_of_fifty_thousand_is_printed_in_part():
    loss = chain(50_000).exp()
    assert len(lines(loss, rows=50)) < 60


def test_an_interactive_session_shows_it_without_quotes():
    text = tree(square())
    assert repr(text) == str(text)


def test_what_is_no_value_is_refused():
    with pytest.raises(TypeError, match="expected a Value"):
        tree(3.0)


def test_a_limit_below_nothing_is_refused():
    with pytest.raises(ValueError, match="rows must be 0 or more, got -5"):
        tree(square(), rows=-5)
    with pytest.raises(ValueError, match="depth must be 0 or more, got -1"):
        tree(square(), depth=-1)


def test_the_zero_that_a_sum_starts_from_is_left_out():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    plain = [a + b, sum([a, b])]
    total = 0.0
    for x in (a, b):
        total += x
    plain.append(total)
    assert len({str(tree(loss)) for loss in plain}) == 1


def peeked(loss, monkeypatch, **limits):
    """The tree of a graph that counts as too large to be read whole."""
    monkeypatch.setattr(graph, "MOST_READ", 0)
    try:
        return tree(loss, **limits)
    finally:
        monkeypatch.undo()


@pytest.mark.parametrize(
    "made", [square, diamond, lambda: linear()[0], lambda: mlp(2, 4, 1)[0], lambda: chain(40), summed, shared]
)
@pytest.mark.parametrize("limits", [{}, {"depth": 2}, {"rows": 7}, {"ascii": True}])
def test_a_graph_that_is_only_looked_at_has_the_same_tree(made, limits, monkeypatch):
    loss = made()
    whole = re.sub(r"\by[01]\b", "y ", str(tree(loss, **limits)))  # targets are not numbered there
    assert str(peeked(loss, monkeypatch, **limits)).split() == whole.split()


def test_looking_takes_down_only_what_is_shown(monkeypatch):
    x = Value(1.0, "x")
    loss = x
    for _ in range(1000):
        loss = (loss * 0.5).tanh()
    peek = graph.Peek(loss)
    text.text_tree(peek, rows=20)
    assert peek.count == 3001
    assert len(peek.seen) < 50


def test_two_hundred_lines_are_printed_unless_told_otherwise():
    loss = Value(1.0, "x")
    for at in range(300):
        loss = loss.tanh()
        loss.label = f"h{at}"
    for printed in (tree(loss), draw(loss, level="layers").tree()):
        _, *rows, rest, _ = printed.splitlines()
        assert len(rows) == 200
        assert rest.startswith("… and 101 more values: this shows 200 rows")


def test_what_a_loop_repeats_is_shown_first_and_last():
    loss = Value(1.0, "x")
    for _ in range(30):
        loss = (loss * 0.5).tanh()
    loss.backward()
    _, root, *rows = lines(loss)
    assert root.startswith("loss = tanh")
    said = [row for row in rows if "the same" in row]
    assert said[0].strip("│ ") == "… the same 2 lines, 27 times more"
    assert said[1].strip("│ ") == "… the same line, 28 times more"
    assert len(rows) < 12
    assert any("─ x " in row for row in rows)


def test_newtons_method_is_short_and_narrow():
    x = a = Value(2.0, "a")
    for _ in range(30):
        x = (x + a / x) * 0.5
    x.backward()
    rows = lines(x)
    assert len(rows) < 30
    assert max(map(len, rows)) < 100
    assert sum("… the same" in row for row in rows) == 2


def test_three_lines_alike_are_no_pattern():
    loss = Value(1.0, "x")
    for _ in range(3):
        loss = loss.tanh()
    assert "the same" not in tree(loss)


def test_a_tree_that_is_cut_off_and_folded_says_what_it_is_about():
    loss = Value(1.0, "x")
    for _ in range(300):
        loss = loss.tanh()
    *_, folded, _, rest, _ = lines(loss)
    assert folded.strip("│ …").startswith("the same line, 197 times more")
    assert rest.startswith("… and 101 more values: this is about 200 rows")


def test_operands_that_look_alike_are_all_shown():
    loss = microgd.prod([Value(float(i)) for i in range(2, 9)])
    assert "the same" not in tree(loss)
    assert all(f" {i}\n" in f"{tree(loss)}\n" for i in range(2, 9))


def test_a_value_with_a_name_is_said_as_its_formula():
    x, w = Value(3.0, "x"), Value(0.5, "w")
    power = x**2
    power.label = "L"
    assert lines(power)[1].startswith("L = x² ")
    line = w * x + 1.0
    line.label = "line"
    assert lines(line)[1].startswith("line = + ")  # a product without a name
    long = microgd.mean([Value(1.0, f"a long name {i}") for i in range(3)])
    assert lines(long)[1].startswith("loss = mean ")
    shifted = x - (-2.0)
    assert lines(shifted)[1].startswith("loss = x − (-2) ")


def test_a_loop_over_numbered_inputs_is_folded():
    w, u, h = Value(0.5, "w"), Value(-0.8, "u"), Value(0.1, "h")
    for t in range(20):
        h = (w * Value(0.1 * t, f"x[{t}]", requires_grad=False) + u * h).tanh()
    text = tree(h)
    assert re.search(r"… the same \d+ lines, \d+ times more", text)
    assert len(text.splitlines()) < 40
    assert "x[19]" in text
    assert "x[0]" in text


def test_one_value_that_is_left_out_is_one_value():
    x = Value(0.5, "x")
    assert "… 1 value\n" in str(tree(microgd.tanh(x) * microgd.exp(microgd.sin(x)), depth=1)) + "\n"
