"""What the film says about where a partial comes from."""

import math
import re

import pytest

import microgd
from microgd import Value
from microgd.ops import TABLE
from microgd.viz.film import film
from microgd.viz.graph import read
from microgd.viz.partials import LONGEST


@pytest.fixture
def primitive():
    """Like microgd.primitive, and the row is gone after the test."""
    before = dict(TABLE)
    yield microgd.primitive
    TABLE.clear()
    TABLE.update(before)


def reasons(loss):
    """The reason of every line of the last frame, which is about the operation nearest to the leaves."""
    return [line.reason for line in film(read(loss)).frames[-1].lines]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda x, y: x.tanh(), ["0.7864 = 1 − loss² = 1 − 0.46212²"]),
        (lambda x, y: x.exp(), ["1.649 = loss, the result itself"]),
        (lambda x, y: x.log(), ["2 = 1 / x = 1 / 0.5"]),
        (lambda x, y: x.relu(), ["1: 0 where x ≤ 0, else 1; here x = 0.5"]),
        (lambda x, y: (-x).relu(), ["-1 because the sign changes"]),
        (lambda x, y: x**2, ["1 = 2 · x = 2 · 0.5"]),
        (lambda x, y: x**4, ["0.5 = 4 · x³ = 4 · 0.5³"]),
        (lambda x, y: x * y, ["-2 is the other factor, y", "0.5 is the other factor, x"]),
        (lambda x, y: x * 3.0, ["3 is the other factor"]),
        (lambda x, y: x / y, ["-0.5 = 1 / y = 1 / (-2)", "-0.125 = −loss / y = −(-0.25) / (-2)"]),
        (lambda x, y: x + y, ["1 because it is added", "1 because it is added"]),
        (lambda x, y: x - y, ["1 because it is added", "-1 because it is subtracted"]),
        (lambda x, y: microgd.mean(x, y, x, y), ["0.25 = 1 / 4, of a mean of 4", "", "", ""]),
        (
            lambda x, y: microgd.prod(x, y, 3.0),
            ["-6 is the product of the others, y × 3", "1.5 is the product of the others, x × 3"],
        ),
        (
            lambda x, y: microgd.max(x, y),
            ["1 because only the largest operand counts", "0 because only the largest operand counts"],
        ),
        (lambda x, y: microgd.max(x, x), ["0.5 because only the largest operand counts: 2 equal ones"] * 2),
        (
            lambda x, y: microgd.where(True, x, y),
            ["1 because it is chosen", "0 because the other one is chosen"],
        ),
        (
            lambda x, y: microgd.logsumexp(x, y),
            ["0.9241 = exp(x − loss) = exp(0.5 − 0.5789)", "0.07586 = exp(y − loss) = exp(-2 − 0.5789)"],
        ),
    ],
)
def test_the_film_says_where_a_partial_comes_from(made, said):
    assert reasons(made(Value(0.5, "x"), Value(-2.0, "y"))) == said


def test_a_long_sum_says_its_reason_once():
    x = [Value(float(i), f"x{i}") for i in range(5)]
    assert reasons(microgd.sum(x)) == ["1 because it is added", "", "", "", ""]


def test_both_factors_of_a_square_are_explained():
    x = Value(3.0, "x")
    assert reasons(x * x) == ["3 is the other factor, x"] * 2


def test_a_primitive_of_a_user_has_its_own_rule(primitive):
    @primitive(lambda x, y, out: 2.0 * x * y, lambda x, y, out: x * x)
    def weighed_square(x, y):
        return x * x * y

    assert reasons(weighed_square(Value(3.0, "x"), Value(0.5, "y"))) == [
        "3 = 2 · x · y = 2 · 3 · 0.5",
        "9 = x² = 3²",
    ]


def test_a_rule_that_cannot_be_printed_names_the_operands(primitive):
    @primitive(lambda x, out: 5.0 if float(x) > 0.0 else 1.0)
    def kinked(x):
        return x

    assert reasons(kinked(Value(3.0, "x"))) == ["5 is the partial of kinked at x = 3"]
    assert reasons(Value(0.5, "x").mish()) == ["0.8864 is the partial of mish at x = 0.5"]


@pytest.mark.parametrize("name", TABLE)
def test_every_row_of_the_table_has_a_short_reason_that_starts_with_its_number(name):
    row = TABLE[name]
    count = len(row.partials) if type(row.partials) is tuple else 3
    data = [1.5] if name == "acosh" else [0.5, 0.25, 0.75][:count]
    operands = [Value(x, label) for x, label in zip(data, "pqr", strict=False)]
    for line in film(read(row(*operands))).frames[-1].lines:
        if line.reason:
            assert line.reason.startswith(line.formula.partition(" · ")[0])
            assert len(line.reason) < 2 * LONGEST + 20
            assert not re.search(r"\b(out|b|x|x1|w1|input)\b", line.reason)


def test_the_numbers_in_a_reason_give_the_partial():
    x = Value(0.5, "x")
    for made, count in [
        (x.tanh, lambda text: eval(text.replace("²", "**2").replace("−", "-"))),
        (x.log, lambda text: eval(text)),
        (x.sqrt, lambda text: eval(text)),
    ]:
        value, _, numbers = reasons(made())[0].split(" = ")
        assert math.isclose(count(numbers), float(value), rel_tol=1e-3)


def test_of_a_leaf_that_changed_no_false_numbers_are_said():
    x = Value(0.5, "x")
    loss = x.log()
    loss.backward()
    x.data = 4.0
    assert reasons(loss) == [""]


def test_a_function_with_the_name_of_a_primitive_has_not_its_rule():
    @microgd.compile
    def mul(x, y):
        return x + 2.0 * y

    said = reasons(mul(Value(3.0, "x"), Value(4.0, "y")))
    assert said == ["", ""]


def test_an_undefined_partial_has_its_rule():
    assert reasons(Value(math.nan, "x").log()) == ["nan = 1 / x = 1 / nan"]


def test_hostile_names_stay_one_word():
    assert reasons(Value(0.5, "a b").log()) == ["2 = 1 / (a b) = 1 / 0.5"]
