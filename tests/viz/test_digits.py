"""What a reader computes of the numbers that are shown is what is shown."""

import math
import re

import pytest
from hypothesis import assume, given, settings, strategies as st

import microgd
from microgd import Value
from microgd.ops import TABLE
from microgd.viz import draw
from microgd.viz.digits import enough, in_numbers, product
from microgd.viz.film import film
from microgd.viz.graph import read
from microgd.viz.words import number

from .graphs import linear, mlp

SIGNS = {
    "×": "*",
    "·": "*",
    "÷": "/",
    "−": "-",
    "^": "**",
    "²": "**2",
    "³": "**3",
    "⁴": "**4",
    " mod ": " % ",
}


def computed(text):
    """What a line of mathematics says, computed anew from its text."""
    for sign, python in SIGNS.items():
        text = text.replace(sign, python)
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    return eval(text, {name: row.value for name, row in TABLE.items()} | {"abs": abs})


def equations(loss, model=None):
    """The calculations that a film shows, and the results that it shows for them."""
    for frame in film(read(loss, model)).frames:
        for line in frame.lines:
            if line.formula and "..." not in line.formula and "…" not in line.formula:
                yield line.formula, number(line.value)
            value, *said = line.reason.split(" = ")
            words = re.search(r"[a-z] [a-z]|result", line.reason) or " where " in line.reason
            if said and not words and not re.search(r"\b(loss|t\d+|[abc])(?![a-z])", said[-1]):
                yield said[-1], value


def test_a_square_has_the_digits_that_make_it_right():
    x = Value(1.76408, "x")
    y = x**2
    assert number(x.data) == "1.764"
    assert number(1.764**2) == "3.112"
    assert in_numbers(read(y).root) == "1.764²"
    y = Value(1.7642, "x") ** 2
    assert number(y.data) == number(3.1124)
    z = Value(0.123449, "x") ** 2
    assert number(0.1234**2) != number(z.data)
    assert in_numbers(read(z).root) == "0.12345²"


def test_a_difference_of_close_numbers_has_all_the_digits_it_needs():
    z = Value(1.00000123, "a") - Value(1.0, "b")
    assert in_numbers(read(z).root) == "1.00000123 − 1"


def test_products_of_the_chain_rule_are_right():
    assert product(0.98165, -1.03489) == "0.98165 · (-1.0349)" or number(0.9817 * -1.035) == number(
        0.98165 * -1.03489
    )
    assert product(2.0, 0.5) == "2 · 0.5"


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_enough_digits_give_what_is_shown(a, b):
    texts = enough([a, b], a * b, math.prod)
    assert number(math.prod(map(float, texts))) == number(a * b)
    fewer = [number(x, 4) for x in (a, b)]
    if number(math.prod(map(float, fewer))) == number(a * b):
        assert texts == fewer


def test_numbers_that_cannot_be_right_have_four_digits():
    x = Value(0.123449, "x")
    y = x**2
    with microgd.no_grad():
        x.data = 5.123449
    assert in_numbers(read(y).root) == "5.123²"


@pytest.mark.parametrize("x", [15.6533, 16.0])
def test_a_formula_that_no_digits_or_only_the_last_make_right_has_no_numbers(x):
    loss = Value(x, "x").tanh()
    (line,) = film(read(loss)).frames[-1].lines
    assert re.fullmatch(r"[\d.]+e-1[34] = 1 − loss²", line.reason)


numbers = st.floats(-3.0, 3.0).filter(lambda x: abs(x) > 0.05)


@st.composite
def losses(draw):
    made = [Value(draw(numbers), name) for name in "abc"]
    for _ in range(draw(st.integers(1, 12))):
        x, y = (made[-1 - draw(st.integers(0, min(5, len(made) - 1)))] for _ in range(2))
        made.append(
            draw(
                st.sampled_from(
                    [
                        lambda x, y: x + y,
                        lambda x, y: x * y,
                        lambda x, y: x - y,
                        lambda x, y: x / (y * y + 0.5),
                        lambda x, y: x.tanh(),
                        lambda x, y: x.sigmoid(),
                        lambda x, y: (x * 0.5).tanh().exp(),
                        lambda x, y: (x * x + 0.3).log(),
                        lambda x, y: x**2,
                        lambda x, y: x.tanh() ** 3,
                        lambda x, y: (y * y + 0.1) ** x.tanh(),
                        lambda x, y: -x,
                        lambda x, y: x % -2.5,
                        lambda x, y: abs(x),
                        lambda x, y: microgd.maximum(x, y),
                        lambda x, y: microgd.sum(x, y, -1.5),
                        lambda x, y: microgd.dot([x, y], [y, 0.7]),
                    ]
                )
            )(x, y)
        )
    return made[-1]


@given(losses())
@settings(max_examples=300, deadline=None)
def test_every_equation_of_a_film_is_right_in_its_shown_digits(loss):
    loss.backward()
    assume(abs(loss.data) < 1e9)
    for text, result in equations(loss):
        try:
            found = computed(text)
        except (ZeroDivisionError, OverflowError):
            continue
        if isinstance(found, complex):
            continue
        assert number(found) == result, text


@pytest.mark.parametrize("make", [linear, lambda: mlp(2, 4, 1), lambda: mlp(2, 16, 1, batch=2)])
def test_every_equation_of_a_network_is_right_in_its_shown_digits(make):
    shown = [*equations(*make())]
    assert len(shown) > 20
    for text, result in shown:
        assert number(computed(text)) == result, text


def test_a_card_says_where_its_numbers_are_rounded():
    signs = set()
    for seed in range(8):
        microgd.manual_seed(seed)
        model = microgd.nn.Linear(3, 2)
        loss = microgd.sum(model([0.5, 0.123, -2.0 / 3.0 * seed]))
        for card in draw(loss, model, "neurons").picture.boxes:
            if not getattr(card, "title", "").startswith("neuron"):
                continue
            *terms, total = [row for row in card.rows if row.numbers]
            exact = True
            products = []
            for row in terms:
                weight, factor, result = row.numbers
                products.append(float(result))
                if factor:
                    x = float(factor.rpartition(" ")[2])
                    exact = exact and number(float(weight) * x) == result
            assert card.heads[2] == ("= product" if exact else "≈ product")
            sums = number(math.fsum(products)) == total.numbers[2]
            assert (" = Σ" if sums else " ≈ Σ") in total.name
            signs |= {card.heads[2][0], total.name[-3]}
    assert signs == {"=", "≈"}


@given(losses())
@settings(max_examples=50, deadline=None)
def test_the_products_along_a_path_are_right_in_their_shown_digits(loss):
    names = [s.name for s in read(loss).steps if s.kind == "parameter"]
    for line in str(microgd.explain(loss, names[0])).splitlines() if names else ():
        if " · " in line and "more …" not in line:
            product, _, result = re.split(r"   +", line.strip())[-1].rpartition(" = ")
            assert number(computed(product)) == result
