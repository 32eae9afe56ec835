"""Is it the right one but for a term: one too few, one too many, one with the wrong sign?

It uses `ingredients` and `formulas`, which find the product that the difference comes from.
"""

from __future__ import annotations

import math
from math import nan
from typing import TYPE_CHECKING

from .factors import a_factor_of_inputs, inverted
from .findings import Explained, the_constant
from .formulas import Product, atoms, product
from .ingredients import formula_of, ingredients, sum_of
from .probe import ENOUGH, EXACT, near

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .findings import Finding
    from .probe import Point, Probe

MOST_POINTS = 0.75
"""At fewer points than this share, a difference may hold in one region only."""

CLEAR = 1e-3
"""A smaller rest, beside a term, is not known well."""

A_TERM = 15.0
"""A difference says less than a factor: so much is added to its cost."""


def half_of_the_product_rule(probe: Probe, i: int) -> Finding | None:
    """Of x * h(x), only h(x): the output divided by the input."""
    answers = probe.answers(i)
    c = the_constant([mine * p.xs[i] / p.outs[0] if p.outs[0] != 0.0 else nan for p, mine in answers])
    if c is None or not near(c, 1.0) or a_factor_of_inputs(probe, i) or inverted(probe, i):
        return None
    x = probe.names[i]
    return (
        "missing_term",
        f"The partial derivative {probe.of}is out/{x}: that would be right if the rest of the function did"
        f" not depend on {x}. Is the other term of the product rule missing?",
    )


def one_term(probe: Probe, i: int) -> Explained | None:
    """right - given is something that one can write down."""
    points = resolved(probe, i) if probe.scalar else []
    if len(points) < 2 * ENOUGH:
        return None
    found = _difference(probe, i, points)
    if found is None:
        return None
    return Explained(found.cost + A_TERM, ("missing_term", _said(probe, i, points, found)))


def _said(probe: Probe, i: int, points: Sequence[Point], found: Product) -> str:
    """Missing, too many, or the wrong sign: as the given one, the right one or their mean is simple."""
    made_of = f"made of {Product(1.0, found.factors)}" if found.factors else "a constant"
    start = f"The gradient {probe.of}is the right one but for"
    given = formula_of(probe, i, [(p, p.given[i] / p.gs[0]) for p in points])
    right = formula_of(probe, i, [(p, p.right[i] / p.gs[0]) for p in points])
    halves = [(p, 0.5 * (p.right[i] + p.given[i]) / p.gs[0]) for p in points]
    mean = formula_of(probe, i, halves, without="out")  # the output itself may be a sum
    if given and not right:
        return f"{start} one term, which is missing. Which part of the sum (or of the product rule) is it?"
    if right and not given:
        return f"{start} one term too many, {made_of}. Where does it come from?"
    if not right and (_is_one_term(mean) or str(formula_of(probe, i, halves)) == f"out/{probe.names[i]}"):
        return f"{start} the sign of one term, {made_of}. Is there a minus too many, or one too few?"
    return (
        f"The gradient {probe.of}differs from the right one by one term, {made_of}. Is it missing, is it too"
        " many, or has it the wrong sign or the wrong coefficient?"
    )


def _is_one_term(formula: Product | None) -> bool:
    return formula is not None and not any(" + " in text or " - " in text for text, _ in formula.factors)


def a_factor_in_one_term(probe: Probe, i: int) -> Finding | None:
    """Of x * h(x), h(x) is right, and in the other term a factor is missing, or too many."""
    if not probe.scalar:
        return None
    x = probe.names[i]
    terms: tuple[tuple[str, Callable[[Point], float]], ...] = (
        (f"out/{x}", lambda p: p.outs[0] / p.xs[i]),
        ("out", lambda p: p.outs[0]),
    )
    for text, term in terms:
        rests = [(p, p.given[i] / p.gs[0] - term(p), p.right[i] / p.gs[0] - term(p)) for p in probe.points]
        clear = [
            (p, mine / right)
            for p, mine, right in rests
            if mine and abs(right * p.gs[0]) * EXACT > p.error[i] and abs(right) > CLEAR * abs(term(p))
        ]
        if len(clear) < 2 * ENOUGH:
            continue
        bases = ingredients(probe, i, [p for p, _ in clear])[: probe.width + 1]
        found = product([ratio for _, ratio in clear], atoms(bases), 1, (1.0, -1.0))
        if found is None or not found.factors:
            continue
        return (
            "extra_factor",
            f"The partial derivative {probe.of}is a sum, and its term {text} is right. The rest is the right"
            f" one times {found}. Is a factor missing there, or too many?",
        )
    return None


def two_terms(probe: Probe, i: int) -> Finding | None:
    """right - given is a sum of two things that one can write down."""
    points = resolved(probe, i) if probe.scalar else []
    found = sum_of(probe, i, [(p, (p.right[i] - p.given[i]) / p.gs[0]) for p in points])
    if found is None:
        return None
    a, b = (f"made of {Product(1.0, part.factors)}" if part.factors else "a constant" for part in found.parts)
    return (
        "missing_term",
        f"The gradient {probe.of}differs from the right one by two terms, one {a}, and one {b}. Is one"
        " written where the other was meant?",
    )


def _difference(probe: Probe, i: int, points: Sequence[Point]) -> Product | None:
    gaps = [(p.right[i] - p.given[i]) / p.gs[0] for p in points]
    bases = ingredients(probe, i, points)
    known = atoms(bases)
    found = product(gaps, known)
    if found is not None:
        return found
    for name, values in bases[: probe.width + 1]:  # the inputs and the output themselves
        for power in (1.0, -1.0):
            if 0.0 in values:
                continue
            rest = [gap * v**-power for gap, v in zip(gaps, values, strict=True)]
            found = product(rest, known)
            if found is not None:
                return Product(found.constant, ((name, power), *found.factors), found.cost)
    return None


def resolved(probe: Probe, i: int) -> list[Point]:
    """Where the difference is large enough to be known to six digits. None, if that is at few points only."""
    known = [p for p in probe.points if math.fabs(p.right[i] - p.given[i]) * EXACT > p.error[i]]
    return known if len(known) >= MOST_POINTS * len(probe.points) else []
