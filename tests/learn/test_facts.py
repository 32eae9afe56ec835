"""Facts about wrong numbers, about what is passed on, and about steps: true, and each with its question."""

import functools
import math

import pytest
from hypothesis import given, strategies as st

from microgd import Value, optim
from microgd.learn import moves, trials
from microgd.learn.checks import Answer, compare
from microgd.learn.course import Course

COURSE = Course()
CASES = [(1.5, 0.25), (-2.0, 0.5), (3.5, 0.125), (-0.75, 2.0)]


def answer(**names):
    return Answer(names, "answer.py", COURSE.find("tanh"))


def told(function, right=lambda x, h: x * x + 1, cases=CASES, **options):
    """The key and the message for a wrong function of x and h."""
    verdict = compare(answer(f=function), "f", right, cases, **options)
    assert not verdict.ok
    assert verdict.message.count("?") == 1
    return verdict.key, verdict.message


def test_a_difference_that_is_always_the_same_is_told():
    assert told(lambda x, h: x * x + 3) == (
        "off_by", "It is too large by 2, everywhere. Where does that number come from?"
    )  # fmt: skip
    assert told(lambda x, h: x * x + 1 - h) == (
        "off_by", "It is too small by exactly h, everywhere. Where is h added or taken off?"
    )  # fmt: skip


def test_a_factor_that_is_an_argument_is_told():
    key, message = told(lambda x, h: (x * x + 1) / h)
    assert key == "extra_factor"
    assert message.startswith("It would be right if it were multiplied by h. Is it divided by h where")
    assert "if it were divided by x twice" in told(lambda x, h: (x * x + 1) * x * x)[1]


def test_an_argument_that_does_not_matter_is_told():
    key, message = told(lambda x, h: x + 7, lambda x, h: x + h)
    assert (key, message) == (
        "ignored",
        "It does not depend on h: with another h it gives the same. Should it?",
    )
    assert told(lambda x, h: x + h * h, lambda x, h: x + h)[0] == "unknown"


def test_a_wrong_direction_and_a_wrong_sign_are_told():
    cases = [(0.5,), (1.0,), (3.0,), (10.0,)]
    assert told(lambda c: 2 + c, lambda c: 2 / c, cases) == (
        "direction", "It grows when c grows. Should it?"
    )  # fmt: skip
    assert told(lambda c: 2 - c, lambda c: 2 / c, cases) == (
        "sign_somewhere", "`f(3)` gives -1. Can it be negative?"
    )  # fmt: skip


def test_what_is_no_number_is_told_with_its_case():
    assert told(lambda x, h: math.nan if x < 0 else x) == (
        "not_a_number", "`f(-2, 0.5)` gives nan. Which step has no value there?"
    )  # fmt: skip


CURVES = [(f, x, h) for f in (math.sin, math.exp) for x in (0.0, 0.9, -1.6) for h in (0.1, 0.003)]


def slope(f, x, h):
    return (f(x + h) - f(x)) / h


def test_a_curve_that_is_looked_at_elsewhere_is_told_with_the_places():
    assert told(lambda f, x, h: (f(x * h) - f(x)) / h, slope, CURVES) == (
        "other_places",
        "For x = 0.9 and h = 0.1 it asks f for its value at 0.09 and 0.9. Are these the places that the text"
        " names?",
    )
    assert told(lambda f, x, h: x, slope, CURVES) == (
        "other_places", "`f` is never called. Where would its values come from?"
    )  # fmt: skip


def test_places_that_are_right_are_not_blamed():
    def in_other_order(f, x, h):
        here = f(x)
        return f(x + h) + 0.0 * f(x) + here

    assert told(in_other_order, slope, CURVES)[0] == "unknown"


def test_a_simple_case_is_told_before_what_is_harder():
    simple = [("flat", (lambda x: 5.0, 1.5, 0.25), "Flat: {}. How steep?")]
    assert told(lambda f, x, h: (f(x + h) + f(x)) / h, slope, CURVES, simple=simple) == (
        "flat", "Flat: 40. How steep?"
    )  # fmt: skip
    raises = told(lambda f, x, h: f(x + h) / (f(x) - 5.0), slope, CURVES, simple=simple)
    assert raises[0] == "unknown", "a case that raises there says nothing"


def test_of_several_numbers_each_has_its_own_facts():
    def sides(f, x, h):
        return slope(f, x, -h), slope(f, x, h)

    assert told(lambda f, x, h: (slope(f, x, -h), -slope(f, x, h)), sides, CURVES, outputs=2) == (
        "sign",
        "The first number is right. Of the second number: the size is right and the sign is wrong,"
        " everywhere. What is taken from what?",
    )
    assert told(lambda f, x, h: (0.0, slope(f, x, h)), sides, CURVES, outputs=2)[0] == "zero"
    assert told(lambda f, x, h: (slope(f, x, -h) * 3, 1.0), sides, CURVES, outputs=2)[0] == "ratio"


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0.1, 9)), min_size=4, max_size=6, unique=True))
def test_no_fact_is_said_of_a_right_function_in_other_clothes(cases):
    found = compare(answer(f=lambda x, h: (x + 1j).real * h), "f", lambda x, h: x * h, cases)
    assert found.ok


# --- what a node passes on ---


def passing(contribution):
    """The backward pass of `again`, with another contribution."""
    namespace = {}
    exec(COURSE.find("again").solution.replace("partial * new[id(node)]", contribution), namespace)
    return trials.contributions(namespace["Node"], namespace["backward"])


def test_a_wrong_contribution_is_told_with_what_arrives():
    assert passing("partial * new[id(node)]") is None
    assert passing("partial / new[id(node)]").message.startswith(
        "Of c = a * b, with a = 2 and b = 3: where the gradient of c is 1, 2 and 1, that of a is 3, 1.5"
    )
    assert passing("-partial * new[id(node)]").key == passing("partial").key == "contribution"


def test_a_walk_that_is_wrong_is_no_wrong_contribution():
    namespace = {}
    source = COURSE.find("again").solution.replace("seen.add(id(node))", "pass")
    exec(source, namespace)
    assert trials.contributions(namespace["Node"], namespace["backward"]) is None


# --- steps ---


class Moving:
    """An optimizer that moves each parameter by what a function of it says."""

    def __init__(self, parameters, lr=0.1):
        self.parameters, self.lr = parameters, lr

    def step(self):
        for p in self.parameters:
            p.data += self.by(p)


def moving(by):
    return answer(Moved=type("Moved", (Moving,), {"by": lambda self, p: by(p.data, p.grad, self.lr)}))


@pytest.mark.parametrize("by", [lambda x, g, lr: -lr - g, lambda x, g, lr: lr * g * x - x])
def test_a_move_without_a_gradient_is_told(by):
    found = moves.first_step(moving(by), "Moved", optim.SGD, lr=0.1)
    assert found.key == "moves_without_gradient"
    assert "Where the gradient is 0, the first step moves a parameter by -" in found.message


def test_a_step_in_another_proportion_is_told():
    found = moves.first_step(moving(lambda x, g, lr: -lr * g * g), "Moved", optim.SGD, lr=0.1)
    assert found.key == "proportion"
    assert "With a gradient 100 times as large, the first step is 1e+04 times as large." in found.message
    assert moves.first_step(moving(lambda x, g, lr: -2 * lr * g), "Moved", optim.SGD, lr=0.1) is None


def test_parameters_that_do_not_move_are_told_with_the_reason():
    assert "writes to .data what is there" in moves.frozen(moving(lambda x, g, lr: 0.0), "Moved").message
    still = answer(Still=type("Still", (Moving,), {"step": lambda self: None}))
    assert "never writes to .data" in moves.frozen(still, "Still").message


class Beside:
    """A right optimizer for parameters that are no Values."""

    def __init__(self, right, parameters, **options):
        self.parameters = parameters
        self.values = [Value(p.data) for p in parameters]
        self.optimizer = right(self.values, **options)

    def step(self):
        for p, x in zip(self.parameters, self.values, strict=True):
            x.grad = p.grad
        self.optimizer.step()
        for p, x in zip(self.parameters, self.values, strict=True):
            p.data = x.data


@pytest.mark.parametrize("right", [optim.SGD, optim.Adam])
def test_a_right_optimizer_is_never_told_that_it_moves_wrongly(right):
    made = answer(made=functools.partial(Beside, right))
    assert moves.first_step(made, "made", right, lr=0.1) is None
