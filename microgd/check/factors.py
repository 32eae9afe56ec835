"""Is it the right one but for a factor?

It uses `ingredients` and `formulas`, which find the product that numbers come from.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from .candidates import constant_named
from .findings import Explained, the_constant
from .formulas import Product, atoms, multiplied, product
from .ingredients import ingredients, right_formula
from .probe import BLUR, ENOUGH, matches, near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .findings import Finding
    from .probe import Point, Probe

ROUND = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1.0 / 3.0, -1.0 / 3.0, 4.0, -4.0, 0.25, -0.25)
"""Constants that often come with a forgotten factor."""

STRANGE = 60.0
"""A factor that is no part of the right derivative says little: so much is added to its cost."""

NEARBY = 5
"""The first so many of FACTORS are easily confused: t, 1 - t, 1 + t, 1 - t**2, 1 + t**2."""


def constant_ratio(probe: Probe, i: int) -> Finding | None:
    """The right one times a number."""
    sharp = probe.sharp(i)
    if len(sharp) < min(ENOUGH, len(probe.points)):
        return None
    clear = [p for p in sharp if p.is_clear([i])]
    c = the_constant([p.given[i] / p.right[i] for p in (clear if len(clear) >= ENOUGH else sharp)])
    if not c or not all(
        matches(p.given[i], c * p.right[i], abs(c) * (p.error[i] + BLUR * p.size(i))) for p in probe.points
    ):
        return None
    of = probe.of
    everywhere = f"at all {len(probe.points)} points"
    if near(c, -1.0):
        return (
            "sign",
            f"The gradient {of}has the right size and the wrong sign {everywhere}. Is there a"
            " minus too many, or one too few?",
        )
    named = constant_named(c)
    guess = "Where does that factor come from?"
    if c in (0.5, 2.0) or near(c, 0.5) or near(c, 2.0):
        guess = "Did you forget the 2?" if c < 1.0 else "Is there a 2 too many?"
    elif "ln" in named:
        guess = "Is it the rule for another base of the logarithm?"
    elif near(c, float(probe.width)) or near(c, float(len(probe.points[0].outs))):
        guess = "Is something to be divided by the number of terms?"
    elif near(1.0 / c, float(probe.width)) or near(1.0 / c, float(len(probe.points[0].outs))):
        guess = "Is it a mean where a sum was meant?"
    return "ratio", f"The gradient {of}is exactly {named} times the right one {everywhere}. {guess}"


def passed_through(probe: Probe, i: int) -> Finding | None:
    """The upstream gradient and nothing else."""
    of = probe.of
    if all(near(p.given[i], math.fsum(p.gs)) for p in probe.points):
        what = (
            "g, the upstream gradient, unchanged"
            if probe.scalar
            else "the plain sum of the upstream gradients"
        )
        return "pass_through", f"The gradient {of}is {what}. Where is the function's own derivative?"
    elementwise = probe.width == len(probe.points[0].outs)
    if elementwise and all(near(p.given[i], p.gs[i]) for p in probe.points):
        return (
            "pass_through",
            f"The gradient {of}is the upstream gradient at the same position, unchanged. Where is the"
            " function's own derivative?",
        )
    return None


def inverted(probe: Probe, i: int) -> Finding | None:
    """One over the right one, times a number."""
    local = probe.local(i)
    if len(local) < ENOUGH:
        return None
    c = the_constant([mine * right for _, mine, right in local])
    if c is None or c == 0.0 or the_constant([right for _, _, right in local]) is not None:
        return None
    formula = right_formula(probe, i)
    exponent = formula is not None and "exp(" in str(formula)
    return (
        "inverted",
        f"The gradient {probe.of}multiplies where it should divide: its partial derivative is"
        + (" one over the right one." if near(c, 1.0) else " in inverse proportion to the right one.")
        + (" Which sign belongs in the exponent?" if exponent else " What is to be divided by what?"),
    )


def a_likely_factor(probe: Probe, i: int) -> Finding | None:
    """The right one times an input, the output, or one of its own factors, and a common constant."""
    return _likely(probe, i, ROUND)


def a_likely_factor_and_a_constant(probe: Probe, i: int) -> Finding | None:
    """The same, with any constant."""
    return _likely(probe, i, ())


def _likely(probe: Probe, i: int, constants: Sequence[float]) -> Finding | None:
    found = _ratio(probe, i, 1, constants)
    if found is None or (probe.scalar and not _parts(found) <= _own_parts(probe, i)):
        return None
    return _extra(probe, found)


def one_factor_for_another(probe: Probe, i: int) -> Finding | None:
    """log(b) where log(a) was meant, or (1 + out) where (1 - out) was meant."""
    points, ratios = _ratios(probe, i)
    bases = ingredients(probe, i, points)[: probe.width + 1] if points else []
    found = product(ratios, atoms(bases), 2, ROUND)
    if found is not None and _is_a_replacement(probe, found):
        return _extra(probe, found)
    for base in bases:
        found = product(ratios, atoms([base], NEARBY), 2, (1.0, -1.0))
        if found is not None and len(found.factors) == 2:
            return _extra(probe, found)
    return None


def _is_a_replacement(probe: Probe, found: Product) -> bool:
    """Whether it is the quotient of the same thing made of two inputs, or of one and the output."""
    if len(found.factors) != 2 or found.factors[0][1] != -found.factors[1][1]:
        return False
    name = re.compile("|".join(rf"\b{re.escape(each)}\b" for each in ("out", *probe.names)))
    first, second = (name.sub("", text).replace("||", "()") for text, _ in found.factors)
    return first == second


def a_simple_factor(probe: Probe, i: int) -> Finding | None:
    """The right one times something like (a - b) or (1 + x**2), and a common constant."""
    points, ratios = _ratios(probe, i)
    bases = [base for base in ingredients(probe, i, points) if "/" not in base[0]] if points else []
    found = product(ratios, atoms(bases, NEARBY), 1, ROUND)
    return _extra(probe, found) if found is not None and found.factors else None


def some_factors(probe: Probe, i: int) -> Explained | None:
    """The right one times one or two things of any kind."""
    found = _ratio(probe, i, 1) or _ratio(probe, i, 2)
    if found is None:
        return None
    known = _parts(found) <= _own_parts(probe, i)
    return Explained(found.cost + (0.0 if known else STRANGE), _extra(probe, found))


def _parts(formula: Product) -> set[str]:
    return {text for text, _ in formula.factors}


def _own_parts(probe: Probe, i: int) -> set[str]:
    """The inputs, the outputs, and the factors that the right partial derivative is known to have."""
    plain = {*probe.names, "out", *(f"out[{j}]" for j in range(len(probe.points[0].outs)))}
    formula = right_formula(probe, i)
    return plain if formula is None else plain | _parts(formula)


def _ratio(probe: Probe, i: int, most: int, constants: Sequence[float] = ()) -> Product | None:
    """The product of some factors that the answer, divided by the right one, is."""
    points, ratios = _ratios(probe, i)
    if not points:
        return None
    found = product(ratios, atoms(ingredients(probe, i, points)), most, constants)
    return found if found is not None and found.factors else None


def _extra(probe: Probe, found: Product) -> Finding:
    above = [(text, power) for text, power in found.factors if power > 0]
    below = [(text, -power) for text, power in found.factors if power < 0]
    parts = []
    if not near(abs(found.constant), 1.0):
        parts.append(f"times {constant_named(abs(found.constant))}")
    if found.constant < 0:
        parts.append("with the other sign")
    if above:
        parts.append(f"times {multiplied(above)}")
    if below:
        parts.append(f"divided by {multiplied(below)}")
    question = "Is that factor one too many?" if above and not below else "Is a factor missing?"
    if above and below:
        question = "Is one factor written where the other was meant?"
    said = f"The gradient {probe.of}is exactly the right one {', '.join(parts)}. {question}"
    return "extra_factor", said


def _ratios(probe: Probe, i: int) -> tuple[list[Point], list[float]]:
    """Where the right gradient is known well and the rule's is not 0: rule's / right."""
    points = [p for p in probe.sharp(i) if p.given[i] != 0.0]
    if len(points) < 0.8 * len(probe.sharp(i)):
        return [], []
    return points, [p.given[i] / p.right[i] for p in points]
