"""Is it a product of powers of the inputs, the output, and the gradients of other inputs?

It uses `probe` and `formulas`. The logarithm of such a product is a sum of logarithms, so its powers are
found by solving linear equations: for any number of inputs, where `factors` and `terms` try two at a time.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from .formulas import Product
from .probe import EXACT, near
from .terms import resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .findings import Finding
    from .probe import Point, Probe

MOST_INPUTS = 8
"""Of more inputs there are too few points for so many unknown powers."""

SPARE = 5
"""So many points must agree beyond those that the powers are computed from."""

DEPENDENT = 1e-6
"""A column that is, but for so much, made of others can have any power."""

WHOLE = 1e-3
"""How far a power may be from a multiple of 1/2."""

LARGEST = 4.0
"""Larger powers are no formula that someone has written."""


def a_monomial(probe: Probe, i: int) -> Finding | None:
    """What the partial derivative is, or the term that it lacks: a product of inputs and gradients."""
    if not probe.scalar or not 2 <= probe.width <= MOST_INPUTS:
        return None
    gaps = [(p, (p.right[i] - p.given[i]) / p.gs[0]) for p in resolved(probe, i)]
    found = _fitted(probe, i, gaps)
    if found is not None:
        return (
            "missing_term",
            f"The gradient {probe.of}differs from the right one by one term, made of"
            f" {Product(1.0, found.factors)}. Is it missing, is it too many, or has it the wrong sign or the"
            " wrong coefficient?",
        )
    found = _fitted(probe, i, [(p, p.given[i] / p.gs[0]) for p in probe.points])
    if found is None:
        return None
    return (
        "not_the_derivative",
        f"The partial derivative {probe.of}is {found}. Is that the derivative of the function, or is a step"
        " of the chain rule left out?",
    )


def _fitted(probe: Probe, i: int, values: Sequence[tuple[Point, float]]) -> Product | None:
    """The product that gives these values."""
    points = [p for p, _ in values]
    columns = [(probe.names[k], [p.xs[k] for p in points]) for k in range(probe.width)]
    columns.append(("out", [p.outs[0] for p in points]))
    for k in range(probe.width):
        if k != i:
            columns.append((f"(d out/d {probe.names[k]})", [p.right[k] / p.gs[0] for p in points]))
    columns = [(name, row) for name, row in columns if all(v and math.isfinite(v) for v in row)]
    numbers = [v for _, v in values]
    if len(numbers) < len(columns) + 1 + SPARE or not all(v and math.isfinite(v) for v in numbers):
        return None
    powers = _powers(
        [math.log(abs(v)) for v in numbers], [[math.log(abs(v)) for v in row] for _, row in columns]
    )
    if powers is None or not any(powers):
        return None
    rest = [
        v / math.prod(row[k] ** power if power % 1.0 == 0.0 else abs(row[k]) ** power for row, power in used)
        for k, v in enumerate(numbers)
        if (used := [(row, power) for (_, row), power in zip(columns, powers, strict=True) if power])
    ]
    if not all(near(a, b, slack=10.0 * EXACT) for a, b in pairwise(rest)):
        return None
    named = [(name, power) for (name, _), power in zip(columns, powers, strict=True) if power]
    return Product(rest[0], tuple(named))


def _powers(logs: Sequence[float], columns: Sequence[Sequence[float]]) -> list[float] | None:
    """The powers, as multiples of 1/2, if there are any: by elimination, with the first points."""
    unknown = len(columns) + 1
    rows = [[1.0, *(column[k] for column in columns), logs[k]] for k in range(len(logs))]
    pivots: list[int] = []
    for c in range(unknown):
        at = len(pivots)
        best = max(range(at, len(rows)), key=lambda r: abs(rows[r][c]))
        if abs(rows[best][c]) < DEPENDENT:
            continue
        rows[at], rows[best] = rows[best], rows[at]
        for r in range(len(rows)):
            if r != at:
                factor = rows[r][c] / rows[at][c]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[at], strict=True)]
        pivots.append(c)
    found = [0.0] * unknown
    for r, c in enumerate(pivots):
        found[c] = rows[r][-1] / rows[r][c]
    powers = [round(2.0 * p) / 2.0 for p in found[1:]]
    plain = all(abs(p - q) < WHOLE and abs(q) <= LARGEST for p, q in zip(found[1:], powers, strict=True))
    return powers if plain else None
