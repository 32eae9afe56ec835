"""Which expression is written in place of the derivative?

It uses the table PLAIN of `candidates` and, for products of two things, `ingredients`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .candidates import PLAIN, constant_named
from .findings import Explained, the_constant
from .formulas import written
from .ingredients import formula_of, ingredients, sum_of
from .probe import ENOUGH, near

if TYPE_CHECKING:
    from .findings import Finding
    from .probe import Probe

A_FORMULA = 30.0
"""A formula says less than how an answer differs from the right one: so much is added to its cost."""


def a_constant(probe: Probe, i: int) -> Finding | None:
    """The same number everywhere in place of a derivative."""
    answers = probe.answers(i)
    c = the_constant([mine for _, mine in answers]) if len(answers) >= ENOUGH else None
    if c is None:
        return None
    return (
        "not_the_derivative",
        f"The partial derivative {probe.of}is {constant_named(c)} everywhere. Is the derivative of this"
        " function a constant?",
    )


def no_derivative(probe: Probe, i: int) -> Finding | None:
    """Some simple expression in place of a derivative."""
    answers = probe.answers(i)
    if len(answers) < ENOUGH:
        return None
    for text, values in ingredients(probe, i, [p for p, _ in answers]):
        for pattern, compute in PLAIN:
            try:
                fits = all(near(mine, compute(v)) for (_, mine), v in zip(answers, values, strict=True))
            except (ArithmeticError, ValueError):
                continue
            if fits:
                return (
                    "not_the_derivative",
                    f"The partial derivative {probe.of}is just {written(pattern, text)}. Is that the"
                    " derivative of the function?",
                )
    return None


def a_formula(probe: Probe, i: int) -> Explained | None:
    """What the partial derivative is, as a product of two things."""
    found = formula_of(probe, i, probe.answers(i))
    if found is None:
        return None
    message = f"The partial derivative {probe.of}is {found}. Is that the derivative of the function?"
    return Explained(found.cost + A_FORMULA, ("not_the_derivative", message))


def a_sum(probe: Probe, i: int) -> Finding | None:
    """What the partial derivative is, as a sum of two terms."""
    found = sum_of(probe, i, probe.answers(i))
    if found is None:
        return None
    return (
        "not_the_derivative",
        f"The partial derivative {probe.of}is {found}. Is that the derivative of the function?",
    )
