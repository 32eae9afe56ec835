"""The pictures of exercises, the guesses before them, and wrong answers beside the right sign and size."""

import json
import math
import re
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings, strategies as st

import microgd
from microgd import Value, autograd, tanh
from microgd.learn.beside import compared, is_right, sign, size
from microgd.learn.checks import Answer
from microgd.learn.course import Course, CourseError
from microgd.learn.fence import run
from microgd.learn.painter import Painter, guessed, picture_of
from microgd.learn.pictures import Curve, Graph, Guess, Rule, descend
from microgd.learn.plot import COLUMNS, ROWS, ticks
from microgd.learn.shown import Picture

from .conftest import write_exercise

EXERCISES = Course().exercises
PICTURED = [x for x in EXERCISES if (x.folder / "picture.py").is_file()]
NUMBERS = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)


def each(exercises):
    return pytest.mark.parametrize("exercise", exercises, ids=[x.name for x in exercises])


def rights(picture):
    return [part.right() for part in picture.parts]


# --- every exercise ---


@each(PICTURED)
def test_a_picture_is_a_few_lines_of_text_and_asks_for_a_finite_number(exercise):
    picture = picture_of(exercise)
    for part in picture.text().split("\n\n"):
        assert len(part.splitlines()) <= 20
        assert max(map(len, part.splitlines())) <= 80
    assert picture.guess.question.endswith((".", "?"))
    assert math.isfinite(picture.answer())
    assert picture.judged(picture.answer()).endswith("Well seen!")


def test_no_two_exercises_ask_the_same_question_of_the_same_picture():
    asked = [(picture_of(x).guess.question, picture_of(x).text()) for x in PICTURED]
    assert len(set(asked)) == len(asked)


@each(PICTURED[::6])
def test_a_picture_says_in_words_what_it_shows(exercise):
    html = picture_of(exercise).html()
    assert "<svg" in html or "<img" in html or "<pre" in html
    for tag in re.findall(r"<svg[^>]*>|<img[^>]*>", re.sub(r'srcdoc="[^"]*"', "", html)):
        assert re.search(r'(aria-label|alt)="[^"]{10,}"', tag)


def test_a_picture_draws_no_random_numbers_of_the_user():
    microgd.manual_seed(7)
    expected = microgd.rand(3).tolist()
    microgd.manual_seed(7)
    for exercise in PICTURED:
        picture_of(exercise)
    assert microgd.rand(3).tolist() == expected


def test_few_exercises_have_no_picture():
    assert len(PICTURED) >= 0.9 * len(EXERCISES)


def paints(picture):
    """Whether a wrong answer is painted on it."""
    return picture._yours is not None or any(isinstance(part, Rule) for part in picture.parts)


@each(PICTURED)
def test_the_solution_is_right_on_its_picture(exercise, tmp_path, monkeypatch):
    """So what a wrong answer is compared with is right."""
    picture = picture_of(exercise)
    if not paints(picture):
        return
    for other in EXERCISES:
        if other.chapter == exercise.chapter:
            (tmp_path / f"{other.name}.py").write_text(other.solution, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    names, before = {}, set(sys.modules)
    exec(exercise.solution, names)
    yours = picture.yours(Answer(names, "", exercise))
    for name in set(sys.modules) - before:
        del sys.modules[name]
    assert any(mine is not None for mine in yours)
    tolerance = 0.02 if exercise.chapter.number == 1 else 1e-6  # a short step, and a good one or none
    for mine, right in zip(yours, rights(picture)):
        if mine is not None:
            assert mine == pytest.approx(right, rel=tolerance, abs=1e-12)


@each(PICTURED)
def test_the_picture_of_a_rule_does_not_give_the_gradient_away(exercise):
    for part in picture_of(exercise).parts:
        if isinstance(part, Graph):
            leaves = [s for s in part.record().steps if not s.op]
            assert all(step.grad is None for step in leaves)
            assert all(d is None for step in part.record().steps for d in step.partials)


# --- kinds ---


@given(st.floats(-2.5, 2.5))
def test_the_slope_of_a_curve_is_the_one_of_autograd(place):
    x = Value(place)
    (right,) = autograd.grad(tanh(x), [x])
    assert Curve(tanh, at=place).right() == {f"x = {place + 0.0:.4g}".replace("e-0", "e-"): right.data} or (
        list(Curve(tanh, at=place).right().values()) == [right.data]
    )


@given(st.floats(-50, 50), st.floats(0.1, 40), st.floats(-3, 3), st.floats(-5, 5))
@settings(max_examples=25)
def test_a_plot_has_its_size_and_is_xml_for_any_line(low, wide, rise, offset):
    curve = Curve(lambda x: rise * x + offset, at=low + wide / 3, low=low, high=low + wide, x="<x>", y='"y"')
    name = next(iter(curve.right()))
    for yours in (None, {name: -7.0}, {name: math.nan}, {name: math.inf}):
        lines = curve.text(yours).splitlines()
        assert len(lines) == ROWS + 3
        assert all(len(line.partition("|")[2]) <= COLUMNS for line in lines[1 : ROWS + 1])
        ElementTree.fromstring(curve.html(yours))
        assert "nan" not in curve.html(yours)
        assert ("yours" in curve.html(yours)) == (yours is not None and math.isfinite(yours[name]))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 9))
def test_ticks_are_round_inside_and_not_too_many(low, wide, most):
    found = ticks(low, low + wide, most)
    assert len(found) <= most + 1
    assert all(low - wide * 1e-9 <= x <= low + wide * (1 + 1e-9) for x in found)


def test_a_curve_is_interrupted_where_it_has_no_value():
    curve = Curve(lambda x: 1.0 / x if x else math.inf, low=-1.0, high=1.0)
    assert curve.html().count("<polyline") == 2
    assert Curve(lambda x: math.exp(x), low=0.0, high=1000.0).text()


def test_in_text_rings_and_points_are_told_apart_and_a_steep_line_stays_near_its_point():
    text = Curve(lambda x: 1.5 - x, y="y", dots=[(0.0, 1.0)], rings=[(2.0, 0.0)]).text()
    assert text.splitlines()[-1].strip() == "# a full point, o a ring"
    plot = "\n".join(text.splitlines()[:-1])
    assert (plot.count("#"), plot.count("o")) == (1, 1)
    rows = Curve(lambda x: x * x * x * x, at=3.0).text().splitlines()
    assert "·" in "".join(rows[:6])
    assert "·" not in "".join(rows[6:])
    assert "full point" not in "".join(rows)


def test_two_plots_on_a_page_have_ids_of_their_own():
    curve = Curve(tanh, at=0.5)
    ids = re.findall(r'id="([^"]+)"', curve.html() + curve.html())
    assert len(ids) == len(set(ids)) == 4


def test_a_descent_is_the_optimizers():
    assert descend(lambda x: x * x, 1.0, 2, lr=0.25) == [1.0, 0.5, 0.25]


def test_a_graph_shows_the_learners_gradient_and_the_sign_that_is_asked():
    a, b = Value(3.0, label="a"), Value(-2.0, label="b")
    graph = Graph(a * b)
    assert graph.right() == {"a": -2.0, "b": 3.0}
    assert re.search(r"a +3\n", graph.text() + "\n")
    shown = graph.text({"a": 3.0, "b": 3.0})
    assert re.search(r"a +3 +3 ", shown)
    html = graph.html({"a": 3.0, "b": 3.0})
    assert "<img" in html or "<pre>" in html


def test_a_rule_asks_backward_for_every_input():
    def rule(a, b, out, g):
        return b * g, a * g

    exercise = next(x for x in EXERCISES if x.name == "mul")
    part = Rule(lambda a, b: a * b, g=0.5, a=4.0, b=-1.0)
    assert part.yours(Answer({"backward": rule}, "", exercise)) == [-0.5, 2.0] == list(part.right().values())
    assert part.place() == "At a = 4, b = -1, with the upstream gradient 0.5"


def test_a_rule_with_several_outputs_has_an_upstream_gradient_for_each():
    part = Rule(lambda a, b: [a * b, a + b], g=2.0, a=4.0, b=-1.0)
    assert list(part.right().values()) == [-1.0 * 2.0 + 1.0, 4.0 * 2.0 + 1.0]
    assert part.place().endswith("with the upstream gradients 2, 1")


# --- the sign and the size ---


@given(NUMBERS, NUMBERS)
def test_the_sign_and_the_size_are_true(yours, right):
    said = compared("x", yours, right)
    if is_right(yours, right):
        assert said.endswith("which is right")
        return
    assert sign(right) in said
    ratio = abs(right / yours) if yours and right else None
    if "larger" in said or "times as large" in said:
        assert ratio > 1
    if "smaller" in said or ("as large" in said and "times" not in said):
        assert ratio < 1
    if found := re.search(r"about (\d+) times", said):
        assert ratio == pytest.approx(float(found[1]), abs=0.501)


def test_sizes_in_words():
    told = {1.0: "of about the same size", 1.3: "a little larger in size", 0.8: "a little smaller in size",
            1.6: "about one and a half times as large", 0.6: "about two thirds as large",
            3.1: "about 3 times as large", 0.5: "about half as large", 0.24: "about a quarter as large",
            0.11: "about a ninth as large", 50.0: "much larger in size",
            0.01: "much smaller in size"}  # fmt: skip
    assert {ratio: size(2.0, -2.0 * ratio) for ratio in told} == told
    assert size(0.0, 3.0) == size(math.nan, 3.0) == size(2.0, 0.0) == ""
    assert compared("x", math.nan, 3.0) == "x: yours nan; asked: positive"
    assert compared("w", -0.8, 2.4) == "w: yours -0.8; asked: positive, about 3 times as large"
    assert compared("w", 1.0, 0.0) == "w: yours 1; asked: neither positive nor negative"


# --- guesses ---


@given(st.floats(-100, 100))
def test_a_guess_is_judged_after_it_is_made_and_with_the_answer(guess):
    picture = Picture([Curve(tanh, at=0.7)], Guess("How steep?"), None)
    said = picture.judged(guess)
    assert said.startswith("You said ")
    assert "it is 0.6347" in said
    assert ("Well seen" in said) == (abs(guess - 0.6347395899824585) < 0.02 * max(abs(guess), 0.6348))
    if guess <= 0:
        assert "positive" in said


def test_numbers_are_read_as_people_type_them():
    assert [guessed(x) for x in ("0.5", "0,5", "−2", " 3 ", "1e-3")] == [0.5, 0.5, -2.0, 3.0, 0.001]
    assert [guessed(x) for x in ("", "half", "nan", "inf", "1/2")] == [None] * 5


# --- folders ---


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "course" / "1-own" / "01-double"
    write_exercise(folder, "backward", "2 * g", "def {name}(x, out, g):\n    return ...\n")
    (folder.parent / "chapter.md").write_text("# Own\n")
    return Course(tmp_path / "course").exercises[0]


def test_an_exercise_without_a_picture_has_none(own):
    assert picture_of(own) is None
    painter = Painter(own)
    painter(Answer({}, "", own))
    assert (painter.beside(), painter.picture()) == ("", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("picture = 3\n", "`picture` should be a Curve, a Graph or a Rule"),
        ("", "`picture` should be"),
        (
            "from microgd.learn.pictures import *\npicture = Curve(abs)\nguess = 'What?'\n",
            "`guess` should be a Guess",
        ),
    ],
)
def test_a_picture_that_is_none_is_told(own, text, told):
    (own.folder / "picture.py").write_text(text)
    with pytest.raises(CourseError, match=told):
        picture_of(own)


WRONG = "def backward(x, out, g):\n    return -(1 - out**2) * g\n"


def test_a_wrong_answer_is_painted_and_a_right_one_is_not(tmp_path):
    course = Course()
    exercise = course.find("tanh")
    file = tmp_path / "tanh.py"
    file.write_text(WRONG)
    outcome = run(course, exercise, file)
    point, line = outcome.beside.splitlines()
    assert point == "At x = 0.7, with the upstream gradient 2:"
    assert line.strip() == "x: yours -1.269; asked: positive, of about the same size"
    assert line.strip() in repr(outcome)
    assert json.loads(json.dumps(outcome.as_dict()))["beside"] == outcome.beside
    file.write_text(exercise.solution)
    assert run(course, exercise, file).beside == ""


@pytest.mark.parametrize("body", ["return None", "return 1 / 0", "raise SystemExit", "return g, g"])
def test_an_answer_that_gives_no_numbers_is_not_painted(tmp_path, body):
    painter = Painter(Course().find("tanh"))
    names = {}
    exec(f"def backward(x, out, g):\n    {body}\n", names)
    painter(Answer(names, "", painter.exercise))
    assert painter.beside() == ""


@pytest.mark.parametrize(("guess", "said"), [(5.0, "1 less."), (2.0, "2 more.")])
def test_a_guess_at_a_count_is_told_how_much_is_missing(guess, said):
    picture = Picture([Curve(tanh, at=0.7)], Guess("How many?", 4.0, whole=True), None)
    assert picture.judged(guess) == f"You said {guess:g}, and it is 4, {said}"


def test_the_lines_of_kink_are_asked_for_where_they_say():
    exercise = Course().find("kink")
    picture = picture_of(exercise)

    def sides(f, x, h):
        return (f(x) - f(x + h)) / h, (f(x + h) - f(x)) / h

    given = picture.yours(Answer({"sides": sides}, "kink.py", exercise))
    assert {place: round(x, 6) for place, x in given[0].items()} == {"x = -1.5": 1.0, "x = 1.5": 1.0}
