"""Loops that differ in shape from turn to turn fold by the lines that made them."""

import pytest

import microgd
from microgd import Value
from microgd.viz import draw, play
from microgd.viz.fold import STEPS, fold
from microgd.viz.graph import read
from microgd.viz.line_loops import find_by_line


def growing(turns=17):
    """The mean of more and more values: no two turns have the same shape."""
    xs = [Value(0.1 * i, f"v{i}") for i in range(turns)]
    total = Value(0.4, "w")
    for n in range(1, turns + 1):
        mean = sum(xs[:n]) / n
        total = total + (mean - 1.0) ** 2
    return total


def branching(turns=90):
    x, a = Value(0.4, "x"), Value(0.7, "a")
    for k in range(turns):
        if k % 3 == 1 or k % 7 == 2:
            x = x * a
        elif k % 5:
            x = (x + a).tanh()
        else:
            x = x.exp() / (a + x) - 1.0
    return x


def newton(turns=60):
    x, a = Value(2.0, "x"), Value(3.0, "a")
    for _ in range(turns):
        x = (x + a / x) / 2
    return x


@pytest.fixture
def made():
    with microgd.lines():
        yield lambda function, *args: function(*args)


def cards(loss):
    return [box.title for box in draw(loss).picture.boxes if hasattr(box, "title")]


def test_one_card_has_the_text_of_the_lines_and_the_count(made):
    assert cards(made(growing)) == ["mean = sum(xs[:n]) / n; total = total + (mean - 1.0) ** 2, ×17"]


def test_without_lines_it_is_folded_as_before():
    assert not any("mean" in title for title in cards(growing()))


def test_leaves_stay_boxes_with_edges_into_the_card(made):
    loss = made(growing)
    loss.backward()
    picture = draw(loss).picture
    names = {box.name for box in picture.boxes if hasattr(box, "name")}
    assert names >= {f"v{i}" for i in range(17)} | {"w"}
    (card,) = [box for box in picture.boxes if hasattr(box, "title")]
    assert {edge.tail for edge in picture.edges} == {box.id for box in picture.boxes} - {card.id}


def test_a_film_goes_turn_by_turn(made):
    film = play(made(growing)).film
    assert [a.name for a in film.actors if a.name.startswith("iteration")] == [
        f"iteration {k + 1}" for k in range(17)
    ]


def test_where_turns_cannot_be_told_apart_no_count_is_claimed(made):
    loss = made(branching)
    (title,) = cards(loss)
    assert "×" not in title
    assert title.endswith(" operations")
    assert title.startswith("x = x * a")
    names = [a.name for a in play(loss).film.actors if "operations" in a.name]
    assert len(names) > 3
    assert names[0].endswith("operations 1 to 14")
    assert len(set(names)) == len(names)


def test_a_loop_of_one_shape_is_told_by_its_shape(made):
    assert [title.rpartition(",")[0] for title in cards(made(newton))] == ["x = (x + a ÷ x) ÷ 2"]


def test_two_loops_one_after_the_other_are_two_cards(made):
    def both():
        first = growing(16)
        second = first
        for n in range(1, 17):
            second = second * sum([first] * n) / n - 0.5
        return second

    titles = cards(made(both))
    assert [title.rpartition(", ")[2] for title in titles] == ["×16", "×16"]
    assert titles[1].startswith("second = second * sum([first] * n) / n - 0.5")


def test_terms_that_do_not_use_each_other_have_no_count(made):
    def separate():
        xs = [Value(0.1 * i) for i in range(30)]
        made = [sum(xs[: n + 1]).tanh() for n in range(20)]
        return microgd.sum(made)

    loops = find_by_line([s for s in read(made(separate)).steps if s.kind == "op"])
    assert loops[0].turns == []
    assert "×" not in loops[0].title()


def test_parts_never_form_a_circle(made):
    for function in (growing, branching, newton):
        graph = read(made(function))
        for loops in (True, False):
            folded = fold(graph, layers=False, loops=loops)
            rank = {}
            for step in graph.steps:  # the parts, each when its last step is made
                rank[folded.owner[step.number]] = step.number
            for step in graph.steps:
                for operand in step.operands:
                    tail, head = folded.owner[operand.number], folded.owner[step.number]
                    if None not in (tail, head) and tail != head and folded.parts[tail].kind == STEPS:
                        assert rank[tail] < rank[head]


def test_without_a_source_the_card_has_the_count_alone():
    names = {"Value": Value}
    code = "x = Value(1.0)\nv = [Value(2.0)] * 20\nfor n in range(1, 20):\n    x = x * sum(v[:n]) / n - 0.5\n"
    with microgd.lines():
        exec(compile(code, "<nowhere to be found>", "exec"), names)
    assert cards(names["x"]) == ["×19"]
