"""How many digits the numbers of a calculation need, so that what a reader computes of them is what is shown.

    1.764² = 3.112    is not right: 1.764² is 3.111696
    1.7641² = 3.112   is right

It uses `words`, `marks` and the rows of the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..table import TABLE
from .marks import in_brackets
from .words import number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .graph import Step

FEWEST, MOST = 4, 17
"""Of digits. Of a float, 17 leave nothing out."""


def enough_digits(
    numbers: Sequence[float], result: float, compute: Callable[[list[float]], float]
) -> int | None:
    """The fewest digits of the numbers from which `compute` makes the result as it is shown.

    None if no digits do: a number has changed since, or the result was computed in a better way.
    """
    numbers, wanted = [float(x) for x in numbers], number(float(result))
    for digits in range(FEWEST, MOST + 1):
        try:
            computed = compute([float(number(x, digits)) for x in numbers])
        except Exception:  # 1 / 0, or an operation of a user that refuses these numbers
            return FEWEST
        if number(computed) == wanted:
            return digits
    return None


def enough(numbers: Sequence[float], result: float, compute: Callable[[list[float]], float]) -> list[str]:
    """The numbers as text, with so many digits; with four if no digits do."""
    digits = enough_digits(numbers, result, compute) or FEWEST
    return [number(x, digits) for x in numbers]


def in_numbers(step: Step) -> str:
    """A step in numbers: "1.7641²", "0.5 × (-2)"."""
    numbers = [x.data for x in step.operands]
    short = step.said([number(x) for x in numbers])
    row = TABLE.get(step.op)
    if row is None or "..." in short:
        return short
    return step.said(enough(numbers, step.data, lambda xs: row.value(*xs)))


def product(a: float, b: float) -> str:
    """A product in numbers: "0.9817 · (-1.035)"."""
    first, second = enough([a, b], a * b, lambda xs: xs[0] * xs[1])
    return f"{first} · {in_brackets(second)}"


def holds(numbers: Sequence[float], result: float, compute: Callable[[list[float]], float]) -> bool:
    """Whether four digits are enough."""
    return number(compute([float(number(x)) for x in numbers])) == number(result)
