"""Of a function whose gradient is a straight line in its inputs: which coefficient is off?

It uses `probe`. A sum of squares is the commonest such function. Its partial derivatives are a number, plus a
number times each input. If the answer is of this form, too, its numbers are compared one by one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .findings import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .findings import Finding
    from .probe import Point, Probe

MOST_INPUTS = 4
"""Of more inputs, a list of coefficients is no help."""

STRAIGHT = 1e-6
"""How far a straight line may be off, relative to its largest number."""


def coefficients(probe: Probe, i: int) -> Finding | None:
    """The answer is a straight line, too: which of its numbers are right."""
    right = _right_line(probe, i)
    given = _line(probe.points, [p.given[i] / p.gs[0] for p in probe.points]) if right else None
    if right is None or given is None:
        return None
    parts = ["the number that stands alone", *(f"the part with {name}" for name in probe.names)]
    size = max(map(abs, (*right, *given)))
    said = []
    for part, r, g in zip(parts, right, given, strict=True):
        if abs(r - g) <= 10.0 * STRAIGHT * size:
            continue
        if abs(g) <= STRAIGHT * size:
            said.append(f"{part} is missing")
        elif abs(r) <= STRAIGHT * size:
            said.append(f"{part} should not be there")
        elif abs(r + g) <= STRAIGHT * size:
            said.append(f"{part} has the wrong sign")
        else:
            said.append(f"{part} is {g / r:.4g} times what it should be")
    if not said:
        return None
    rest = "" if len(said) == len(parts) else ", and the rest is right"
    return (
        "coefficients",
        f"The partial derivative {probe.of}should be {_form(probe)}. In yours, {listed(said)}{rest}. Which"
        " term of the derivation does that come from?",
    )


def curved(probe: Probe, i: int) -> Finding | None:
    """The answer is no straight line."""
    if _right_line(probe, i) is None or _line(probe.points, [p.given[i] / p.gs[0] for p in probe.points]):
        return None
    return (
        "curved",
        f"The partial derivative {probe.of}should be {_form(probe)}. Yours is something else: it is no"
        f" straight line in {listed(probe.names)}. Is something multiplied, or divided, that should only be"
        " added?",
    )


def _right_line(probe: Probe, i: int) -> list[float] | None:
    if not probe.scalar or probe.width > MOST_INPUTS or len(probe.points) < 2 * (probe.width + 1):
        return None
    found = _line(probe.points, [p.right[i] / p.gs[0] for p in probe.points])
    return found if found is not None and any(found[1:]) else None


def _form(probe: Probe) -> str:
    number = "a number" if probe.width == 1 else "numbers"
    return f"a number, plus {number} times {listed(probe.names)}"


def _line(points: Sequence[Point], values: Sequence[float]) -> list[float] | None:
    """c0, c1 ... with value = c0 + c1 * x1 + ... at every point; 0.0 for what is 0 but for rounding."""
    n = len(points[0].xs) + 1
    rows = [[1.0, *p.xs, v] for p, v in zip(points, values, strict=True)]
    for c in range(n):
        best = max(range(c, len(rows)), key=lambda r: abs(rows[r][c]))
        if abs(rows[best][c]) < 1e-9:
            return None
        rows[c], rows[best] = rows[best], rows[c]
        for r in range(len(rows)):
            if r != c:
                factor = rows[r][c] / rows[c][c]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[c], strict=True)]
    found = [rows[c][-1] / rows[c][c] for c in range(n)]
    size = max(map(abs, found))
    if not math.isfinite(size):
        return None
    for p, v in zip(points, values, strict=True):
        terms = [found[0], *(c * x for c, x in zip(found[1:], p.xs, strict=True))]
        if abs(math.fsum(terms) - v) > STRAIGHT * max(map(abs, (*terms, v))):
            return None
    return [0.0 if abs(c) <= STRAIGHT * size else c for c in found]
