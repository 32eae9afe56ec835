"""Words for pictures: numbers, names that are safe to print, and what each primitive is called.

It uses `marks`. All modules that show text to a reader use it.
"""

from __future__ import annotations

import math
import unicodedata

from .marks import in_brackets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_NAME = 40
"""Longer names are cut to so many characters."""

GLYPHS = {
    "add": "+",
    "sub": "−",
    "mul": "×",
    "div": "÷",
    "neg": "−x",
    "pow": "xʸ",
    "abs": "|x|",
    "sqrt": "√",
    "cbrt": "³√",
    "exp": "eˣ",
    "exp2": "2ˣ",
    "sum": "Σ",
    "prod": "Π",
    "dot": "Σ",
    "log": "ln",
    "maximum": "max",
    "minimum": "min",
    "remainder": "mod",
    "logsumexp": "log Σ eˣ",
}
"""What stands in the box of a primitive; by default its name."""

PHRASES = {
    "add": "{0} + {1}",
    "sub": "{0} − {1}",
    "mul": "{0} × {1}",
    "div": "{0} ÷ {1}",
    "neg": "−{0}",
    "pow": "{0} ** {1}",
    "abs": "|{0}|",
    "remainder": "{0} mod {1}",
    "where": "{1} if {0} else {2}",
}
"""A primitive said in terms of its operands; by default as a call, `tanh(x)`."""

BETWEEN = {"add": 1, "sum": 1, "sub": 1, "mul": 1, "div": 1, "remainder": 1, "pow": 0, "neg": 0, "dot": 0}
"""Signs that stand between operands, and the first operand that is in brackets if it is negative."""

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Text(str):
    """Text that an interactive session shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def glyph(op: str, exponent: float | None = None) -> str:
    """The sign of a primitive. A whole exponent is a part of it, as in x²."""
    if op == "pow" and exponent is not None:
        return "x" + str(int(exponent)).translate(_SUPERSCRIPTS)
    return GLYPHS.get(op, op)


def small_power(exponent: float) -> bool:
    """Whether an exponent is shown as a superscript and not as a box."""
    return exponent in (2.0, 3.0, 4.0)


def phrase(op: str, operands: Sequence[str]) -> str:
    """An operation in words: "w3 × x3", "tanh(z)", "mean(a, b, ... 12 values)".

    A negative number beside a sign is in brackets: "5 mod (-3)".
    """
    if op in BETWEEN:
        first = BETWEEN[op]
        operands = [*operands[:first], *map(in_brackets, operands[first:])]
    if op == "dot":
        n = len(operands) // 2
        terms = [f"{a} × {b}" for a, b in zip(operands[:n], operands[n:], strict=False)]
        return _joined(" + ", [*terms, *operands[2 * n :]])
    if op == "sum":
        return _joined(" + ", operands)
    form = PHRASES.get(op)
    return form.format(*operands) if form else f"{op}({_joined(', ', operands)})"


def _joined(between: str, parts: Sequence[str], most: int = 6) -> str:
    if len(parts) <= most:
        return between.join(parts)
    return between.join([*parts[: most - 2], "...", parts[-1]])


def number(x: float, digits: int = 4) -> str:
    """A number with so many significant digits; 1e16, not 1e+16; -215, not -2.2e2; and no -0.

    A number that a page computes itself has a mark, which stands for it.
    """
    if mark := getattr(x, "mark", ""):
        return str(mark) if digits == 4 else f"{mark[:-1]}:{digits};"
    if 10.0**digits <= abs(x) < 1e4:
        return f"{x:.0f}"
    text = f"{x + 0.0:.{digits}g}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        text = f"{mantissa}e{int(exponent)}"
    return text


def clean(text: str, most: int = LONGEST_NAME) -> str:
    """A name that is safe to show: one line, nothing invisible, and no longer than `most`.

    Control characters, lone surrogates, and invisible marks (which change the direction of writing, or join
    characters) are dropped. Several blanks become one.
    """
    head = str(text)[: 20 * most]  # what is clipped anyway need not be looked at
    blanks = " ".join(head.split())
    shown = "".join(c for c in blanks if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


def clean_path(name: str) -> str:
    """As `clean`, for the name of a parameter. A long one loses its middle: the end says which one it is."""
    shown = clean(name, 10 * LONGEST_NAME)
    if len(shown) <= LONGEST_NAME:
        return shown
    return f"{shown[: LONGEST_NAME // 2 - 1]}…{shown[-LONGEST_NAME // 2 :]}"


def escape(text: str) -> str:
    """Text for markup: HTML, SVG, and the HTML-like labels of DOT."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#39;")
    )


def strength(x: float, largest: float) -> float:
    """The strength of a gradient's colour: 0 at 0, 1 at the largest, and logarithmic between."""
    if largest == 0.0 or x == 0.0:
        return 0.0
    spread = 30.0  # so that a tenth of the largest still shows: log(1 + 3) / log(1 + 30) = 0.4
    return min(1.0, math.log1p(spread * math.fabs(x / largest)) / math.log1p(spread))
