"""A film whose page computes: what is given to the page, and why some pages do not compute."""

import re
import shutil
import subprocess

import pytest
from hypothesis import given, strategies as st

import microgd
from microgd import Value, nn, ops, optim
from microgd.viz import marks, play, smaller
from microgd.viz.descent import Descent
from microgd.viz.pack import packed

from .graphs import chain, diamond, linear, mlp, neuron, square
from .pages import story, unpacked

NODE = shutil.which("node")


# --- what a page is made of ---------------------------------------------------------------------------


@given(st.text(st.sampled_from("ab<>&~`\n{0-\\\"'é🙂"), max_size=400), st.integers(1, 40))
def test_a_packed_text_is_the_same_and_has_nothing_that_means_something_to_html(text, times):
    short = packed(text * times)
    assert unpacked(short) == text * times
    assert not set(short) & set("<>&")


def test_references_reach_far_back_and_repetitions_cost_little():
    far = "the same sentence again" + "".join(f"{i:05d}" for i in range(20_000)) + "the same sentence again"
    assert unpacked(packed(far)) == far
    assert len(packed("abcdefgh" * 1000)) < 500


def test_spaces_and_comments_go_and_texts_stay():
    text = """
    // a comment
    const a = "x  //  y" + 'it  =  1' + `b  ${ 1 +  2 } (  c`;  // and one more
    const b = /[ /]+ =/u.test(a) ? 4 / 2 : - -1;
    if (a) {
      b();
    }
    [1, 2].map((x) => x * 2);
    """
    assert smaller.script(text) == (
        "const a=\"x  //  y\" + 'it  =  1' + `b  ${ 1 +  2 } (  c`;"
        "const b=/[ /]+ =/u.test(a)?4/2:- -1;if(a){b();}\n[1,2].map((x)=>x*2);\n"
    )
    assert smaller.style(
        "a {\n  /* b */ color: red;\n}\n\n@media (width > 3px) {\n  a, b { c: d e; }\n}"
    ) == ("a{color:red}@media (width > 3px){a,b{c:d e}}")


@pytest.mark.skipif(NODE is None, reason="no node")
def test_the_script_of_a_page_is_javascript(tmp_path):
    page = play(*linear()).html
    file = tmp_path / "page.js"
    file.write_text(re.findall(r"<script>(.*?)</script>", page, re.S)[0], encoding="utf-8")
    subprocess.run([NODE, "--check", str(file)], check=True)


# --- the graph and the texts --------------------------------------------------------------------------


@pytest.mark.parametrize("made", [square, diamond, neuron, lambda: linear()[0], lambda: mlp(2, 3, 1)[0]])
def test_each_operation_is_a_rule_and_the_numbers_of_earlier_steps(made):
    live = play(made()).live
    assert live.root == len(live.steps) - 1
    for n, step in enumerate(live.steps):
        if isinstance(step, list):
            assert 0 <= step[0] < len(live.rules)
            assert all(0 <= operand < n for operand in step[1:])
    assert len(set(live.rules)) == len(live.rules)


def test_no_number_that_may_change_is_written_into_a_text():
    w, x = Value(0.123456, "w"), Value(7.654321, "x")
    film = play((w * x).tanh() - w).live.film
    said = " ".join(
        f"{frame.said} {line.what} {line.formula} {line.note} {line.reason}"
        for frame in film.frames
        for line in frame.lines
    )
    assert "0.1235" not in said
    assert "7.654" not in said
    assert marks.VALUE in said


def test_a_leaf_without_a_gradient_is_dragged_too_and_a_constant_is_not():
    x = Value(2.0, "x", requires_grad=False)
    live = play(x * Value(3.0, "w") + 1.0).live
    dragged = [list(live.place)[n].name for n in live.drag if n >= 0]
    assert sorted(dragged) == ["w", "x"]
    assert [list(live.place)[n].name for n in live.given] == ["x", ""]


def test_leaves_inside_of_neurons_are_in_the_list():
    live = play(*mlp(2, 16, 16, 1)).live
    assert {name for _, name in live.hidden} >= {"0.weight[0][0]", "4.bias[0]"}


# --- why not ------------------------------------------------------------------------------------------


def why(loss):
    player = play(loss)
    assert player.live is None
    assert player.why in player.html
    assert "const live" not in player.html
    return player.why


@pytest.fixture
def own_rows():
    """Take the rows that a test enters out of the table again."""
    known = set(ops.TABLE)
    yield
    for name in set(ops.TABLE) - known:
        del ops.TABLE[name]


@pytest.mark.usefixtures("own_rows")
def test_a_primitive_of_a_user_is_computed_if_its_python_can_be_followed():
    @microgd.primitive(lambda x, out: 3.0 * x * x)
    def cube_of_a_page(x):
        return x * x * x

    player = play(cube_of_a_page(Value(2.0, "x")))
    assert player.live is not None

    @microgd.primitive(lambda x, out: 1.0)
    def branching_of_a_page(x):
        return x if x > 0.0 else x + 1.0 - 1.0

    assert why(branching_of_a_page(Value(2.0, "x"))) == (
        "The numbers of this film cannot be changed: branching_of_a_page is written in Python, and no page"
        " can follow it."
    )


def test_a_loss_whose_leaf_has_changed_is_not_computed():
    w = Value(2.0, "w")
    loss = w * 3.0
    w.data = 5.0
    assert "a leaf has changed since the loss was computed" in why(loss)


def test_a_large_graph_is_not_computed():
    assert why(chain(2100)) == "The numbers of this film cannot be changed: it has more than 4000 values."


def test_a_page_that_would_be_large_is_not_computed():
    loss, _ = mlp(2, 16, 16, 1, batch=50)
    assert why(loss) == "The numbers of this film cannot be changed: its page would be larger than 200 KB."


# --- sizes --------------------------------------------------------------------------------------------


def test_forty_values_are_fifty_kilobytes_and_no_page_that_computes_is_over_two_hundred():
    assert len(play(*linear()).html.encode()) < 50_000
    for batch in (None, 20, 22, 24, 26):
        assert len(play(*mlp(2, 16, 16, 1, batch=batch)).html.encode()) < 200_000


# --- steps downhill -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "lines"),
    [
        (lambda p: optim.SGD(p, lr=0.1), ["w ← w − λ · g"]),
        (lambda p: optim.SGD(p, lr=0.1, maximize=True), ["w ← w + λ · g"]),
        (
            lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
            ["v ← momentum · v + (1 − dampening) · g", "w ← w − λ · v"],
        ),
        (lambda p: optim.RMSprop(p), ["s ← α · s + (1 − α) · g²", "w ← w − λ · g / (√s + ε)"]),
    ],
)
def test_the_formula_is_that_of_the_optimizer(made, lines):
    w = Value(3.0, "w")
    assert play(w * w, optimizer=made([w])).descent.lines == lines


def test_parameters_with_another_past_are_another_group():
    model = nn.Linear(2, 1)
    optimizer = optim.Adam(model.parameters())
    loss = model(microgd.tensor([1.0, 2.0]))[0] ** 2
    loss.backward()
    optimizer.step()
    groups = play(loss_of(model), model, optimizer).descent.groups
    assert [group["steps"] for group in groups] == [1.0]
    assert all(any(column) for column in groups[0]["state"])


def loss_of(model):
    return model(microgd.tensor([1.0, 2.0]))[0] ** 2


def test_an_optimizer_of_other_parameters_is_an_error():
    w = Value(3.0, "w")
    with pytest.raises(ValueError, match="uses none of the optimizer's parameters"):
        play(w * w, optimizer=optim.SGD([Value(1.0)], lr=0.1))
    with pytest.raises(TypeError, match=r"one of microgd\.optim"):
        play(w * w, optimizer=0.1)


def test_a_loss_without_parameters_has_no_steps():
    x = Value(3.0, "x", requires_grad=False)
    player = play(x * x)
    assert player.live is None or player.descent.groups == []
    assert Descent("").lines == []


def test_the_page_holds_the_picture_and_the_data_once():
    picture, data = story(play(*linear()).html)
    assert picture.startswith("<svg")
    assert set(data) == {"born", "grads", "ways", "frames", "live", "descent", "quiz"}
