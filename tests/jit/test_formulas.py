"""Formulas: a text for people says what the table computes."""

import doctest
import math
import re

import pytest

from microgd import ops
from microgd.jit import formulas
from microgd.jit.program import Program
from microgd.jit.rules import names_of
from microgd.jit.symbol import Symbol
from tests.domains import DOMAINS
from tests.jit.points import points_of, results

NAMES = {name: row.value for name, row in ops.TABLE.items()} | {"pi": math.pi}
SIGNS = {"−": "-", "·": "*", "^": "**", "²": "**2", "³": "**3", "≤": "<=", "≥": ">=", "≠": "!=", "π": "pi"}


def as_python(text):
    """A formula as a Python expression, by rules that know no derivative."""
    if ", else " in text:  # bracketed choices first
        text = re.sub(
            r"\(([^()]*) where ([^()]*), else ([^()]*)\)",
            lambda found: f"({as_python(found[0][1:-1])})",
            text,
        )
    if ", else " in text:
        text, _, last = text.rpartition(", else ")
        cases = [case.split(" where ") for case in text.split(", ")]
        return (
            " else ".join([f"({as_python(a)}) if {as_python(b)} else" for a, b in cases]).replace(
                "else else", "else"
            )
            + f" ({as_python(last)})"
        )
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    text = re.sub(r"ln (\d+)", r"log(\1)", text).replace(" = ", " == ")
    text = re.sub(r"(\d)π", r"\1*π", text)
    text = re.sub(r"√(\w+)", r"sqrt(\1)", text).replace("√(", "sqrt(")
    return "".join(SIGNS.get(letter, letter) for letter in text)


TIES = ("where", "maximum", "minimum", "max", "min", "clamp", "hardtanh", "relu", "elu", "sign")


@pytest.mark.parametrize("name", sorted(ops.TABLE))
def test_a_formula_says_what_the_table_computes(name):
    row = ops.TABLE[name]
    for count in (4, 5) if name == "dot" else (2, 3) if DOMAINS[name].variadic else (len(row.partials),):
        names = names_of(row, count)
        texts = [formulas.formula(row, count), *(formulas.partial(row, k, count) for k in range(count))]
        points = points_of(name)[count][-50:]  # inside of the domain
        for point in [*points, *[(x,) * count for x in (1.0, 0.0, -0.5) if name in TIES]]:
            value, *partials = results(name, point)
            known = {**NAMES, **dict(zip(names, point, strict=True)), "out": value}
            for text, want in zip(texts, [value, *partials], strict=True):
                got = eval(as_python(text), {"__builtins__": {}}, known)
                assert got == pytest.approx(want, rel=1e-4, abs=1e-9), (text, point)


def test_the_textbook_s_form_is_found():
    found = {
        name: formulas.partial(ops.TABLE[name]) for name in ("asin", "acosh", "sigmoid", "copysign", "pow")
    }
    assert found == {
        "asin": "1 / √(1 − x²)",
        "acosh": "1 / √(x² − 1)",
        "sigmoid": "out · sigmoid(−x)",
        "copysign": "out / x",
        "pow": "b · a^(b − 1)",
    }
    assert formulas.partial(ops.TABLE["hypot"], 1) == "y / hypot(y, x)"
    assert formulas.partial(ops.TABLE["clamp"]) == "1 where x ≥ min and x ≤ max, else 0"
    assert formulas.partial(ops.TABLE["hardtanh"]) == "0 where x ≤ min_val or x ≥ max_val, else 1"


def test_a_side_that_is_never_a_number_is_not_taken_for_the_other():
    row = ops.Primitive("half", lambda x: x, (lambda x, out: ops.where(x > 0.0, 1.0, x * math.nan),))
    assert formulas.partial(row) == "1 where x > 0, else nan · x"


def test_every_partial_is_short_enough_for_a_screen():
    for row in ops.TABLE.values():
        for k in range(len(names_of(row))):
            assert len(formulas.partial(row, k)) <= 130


# --- brackets and signs -----------------------------------------------------------------------------------


def text_of(function):
    """What a function of a and b prints."""
    program = Program()
    a, b = Symbol(program, program.input()), Symbol(program, program.input())
    return formulas.printed(program, function(a, b).index, ["a", "b"])


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda a, b: a - (b - 1.0), "a − b + 1"),
        (lambda a, b: 0.0 - a, "−a"),
        (lambda a, b: (a + b) * (a - b), "(a + b) · (a − b)"),
        (lambda a, b: (a + b) * (a + b), "(a + b)²"),
        (lambda a, b: a / b / 3.0, "a / (3 · b)"),
        (lambda a, b: a / (b / 3.0), "3 · a / b"),
        (lambda a, b: a * b * -2.5, "−2.5 · a · b"),
        (lambda a, b: a - 2.0 * -b, "a + 2 · b"),
        (lambda a, b: (a * a) ** b, "(a²)^b"),
        (lambda a, b: a ** (b + 1.0), "a^(b + 1)"),
        (lambda a, b: (a**b) * (a**b), "(a^b)²"),
        (lambda a, b: ops.sqrt(a) * ops.sqrt(a), "(√a)²"),
        (lambda a, b: ops.sqrt(a * b), "√(a · b)"),
        (lambda a, b: abs(a - b) * abs(a - b), "|a − b|²"),
        (lambda a, b: ops.exp(-a) * ops.exp(-a), "exp(−a)²"),
        (lambda a, b: -ops.relu(a) * a**3.0, "−relu(a) · a³"),
        (lambda a, b: ops.where(a > b, a, b) + 1.0, "(a where a > b, else b) + 1"),
        (lambda a, b: ops.where((a > b) & ~(a == 1.0), a, b), "a where a > b and not (a = 1), else b"),
        (lambda a, b: ops.where(((a > b) | (b == 1.0)) & (a != 2.0), a, b),
         "a where (a > b or b = 1) and a ≠ 2, else b"),
        (lambda a, b: a * math.inf, "∞ · a"),
        (lambda a, b: a * 1e-7, "1e−07 · a"),
        (lambda a, b: a / math.sqrt(2.0 * math.pi), "a / 2.50663"),
        (lambda a, b: a * math.log(2.0), "a · ln 2"),
        (lambda a, b: ops.where(a > 0.0, ops.where(b > 0.0, 1.0, 2.0), 3.0) * a,
         "((1 where b > 0, else 2) where a > 0, else 3) · a"),
    ],
)  # fmt: skip
def test_a_formula_has_the_brackets_that_it_needs_and_no_others(function, text):
    assert text_of(function) == text


def test_a_part_that_is_too_long_is_left_out():
    program = Program()
    x = y = Symbol(program, program.input())
    for _ in range(5000):
        y = ops.sin(y) * (y + 1.5)
    text = formulas.printed(program, y.index, ["x"])
    assert "…" in text
    assert len(text) <= formulas.LIMIT
    assert formulas.printed(program, (ops.exp(y) * ops.cos(x)).index, ["x"]).endswith("cos(x)")


def test_a_row_without_a_text_of_its_own_is_printed_by_its_name():
    row = ops.Primitive("cube", lambda x: x * x * x, (lambda x, out: 3.0 * x * x,))
    assert formulas.formula(row) == "cube(x)"
    assert formulas.partial(row) == "3 · x²"


def test_the_docstring_s_examples_are_right():
    assert doctest.testmod(formulas) == (0, 6)
