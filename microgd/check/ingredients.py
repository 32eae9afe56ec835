"""What a formula may be made of, and which products of that the right derivative and the given one are.

It uses `probe` and `formulas`. `factors`, `terms` and `expressions` ask it.
"""

from __future__ import annotations

import math
from math import nan
from typing import TYPE_CHECKING

from .formulas import Product, Sum, atoms, product, total
from .probe import ENOUGH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .probe import Point, Probe


def ingredients(probe: Probe, i: int, points: Sequence[Point]) -> list[tuple[str, list[float]]]:
    """What a formula may be made of, and its value at each point: the input itself, the output, the
    others, and how they stand to each other. The plainest first.
    """
    n, names = probe.width, probe.names
    order = [i, *(k for k in range(n) if k != i)][:4]
    bases = [(names[k], [p.xs[k] for p in points]) for k in order]
    if probe.scalar:
        bases.insert(1, ("out", [p.outs[0] for p in points]))
    elif probe.is_square():
        bases.insert(1, (f"out[{i}]", [p.outs[i] for p in points]))
    if n > 2:
        bases.append(("(the sum of squares)", [math.fsum(x * x for x in p.xs) for p in points]))
        bases.append(("(the sum of inputs)", [math.fsum(p.xs) for p in points]))
    if n in (2, 3, 4):
        for k in range(n):
            for j in range(k + 1, n):
                a, b = names[k], names[j]
                pairs = [(p.xs[k], p.xs[j]) for p in points]
                bases.append((f"({a}**2 + {b}**2)", [x * x + y * y for x, y in pairs]))
                if n < 4:
                    bases.append((f"({a} + {b})", [x + y for x, y in pairs]))
                    bases.append((f"({a} - {b})", [x - y for x, y in pairs]))
                    bases.append((f"({a} * {b})", [x * y for x, y in pairs]))
                    bases.append((f"({a}/{b})", [x / y if y else nan for x, y in pairs]))
    return bases


def formula_of(
    probe: Probe, i: int, values: Sequence[tuple[Point, float]], without: str = ""
) -> Product | None:
    """The product that gives these values at these points.

    without  the name of one ingredient that it must not be made of
    """
    if len(values) < 2 * ENOUGH:
        return None
    bases = [base for base in ingredients(probe, i, [p for p, _ in values]) if base[0] != without]
    return product([value for _, value in values], atoms(bases))


def sum_of(probe: Probe, i: int, values: Sequence[tuple[Point, float]]) -> Sum | None:
    """The sum of two products that gives these values at these points."""
    if len(values) < 2 * ENOUGH or not probe.scalar:
        return None
    bases = ingredients(probe, i, [p for p, _ in values])[:2]  # the input and the output
    return total([value for _, value in values], bases)


def right_formula(probe: Probe, i: int) -> Product | None:
    """The product that the right partial derivative is, if it is one."""
    return formula_of(probe, i, [(p, right) for p, _, right in probe.local(i)])
