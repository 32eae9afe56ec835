"""Rules of functions with several outputs: which outputs does an answer count?

It uses `probe`, which measures the derivative of every output with respect to every input.
"""

from __future__ import annotations

import math
from math import nan
from typing import TYPE_CHECKING

from .findings import listed
from .formulas import Product, atoms, product
from .ingredients import ingredients
from .probe import ENOUGH, Point, Probe, times
from .terms import resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .findings import Finding


def some_outputs_only(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    """Of the sum over the outputs, only one term: the last, the first, or the diagonal."""
    looked = list(range(min(len(probe.points), ENOUGH + 1)))
    tests: tuple[tuple[str, Callable[[list[float], int], int | None], str], ...] = (
        ("diagonal_only", _own, "its own output"),
        ("only_last_use", _last_use, "the last output it is used in"),
        ("only_first_use", _first_use, "the first output it is used in"),
    )
    square = probe.width == len(probe.points[0].outs) > 1
    for key, choose, text in tests[0 if square else 1 :]:
        fits, said = True, 0
        for k in looked:
            p, rows = probe.points[k], probe.matrix(k)
            for i in wrong:
                j = choose(rows[i], i)
                if j is None or j >= len(p.outs):
                    fits = False
                    break
                term = rows[i][j] * p.gs[j]
                fits = fits and math.fabs(p.given[i] - term) <= 1e-5 * math.fabs(term) + p.error[i]
                said += term != 0.0
            if not fits:
                break
        if fits and said:
            return (
                key,
                f"The gradient of {listed(probe.names[i] for i in wrong)} counts only {text}. Every"
                " output that depends on an input contributes to its gradient: are all contributions"
                " added up (+=)?",
            )
    return None


def one_term_of_several(probe: Probe, i: int) -> Finding | None:
    """right - given is a term that binds the outputs together."""
    if probe.scalar or _gap_of_several(probe, i) is None:
        return None
    return (
        "missing_term",
        f"The gradient {probe.of}is the right one but for one term: a term is missing. Which part of the sum"
        " (or of the product rule) is it?",
    )


def _gap_of_several(probe: Probe, i: int) -> Product | None:
    """Of a function with several outputs: the terms that bind the outputs together."""
    points = resolved(probe, i)
    if len(points) < 2 * ENOUGH:
        return None
    sums: list[tuple[str, Callable[[Point], float]]] = [
        ("sum of g", lambda p: math.fsum(p.gs)),
        ("sum of g * out", lambda p: math.fsum(map(times, p.gs, p.outs))),
    ]
    if probe.is_square():
        sums.append(("sum of g * input", lambda p: math.fsum(map(times, p.gs, p.xs))))
    sums += [(f"g[{j}]", lambda p, j=j: p.gs[j]) for j in range(len(points[0].outs))]  # type: ignore[misc]
    known = atoms(ingredients(probe, i, points))
    for name, total in sums:
        rest = [(p.right[i] - p.given[i]) / (total(p) or nan) for p in points]
        found = product(rest, known)
        if found is not None:
            return Product(found.constant, ((name, 1.0), *found.factors))
    return None


def _own(row: Sequence[float], i: int) -> int | None:
    return i


def _last_use(row: Sequence[float], i: int) -> int | None:
    used = [j for j, partial in enumerate(row) if partial != 0.0]
    return used[-1] if used else None


def _first_use(row: Sequence[float], i: int) -> int | None:
    used = [j for j, partial in enumerate(row) if partial != 0.0]
    return used[0] if used else None
