import pytest
from hypothesis import given, strategies as st

from microgd.ops import TABLE
from microgd.viz.words import (
    GLYPHS,
    LONGEST_NAME,
    PHRASES,
    clean,
    escape,
    glyph,
    number,
    phrase,
    strength,
)

from .graphs import HOSTILE


@given(st.one_of(st.text(), st.sampled_from(HOSTILE)))
def test_a_clean_name_is_short_and_has_no_invisible_characters(text):
    name = clean(text)
    assert len(name) <= LONGEST_NAME
    assert name == name.strip()
    assert not any(c in name for c in "\n\r\t\x00\x1b\u202e\u2066\u200d\ufeff\u2028")
    name.encode()  # no lone surrogate


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)


def test_a_long_name_ends_in_an_ellipsis():
    assert clean("a" * 10_000) == "a" * (LONGEST_NAME - 1) + "…"


@given(st.text())
def test_escaped_text_has_nothing_that_markup_reads(text):
    assert not set('<>"') & set(escape(text))


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-0.47189, "-0.4719"),
        (1e16, "1e16"),
        (1.5e-7, "1.5e-7"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_numbers_have_four_digits(x, text):
    assert number(x) == text


def test_every_glyph_and_phrase_belongs_to_a_primitive():
    assert set(GLYPHS) | set(PHRASES) <= set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_every_primitive_can_be_said(name):
    assert glyph(name)
    assert "x" in phrase(name, ["x", "y", "z"])


def test_a_whole_exponent_is_part_of_the_glyph():
    assert glyph("pow", 2.0) == "x²"


def test_long_reductions_are_said_briefly():
    assert phrase("mean", [f"a{i}" for i in range(100)]) == "mean(a0, a1, a2, a3, ..., a99)"


def test_colours_grow_with_the_logarithm_of_the_gradient():
    shades = [strength(x, 10.0) for x in (0.0, 0.1, 1.0, 10.0)]
    assert shades[0] == 0.0
    assert shades == sorted(shades)
    assert shades[-1] == pytest.approx(1.0)
    assert shades[2] > 0.4  # a tenth is not a tenth as strong


def test_large_numbers_of_few_digits_and_zeros_read_well():
    assert number(-215.0, 2) == "-215"
    assert number(215.4, 2) == "215"
    assert number(0.215, 2) == "0.21"
    assert number(-0.0) == "0"
    assert number(12345.0) == "1.234e4"
    assert number(123456.0, 2) == "1.2e5"
