"""The tables of candidates: each entry computes what its text says."""

import re

import mpmath
import pytest

from microgd.check.candidates import (
    FACTORS,
    IN_THE_OUTPUT,
    NAMED_CONSTANTS,
    ONE_OPERAND,
    PLAIN,
    POWERS,
    TWO_OPERANDS,
    constant_named,
    sigmoid,
)

POINTS = (-3.7, -1.9, -0.83, -0.41, 0.17, 0.37, 0.61, 0.93, 1.3, 2.2, 4.1)
PAIRS = ((0.7, 1.9), (1.9, 0.7), (0.3, 0.4), (2.3, 3.1), (3.1, -1.2), (-1.2, 2.5), (-0.6, -1.7))

NAMES = {
    **vars(mpmath),
    **{"abs": abs, "max": max, "min": min},
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "relu": lambda x: max(x, 0),
}


def evaluated(text, **operands):
    """What the text says, to 30 digits; None where that is no real number."""
    code = re.sub(r"\|([^|]*)\|", r"(abs(\1))", text).replace("{}", "(t)")
    with mpmath.workdps(30):
        try:
            y = eval(code, NAMES, {name: mpmath.mpf(x) for name, x in operands.items()})
        except ZeroDivisionError:
            return None
        y = mpmath.mpmathify(y) + 0
        return y if isinstance(y, mpmath.mpf) else None


def derivative(text, operands, name):
    """Of what the text says, with respect to the operand of this name; None where there is none."""
    with mpmath.workdps(40):
        h = mpmath.mpf(10) ** -12
        around = [
            evaluated(text, **{**operands, name: mpmath.mpf(operands[name]) + k * h}) for k in (-2, -1, 1, 2)
        ]
        if None in around:
            return None
        a, b, c, d = around
        return (a - 8 * b + 8 * c - d) / (12 * h)


@pytest.mark.parametrize(
    ("text", "compute"), FACTORS + PLAIN + IN_THE_OUTPUT, ids=[x[0] for x in FACTORS + PLAIN + IN_THE_OUTPUT]
)
def test_an_expression_is_computed_as_it_is_written(text, compute):
    compared = 0
    for t in POINTS:
        right = evaluated(text, t=t)
        if right is None:
            with pytest.raises((ArithmeticError, ValueError)):
                compute(t)
        else:
            assert compute(t) == pytest.approx(float(right), rel=1e-13, abs=1e-15)
            compared += 1
    assert compared >= 3


@pytest.mark.parametrize(("text", "partial"), ONE_OPERAND, ids=[x[0] for x in ONE_OPERAND])
def test_a_function_of_one_number_stands_beside_its_derivative(text, partial):
    compared = 0
    for x in POINTS:
        right = derivative(text, {"x": x}, "x")
        if right is not None:
            assert partial(x) == pytest.approx(float(right), rel=1e-10, abs=1e-12)
            compared += 1
    assert compared >= 3


def test_the_derivative_of_the_cube_root_is_that_of_the_real_one():
    (cbrt,) = [partial for text, partial in ONE_OPERAND if text == "x**(1/3)"]
    assert cbrt(-8.0) == cbrt(8.0) == pytest.approx(1 / 12)


@pytest.mark.parametrize(("text", "partials"), TWO_OPERANDS, ids=[x[0] for x in TWO_OPERANDS])
def test_a_function_of_two_numbers_stands_beside_its_partials(text, partials):
    compared = 0
    for a, b in PAIRS:
        right = [derivative(text, {"a": a, "b": b}, name) for name in "ab"]
        if None not in right:
            assert partials(a, b) == pytest.approx([float(x) for x in right], rel=1e-10, abs=1e-12)
            compared += 1
    assert compared >= 3


@pytest.mark.parametrize(("text", "number"), NAMED_CONSTANTS, ids=[x[0] for x in NAMED_CONSTANTS])
def test_a_constant_is_what_its_name_says(text, number):
    code = re.sub(r"ln (\d+)", r"log(\1)", text).replace("2 pi", "2*pi")
    assert number == pytest.approx(float(evaluated(code)), rel=1e-15)
    assert constant_named(number) == f"{number:.7g} = {text}"
    assert constant_named(-number) == f"{-number:.7g} = -{text}"


def test_no_text_stands_twice_in_a_table():
    for table in (FACTORS, PLAIN, IN_THE_OUTPUT, ONE_OPERAND, TWO_OPERANDS, NAMED_CONSTANTS):
        texts = [text for text, _ in table]
        assert len(set(texts)) == len(texts)


def test_the_powers_are_those_that_formulas_have():
    assert sorted(POWERS) == [-4.0, -3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("x", [-800.0, -1.0, 0.0, 0.5, 800.0])
def test_sigmoid_never_overflows(x):
    assert sigmoid(x) == pytest.approx(float(evaluated("sigmoid(x)", x=x)), rel=1e-15)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1.0, "1"),
        (-1.0, "-1"),
        (2.0, "2"),
        (999.0, "999"),
        (1000.0, "1000"),
        (1000.5, "1000.5"),
        (0.5, "0.5"),
        (-0.25, "-0.25"),
        (2.4, "2.4"),
        (0.125, "0.125"),
        (0.1, "0.1"),
        (0.7, "0.7"),
        (1 / 3, "1/3"),
        (-2 / 3, "-2/3"),
        (5 / 6, "5/6"),
        (3 / 7, "3/7"),
        (4 / 9, "4/9"),
        (10 / 11, "10/11"),
        (7 / 12, "7/12"),
        (1 / 13, "0.07692308"),
        (998 / 3, "998/3"),
        (1000 / 3, "333.3333"),
        (2.0 * (1 + 0.9e-5), "2"),
        (2.0 * (1 + 1.1e-5), "2.000022"),
        (2.0 * (1 - 0.9e-5), "2"),
        (0.0, "0"),
        (0.1234567, "0.1234567"),
    ],
)
def test_a_constant_is_written_as_a_person_would(number, name):
    assert constant_named(number) == name


def test_how_near_a_named_constant_must_be_can_be_said():
    assert constant_named(2.001) == "2.001"
    assert constant_named(2.001, slack=1e-3) == "2"
    assert constant_named(-2.001, slack=1e-3) == "-2"
