"""Is it the right one but for a term: one too few, one too many?

It uses `formulas`, which finds the product that the difference comes from.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .factors import ingredients
from .formulas import Product, atoms, product
from .probe import ENOUGH, EXACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .findings import Finding
    from .probe import Point, Probe


def one_term(probe: Probe, i: int) -> Finding | None:
    """right - given is plus or minus something that one can write down."""
    found = _gap(probe, i, (1.0, -1.0)) if probe.scalar else None
    if found is None:
        return None
    what = "a term is missing" if found.constant > 0.0 else "there is a term too many"
    return (
        "missing_term",
        f"The gradient {probe.of}is the right one but for one term: {what}. Which part of the sum"
        " (or of the product rule) is it?",
    )


def a_multiple_of_one_term(probe: Probe, i: int) -> Finding | None:
    """right - given is some multiple of something that one can write down."""
    found = _gap(probe, i, ()) if probe.scalar else None
    if found is None:
        return None
    what = " * ".join(text for text, _ in found.factors)
    made_of = f" made of {what}" if what else ", a constant"
    return (
        "missing_term",
        f"The gradient {probe.of}differs from the right one by one term{made_of}. Is it missing, or"
        " has it the wrong sign, or the wrong coefficient?",
    )


def _gap(probe: Probe, i: int, constants: Sequence[float]) -> Product | None:
    points = resolved(probe, i)
    gaps = [(p.right[i] - p.given[i]) / p.gs[0] for p in points]
    if len(points) < 2 * ENOUGH:
        return None
    bases = ingredients(probe, i, points)
    if constants:
        bases = bases[: probe.width + 1]  # the inputs and the output themselves
    known = atoms(bases)
    found = product(gaps, known, constants=constants)
    if found is None and not constants:
        for name, values in bases[: probe.width + 1]:
            for power in (1.0, -1.0):
                if any(v == 0.0 for v in values):
                    continue
                rest = [gap * v**-power for gap, v in zip(gaps, values, strict=True)]
                found = product(rest, known)
                if found is not None:
                    return Product(found.constant, ((name, power), *found.factors))
    return found


def resolved(probe: Probe, i: int) -> list[Point]:
    """Where the difference is large enough to be known to six digits."""
    return [p for p in probe.sharp(i) if math.fabs(p.right[i] - p.given[i]) * EXACT > p.error[i]]
