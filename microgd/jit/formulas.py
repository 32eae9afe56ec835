"""Formulas: a printer for people. A program becomes a line of mathematics, for pictures and films.

    >>> from microgd.ops import TABLE
    >>> formula(TABLE["dot"])
    'x1 · w1 + x2 · w2'
    >>> partial(TABLE["tanh"])
    '1 − out²'
    >>> partial(TABLE["atan2"], 1)
    '−y / (y² + x²)'
    >>> partial(TABLE["gelu"])
    '0.5 · erfc(−x / √2) + x · exp(−0.5 · x²) / √(2π)'
    >>> partial(TABLE["maximum"])
    '0.5 where a = b, 0 where a < b, else 1'

No text of a derivative is written here: the rules of the table are run on Symbols, and what they write is
printed. `out` is the value of the row.

This module uses `ops`, `program`, `rules` and `choices`.
"""

from __future__ import annotations

import math
import re

from ..ops import TABLE, Primitive
from .choices import plainest, points_of
from .program import CONDITIONS, CONSTANT, INPUT, WHERE, Program
from .rules import names_of, partials_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

LIMIT = 200
"""The longest text of a part, in characters. A longer part is printed as …"""

SMALL = set("23456789")
"""Exponents that are raised digits, as in x²."""

COMPARISONS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠", "xor": "≠"}

CONSTANTS = {
    math.log(2.0): ("ln 2", ""),
    math.log(10.0): ("ln 10", ""),
    math.sqrt(0.5): ("", "√2"),
    2.0 / math.sqrt(math.pi): ("2", "√π"),
    1.0 / math.sqrt(2.0 * math.pi): ("", "√(2π)"),
    math.sqrt(8.0 / math.pi): ("√(8/π)", ""),
}
"""Numbers that have a better text than their digits: what is above the fraction line, and below."""


class Product:
    """number * above / below. `above` and `below` hold the texts of factors, and the power of each."""

    def __init__(
        self, number: float = 1.0, above: dict[str, int] | None = None, below: dict[str, int] | None = None
    ) -> None:
        self.number = number
        self.above = above or {}
        self.below = below or {}

    def times(self, other: Product, power: int = 1) -> Product:
        """The product of both, or for the power -1 self / other."""
        over, under = (other.above, other.below) if power > 0 else (other.below, other.above)
        number = other.number
        if power < 0 and number not in (1.0, -1.0):
            under, number = _merged({_number(math.fabs(number)): 1}, under), math.copysign(1.0, number)
        return Product(self.number * number, _merged(self.above, over), _merged(self.below, under))

    def text(self) -> str:
        """Without its sign."""
        size = math.fabs(self.number)
        above, below = [
            sorted([_raised(*factor) for factor in factors.items()], key=_is_name)  # numbers first
            for factors in (self.above, self.below)
        ]
        if size != 1.0 or not above:
            above.insert(0, _number(size))
        if not below:
            return " · ".join(above)
        return f"{' · '.join(above)} / {below[0] if len(below) == 1 else '(' + ' · '.join(below) + ')'}"


class Part:
    """What an operation prints: a sum of products."""

    def __init__(self, terms: list[Product]) -> None:
        self.terms = terms

    def text(self) -> str:
        """As it stands alone. A sum begins with a term that is not negative, if it has one."""
        terms = [term for term in self.terms if term.number != 0.0] or [Product(0.0)]
        first = next((term for term in terms if not term.number < 0.0), terms[0])
        text = ("−" if first.number < 0.0 else "") + first.text()
        for term in terms:
            if term is not first:
                text += (" − " if term.number < 0.0 else " + ") + term.text()
        return text

    def product(self) -> Product:
        """As a factor: in brackets if it is a sum."""
        return self.terms[0] if len(self.terms) == 1 else _factor(f"({self.text()})")

    def atom(self) -> str:
        """In brackets if it is more than a name, a number or a function."""
        text = self.text()
        return text if _is_closed(text) else f"({text})"


class Choice(Part):
    """A part of several cases (value, condition), and the last value, where no condition holds."""

    def __init__(self, cases: list[tuple[str, str]], last: str) -> None:
        self.cases = cases
        self.last = last
        super().__init__([_factor(f"({self.text()})")])

    def text(self) -> str:
        """As it stands alone."""
        cases = [f"{value} where {condition}" for value, condition in self.cases]
        return ", ".join([*cases, f"else {self.last}"])


def _factor(text: str) -> Product:
    return Product(1.0, {text: 1})


def _merged(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    powers = {text: a.get(text, 0) + b.get(text, 0) for text in [*a, *b]}
    return {text: 1 if "…" in text else power for text, power in powers.items()}


def _is_closed(text: str) -> bool:
    """Whether it is a name, a number, f(...), (...) or |...|: what is not in brackets is one word."""
    outside, inner = "", text
    while outside != inner:
        outside, inner = inner, re.sub(r"\([^()]*\)|\|[^|()]*\|", "", inner)
    return re.search(r"[ √^−⁰¹²³⁴⁵⁶⁷⁸⁹]", outside) is None


def _raised(text: str, power: int) -> str:
    if power == 1:
        return text
    digits = "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(power))
    return (text if _is_closed(text) else f"({text})") + digits


def _is_name(text: str) -> bool:
    return not text[0].isdigit()


def _number(x: float) -> str:
    return f"{x:.6g}".replace("-", "−").replace("inf", "∞")


def _constant(x: Any) -> Part:
    if isinstance(x, bool):
        return Part([_factor(str(x).lower())])
    if math.fabs(x) not in CONSTANTS:
        return Part([Product(x)])
    above, below = CONSTANTS[math.fabs(x)]
    sign = math.copysign(1.0, x)
    return Part([Product(sign, {above: 1} if above else {}, {below: 1} if below else {})])


# --- one operation ----------------------------------------------------------------------------------------


def _part(row: Primitive, xs: Sequence[Part]) -> Part:
    """The row of these parts."""
    name = row.name
    if name in ("add", "sum"):
        return Part([term for x in xs for term in x.terms])
    if name == "sub":
        return Part([*xs[0].terms, *_part(TABLE["neg"], xs[1:]).terms])
    if name == "neg":
        return Part([Product(-term.number, term.above, term.below) for term in xs[0].terms])
    if name in ("mul", "prod"):
        product = Product()
        for x in xs:
            product = product.times(x.product())
        return Part([product])
    if name == "div":
        return Part([xs[0].product().times(xs[1].product(), -1)])
    if name == "dot":
        n = len(xs) // 2
        products = [x.product().times(w.product()) for x, w in zip(xs[:n], xs[n:], strict=False)]
        return Part([*products, *[term for x in xs[2 * n :] for term in x.terms]])
    if name == "pow" and xs[1].text() in SMALL:
        return Part([Product(1.0, {xs[0].atom(): int(xs[1].text())})])
    if row is WHERE:
        return _choice(xs[0].text(), xs[1], xs[2])
    return Part([_factor(_call(name, xs))])


def _call(name: str, xs: Sequence[Part]) -> str:
    if name in COMPARISONS:
        return f"{xs[0].text()} {COMPARISONS[name]} {xs[1].text()}"
    if name in ("and", "or"):
        return f" {name} ".join([f"({x.text()})" if " or " in x.text() else x.text() for x in xs])
    if name == "not":
        return f"not ({xs[0].text()})"
    if name == "abs":
        return f"|{xs[0].text()}|"
    if name == "sqrt":
        return f"√{xs[0].atom()}"
    if name == "pow":
        return f"{xs[0].atom()}^{xs[1].atom()}"
    return f"{name}({', '.join([x.text() for x in xs])})"


def _choice(condition: str, yes: Part, no: Part) -> Part:
    """`yes` where the condition holds, else `no`. A value that two cases have is said once."""
    cases, last = (no.cases, no.last) if isinstance(no, Choice) else ([], no.text())
    value = yes.text()
    if isinstance(yes, Choice):
        if len(yes.cases) == 1 and not cases and yes.last == last:
            value, second = yes.cases[0]
            return Choice([(value, f"{condition} and {second}")], last)
        value = f"({value})"
    if cases and cases[0][0] == value:
        return Choice([(value, f"{condition} or {cases[0][1]}"), *cases[1:]], last)
    return Choice([(value, condition), *cases], last)


# --- a program --------------------------------------------------------------------------------------------


def printed(program: Program, output: int, names: Sequence[str]) -> str:
    """What an operation of a program computes, as a line of mathematics.

    names  of the inputs, in order
    """
    parts: list[Part] = []
    for i, (row, operands) in enumerate(zip(program.rows, program.operands, strict=True)):
        if row is INPUT:
            parts.append(Part([_factor(names[operands[0]])]))
        elif row is CONSTANT:
            parts.append(_constant(program.constants[i]))
        else:
            part = _part(row, [parts[j] for j in operands])
            parts.append(part if len(part.text()) <= LIMIT else Part([_factor("…")]))
    return parts[output].text()


def formula(row: Primitive, count: int | None = None) -> str:
    """The value of a row, of operands with their own names. (count: how many, for a reduction)"""
    names = names_of(row, count)
    program = Program()
    operands = tuple([program.input() for _ in names])
    if row is WHERE:
        operands = (program.operation(CONDITIONS["ne"], (operands[0], program.constant(0.0))), *operands[1:])
    return printed(program, program.operation(row, operands), names)


def partial(row: Primitive, k: int = 0, count: int | None = None) -> str:
    """The partial of a row with respect to its operand k, in textbook form; `out` is the value of the row.

    Of the choices in the table's rule only those are left that make a difference in mathematics.
    """
    return plain_partial(row, k, count)[0]


def plain_partial(row: Primitive, k: int = 0, count: int | None = None) -> tuple[str, Program, int]:
    """As `partial`, and what computes it: a program of the operands and `out`, and the operation in it."""
    names = names_of(row, count)
    program, partials = partials_of(row, count)
    program, now = program.finished([partials[k]])
    points = points_of(row, len(names))
    names.append("out")
    found: dict[str, tuple[Program, int]] = {}

    def show(program: Program, i: int) -> str:
        text = printed(program, i, names)
        found[text] = program, i
        return text

    text = plainest(program, now[partials[k]], points, show)
    return text, *found[text]
