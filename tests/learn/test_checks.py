"""What a check.py is written with: what it finds, and in which words."""

import math

import pytest

from microgd import tanh
from microgd.learn import checks
from microgd.learn.checks import (
    Answer,
    AnswerError,
    Verdict,
    asking,
    compare,
    expose,
    failed,
    finished,
    passed,
    unfinished,
)
from microgd.learn.course import Course

COURSE = Course()
TANH = COURSE.find("tanh")
CASES = [(1.0,), (-2.0,), (3.5,)]


def answer(exercise=TANH, **names):
    return Answer(names, "tanh.py", exercise)


def refused(function, *arguments, **options):
    """The verdict of an answer that cannot be judged."""
    with pytest.raises(AnswerError) as caught:
        function(*arguments, **options)
    assert str(caught.value) == caught.value.verdict.message
    assert not caught.value.verdict.ok
    return caught.value.verdict[1:]


def test_verdicts_are_made():
    assert passed() == (True, "ok", "")
    assert passed("Small.") == (True, "ok", "Small.")
    assert failed("sign", "Why?") == (False, "sign", "Why?")
    assert refused(answer().get, "f")[0] == "missing_name"


# --- what a file defines ---


def test_a_missing_name_is_told_with_those_that_are_there():
    told = "There is no `f` in your file.{} Was it renamed or deleted?"
    assert answer(f=3).get("f") == 3
    assert refused(answer().get, "f") == ("missing_name", told.format(""))
    assert refused(answer(math=math, _x=1, g=2, h=math.sin).get, "f")[1] == told.format(" It has g, h.")
    many = {f"x{k}": k for k in range(9)}
    assert refused(answer(**many).get, "f")[1] == told.format(" It has x0, x1, x2, x3, x4, x5, x6, x7.")


def test_a_function_must_take_what_the_stub_takes():
    def right(x, out, g):
        return x

    def options(*arguments, more=1):
        return len(arguments)

    assert answer(backward=right).function("backward")(1.0, 2.0, 3.0) == 1.0
    assert answer(backward=options).function("backward")(1.0, 2.0, 3.0) == 3
    assert refused(answer(backward=lambda x, g: x).function, "backward") == (
        "wrong_signature",
        "`backward` is called with 3 arguments, (x, out, g), and yours is backward(x, g)."
        " Which one is too many, or missing?",
    )
    assert refused(answer(backward=lambda x, out, g, h: x).function, "backward")[0] == "wrong_signature"
    assert refused(answer(backward=3).function, "backward") == (
        "not_a_function", "`backward` should be a function, and is an int. Was it assigned to further down?",
    )  # fmt: skip


def test_what_has_no_signature_or_is_not_asked_for_is_taken_as_it_is():
    assert answer(backward=max).function("backward")(1, 2, 3) == 3
    assert answer(other=lambda: 5).function("other")() == 5


def test_numbers_are_numbers():
    a = answer()
    assert (a.number(2, "x"), type(a.number(2, "x"))) == (2.0, float)
    assert math.isnan(a.number(math.nan, "x"))
    assert refused(a.number, "2", "step(1)") == ("not_a_number", "step(1) should be a number, and is a str.")
    assert refused(a.number, ..., "x") == (
        "unfinished", "The three dots (...) wait for you: what belongs there?",
    )  # fmt: skip


def test_several_numbers_are_a_list_or_a_tuple():
    a = answer()
    assert a.numbers([1, 2], "x", 2) == a.numbers((1.0, 2.0), "x", 2) == [1.0, 2.0]
    assert a.numbers(3, "x", 1) == a.numbers([3], "x", 1) == [3.0]
    assert refused(a.numbers, 3, "What f returns", 2) == (
        "wrong_shape", "What f returns should be 2 numbers, and is an int.",
    )  # fmt: skip
    assert refused(a.numbers, [1], "What f returns", 2) == (
        "wrong_shape", "What f returns should be 2 numbers, and has 1.",
    )  # fmt: skip
    assert refused(a.numbers, [1, None], "x", 2)[0] == "not_a_number"
    assert refused(a.numbers, ..., "x", 2)[0] == refused(a.numbers, ..., "x", 1)[0] == "unfinished"


def test_what_a_function_raises_is_noted_for_its_line():
    a = answer(backward=lambda x, out, g: x / g)
    function = a.function("backward")
    function(1.0, 1.0, 1.0)
    assert a.error is None
    with pytest.raises(ZeroDivisionError):
        function(1.0, 1.0, 0.0)
    assert isinstance(a.error, ZeroDivisionError)
    verdict = Verdict(False, "raises", "a message of the checker's")
    assert finished(a, verdict).message.startswith("Your code stops: it divides by zero.")
    assert finished(answer(), verdict).message.startswith("a message of the checker's")
    assert finished(a, passed()) == passed()


@pytest.mark.parametrize("returned", [..., (1.0, ...), [...]])
def test_dots_that_are_returned_are_noted(returned):
    a = answer(backward=lambda x, out, g: returned)
    a.function("backward")(1.0, 2.0, 3.0)
    assert finished(a, failed("wrong_shape", "No.")).key == "unfinished"
    assert finished(a, passed()).ok, "where they did no harm"
    b = answer(backward=lambda x, out, g: (1.0, 2.0))
    b.function("backward")(1.0, 2.0, 3.0)
    assert finished(b, failed("wrong_shape", "No.")).key == "wrong_shape"


def test_dots_are_told_with_their_lines():
    def told(*arguments):
        return unfinished(*arguments).verdict.message.removesuffix(" wait for you: what belongs there?")

    assert told([]) == "The three dots (...)"
    assert told([7]) == "The three dots in line 7"
    assert told([7, 9]) == "The three dots in lines 7 and 9"
    assert told([3, 7, 9]) == "The three dots in lines 3, 7 and 9"
    assert told([7], "value.py") == "The three dots in line 7 of value.py,"
    assert told([7, 9], "value.py") == "The three dots in lines 7 and 9 of value.py,"


def test_a_fact_without_a_question_gets_one():
    assert asking(passed("Good.")).message == "Good."
    assert asking(failed("sign", "Why? Say so.")).message == "Why? Say so."
    for key, question in (
        ("not_a_number", "Where does that come from?"),
        ("wrong_shape", "Which are missing, or too many?"),
        ("nondeterministic", "What changes from call to call?"),
        ("frozen", "Is the new number stored?"),
        ("unknown", "Which line could do that?"),
    ):
        assert asking(failed(key, "So it is.")) == (False, key, f"So it is. {question}")


# --- with the checker's help ---


def test_a_rule_is_judged_by_diagnose():
    a = answer(backward=lambda x, out, g: (1 - out**2) * g, other=lambda x, out, g: g)
    assert checks.rule(a, "backward", tanh).ok
    assert checks.rule(a, "other", tanh, points=5).key == "pass_through"
    seen = []
    checks.rule(a, "backward", tanh, sample=lambda random: seen.append(1) or 0.5)
    assert seen


def test_an_engine_may_have_its_backward_apart():
    namespace = {}
    exec(COURSE.find("again").solution, namespace)
    node, backward = namespace["Node"], namespace["backward"]
    assert checks.engine(answer(), node, backward).ok
    assert checks.engine(answer(), node, lambda root: None).key == "no-seed"
    a = answer()
    assert checks.engine(a, node, lambda root: 1 / 0).key == "raises"
    assert isinstance(a.error, ZeroDivisionError)
    b = answer()
    assert checks.engine(b, lambda x: {}[x], backward).key == "raises"
    assert isinstance(b.error, KeyError)


def test_optimizers_and_loops_are_sgd_unless_it_is_said():
    def exercise_of(name, source=None):
        namespace = {}
        exec(source or COURSE.find(name).solution, namespace)
        return Answer(namespace, f"{name}.py", COURSE.find(name))

    assert checks.optimizer(exercise_of("update"), "SGD", lr=0.1).ok
    assert checks.optimizer(exercise_of("adam"), "Adam", "adam", lr=0.01).ok
    assert not checks.optimizer(exercise_of("adam"), "Adam", lr=0.01).ok
    assert checks.training(exercise_of("zero_grad"), "train", lr=0.1).ok
    assert not checks.training(exercise_of("zero_grad"), "train", lr=0.2).ok


# --- any function of numbers ---


def compared(function, right=lambda x: 2 * x, cases=CASES, **options):
    return compare(answer(f=function), "f", right, cases, **options)


def test_a_right_function_passes():
    assert compared(lambda x: x + x) == passed()
    assert compared(lambda x: 2 * x * (1 + 1e-10)) == passed()
    assert compared(lambda x: 2 * x * (1 + 1e-8))[:2] == (True, "ok_rounded")
    assert compared(lambda x: 2 * x * (1 + 1e-5)).key == "ratio"
    assert compared(lambda x: 2 * x * (1 + 1e-8), close=1e-7) == passed()
    assert compared(lambda x: 2 * x * (1 + 1e-8), cases=[(1e6,)], close=1e-7) == passed(), (
        "relative to its size"
    )
    assert compared(lambda x: math.nan, lambda x: math.nan) == passed()
    assert compared(lambda x: math.nan).key == "not_a_number"
    assert compared(lambda x: 1.0, lambda x: math.nan).key == "unknown"
    assert compared(lambda x: 1.0, lambda x: 0.0).key == "off_by", "of 0 there is no ratio"
    assert compared(lambda x: 1e-10, lambda x: 0.0) == passed(), "near 0, the difference itself counts"
    assert compared(lambda x: (x, 2 * x), lambda x: [x, 2 * x], outputs=2) == passed()


def test_a_suspect_is_told_in_its_own_words():
    suspects = {"added": (lambda x: x + 2, "Two more?"), "square": (lambda x: x * x, "Squared?")}
    assert compared(lambda x: x**2, suspects=suspects) == failed("square", "Squared?")
    assert compared(lambda x: 2 + x, suspects=suspects) == failed("added", "Two more?")
    assert compared(lambda x: 2 * x, suspects=suspects) == passed()


def test_what_is_wrong_everywhere_is_named():
    assert compared(lambda x: 0) == failed(
        "zero", "`f` returns 0 for everything that was tried. Where does it get lost?"
    )
    assert compared(lambda x: -2 * x) == failed(
        "sign", "The size is right and the sign is wrong, everywhere. What is taken from what?"
    )
    assert compared(lambda x: 3 * x) == failed(
        "ratio", "Exactly 1.5 times what is right, everywhere. Which factor is that?"
    )
    assert compared(lambda x: 3 * x * (1 + 1e-7 * (x > 1))).key == "ratio", "rounding or not"
    assert compared(lambda x: 3 * x, cases=[(1.0,)]).key == "ratio"
    cases = [(0.0,), (1.0,), (2.0,)]
    assert compared(lambda x: 3 * x, cases=cases).key == "ratio", "also where both are 0"
    assert compared(lambda x: (-x, -x), lambda x: (x, x), outputs=2).key == "sign"


def test_what_has_no_name_is_told_with_the_first_case():
    assert compared(lambda x: 2 * x if x < 3 else 0.5) == failed(
        "unknown",
        "`f` is right in 2 of 3 cases. f(3.5) gives 0.5, and that is not it."
        " Can you work this one out by hand?",
    )
    assert compared(lambda x: 2 * x + x**2).message.startswith(
        "`f` is right in none of the cases tried. f(1) gives 3, and that"
    )
    cases = [(math.sin, [1.0], 1 / 3, "a")]
    found = compare(answer(f=lambda *x: (7.0, 8.0)), "f", lambda *x: (1.0, 2.0), cases, outputs=2)
    assert "f(sin, [1.0], 0.333333, 'a') gives 7, 8, and that is not it." in found.message


def test_what_cannot_be_compared_is_refused():
    verdict = failed(*refused(compared, lambda x: None))
    assert asking(verdict).message == (
        "What `f` returns should be a number, and is nothing (None): is a `return` missing?"
    )
    assert refused(compared, lambda x: 1.0, lambda x: (1.0, 2.0), outputs=2)[0] == "wrong_shape"


# --- an expression that exposes a bug ---


def exposed(expression, name="bug1"):
    return expose(Answer({"expression": expression}, f"{name}.py", COURSE.find(name)), "expression", "Value")


def test_the_smallest_expression_passes():
    assert exposed(lambda x, y: y + y) == passed(
        "It exposes the bug with 1 operation, and fewer cannot."
    )  # fmt: skip
    assert exposed(lambda x, y: (x + y) * (x + y), "bug1").key == "not_smallest"

    def shared(x, y):
        s = x * y
        return s + s

    assert exposed(shared, "bug2").message == "It exposes the bug with 2 operations, and fewer cannot."


def test_an_expression_that_exposes_nothing_or_is_too_large_is_told():
    assert exposed(lambda x, y: x * y) == failed(
        "not_exposed",
        "Your expression has 1 operation, and the engine gets all its gradients right. Nothing in it is used"
        " twice. Which use of a value would it get wrong?",
    )
    assert "x is used twice, and no result is." in exposed(lambda x, y: x * x, "bug3").message
    assert "x and y are used twice, and no" in exposed(lambda x, y: (x + y) * (x + y), "bug3").message

    def late(x, y):
        s = x + y
        t = s * x
        return t + s

    assert "The result of operation 1 is used twice." in exposed(late, "bug3").message
    assert exposed(lambda x, y: (x + x) * y) == failed(
        "not_smallest",
        "It exposes the bug! Yours has 2 operations, and 1 would do. What could be left out?",
    )
    assert exposed(lambda x, y: x) == failed(
        "too_small", "There is no operation in it: no engine can be wrong here. What about one?"
    )


def test_as_much_as_is_searched_is_proved():
    def larger(x, y):
        s = x + y
        t = s * x
        return (s + t) * y

    assert exposed(larger, "bug3").message.startswith(
        "It exposes the bug! Yours has 4 operations, and 3 would"
    )


def test_an_engine_may_be_wrong_in_its_products_alone(monkeypatch):
    wrong = next(x for x in COURSE.find("value").mistakes if x.keys == ("mul-rule",))
    monkeypatch.setattr(type(TANH), "stub", wrong.source)
    assert exposed(lambda x, y: x * y).ok
    assert exposed(lambda x, y: x + y).key == "not_exposed"


def test_only_what_leads_to_the_result_counts():
    def unused(x, y):
        s = x + x
        x + y
        return s

    assert exposed(unused).ok

    def returns_an_input(x, y):
        x + x
        return y

    assert exposed(returns_an_input).key == "too_small"


def test_only_values_are_an_expression():
    assert refused(exposed, lambda x, y: ...)[0] == "unfinished"
    assert refused(exposed, lambda x, y: 3.0) == (
        "not_a_number", "`expression` should return a Value, and returns a float.",
    )  # fmt: skip
    for scaled in (lambda x, y: x * 2, lambda x, y: 2 * x):
        with pytest.raises(TypeError, match="x and y can be joined to each other here, and not to an int"):
            exposed(scaled)
    for other in (lambda x, y: x - y, lambda x, y: x**2, lambda x, y: -x):
        with pytest.raises(TypeError, match="of two Values, and nothing else"):
            exposed(other)


SQUARED = {"doubled": (lambda x, out, g: 4 * x * g, "Twice too much. Where is the other 2?")}


def test_a_known_mistake_in_a_rule_is_told_in_its_own_words():
    def told(backward):
        places = [(0.0,), (3.0,), (-2.0,)]
        return checks.rule(answer(backward=backward), "backward", lambda x: x * x, places, suspects=SQUARED)

    assert told(lambda x, out, g: x * g + 3 * x * g) == failed("doubled", SQUARED["doubled"][1])
    assert told(lambda x, out, g: 2 * x * g).ok
    assert told(lambda x, out, g: 6 * x * g).key == "ratio"
    assert told(lambda x, out, g: 4 * x * g if x else 1 / x).key in ("ratio", "raises")
