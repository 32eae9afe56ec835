"""By which term does a rule's Jacobian differ from the right one?

It uses `jacobian`, `entry_formulas` and the words of `entry_factors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .candidates import constant_named
from .entry_factors import EXPLAINED, of
from .entry_formulas import every, long_formula
from .formulas import Product
from .probe import near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .findings import Finding
    from .jacobian import Entry, Jacobians


def a_term(both: Jacobians) -> Finding | None:
    """The difference is one term that can be written down."""
    used = [e for e in both.entries() if not (both.is_zero(e, both.right) and both.is_zero(e, both.given))]
    wrong = [e for e in used if not both.is_right(e)]
    own = both.paired and all(i == j for i, j in wrong)
    if not own and len(wrong) < len(used):
        return None
    gaps = [(k, i, j, both.right[k][i][j] - both.given[k][i][j]) for k, i, j in every(both, wrong)]
    if any(both.same(k, both.right[k][i][j], both.given[k][i][j]) for k, i, j, _ in gaps):
        return _one_term_of_no_name(both)  # a product is not 0 here and there
    found = long_formula(both, gaps)
    if found is None:
        return _one_term_of_no_name(both)
    said = _verdict(both, used, found, own)
    note = f" {EXPLAINED}" if "[" in said else ""
    return "missing_term", f"{said}{note}"


def _as_a_sum(both: Jacobians, found: Product, own: bool) -> str:
    """out[i] * sum(out[j] * g[j])"""
    plain = [(text, power) for text, power in found.factors if "[j]" not in text]
    inside = [(text, power) for text, power in found.factors if "[j]" in text]
    if own:
        return str(Product(1.0, (*found.factors, ("g[i]", 1.0)))).replace("[j]", "[i]")
    if both.probe.scalar:
        return str(Product(1.0, (*plain, *inside, ("g", 1.0))))
    summed = str(Product(1.0, (*inside, ("g[j]", 1.0))))
    return str(Product(1.0, (*plain, (f"sum({summed})", 1.0))))


def _verdict(both: Jacobians, used: Sequence[Entry], found: Product, own: bool) -> str:
    """Missing, too many, of the wrong sign, or of the wrong size."""
    term = _as_a_sum(both, found, own)
    c = abs(found.constant)
    start = f"The gradient {of(both)} is the right one but for"
    others = [e for e in used if not (both.paired and e[0] == e[1])]
    ratios = [
        both.given[k][i][j] / both.right[k][i][j]
        for k, i, j in every(both, others)
        if both.is_clear(k, both.right[k][i][j])
    ]
    sign = f"{start} the sign of {term}. Is there a minus too many, or one too few?"
    if ratios and ratios[0] != 0.0 and all(near(r, ratios[0], slack=1e-5) for r in ratios):
        if near(ratios[0], -1.0):
            return sign
        size = constant_named(ratios[0])
        return f"{start} the size of {term}, which is {size} times what it should be. Is it a sum or a mean?"
    made_of = term if near(c, 1.0) else f"{constant_named(c)} * {term}"
    mean = [
        [[0.5 * (a + b) for a, b in zip(u, v, strict=True)] for u, v in zip(r, g, strict=True)]
        for r, g in zip(both.right, both.given, strict=True)
    ]
    right, given, half = (_simplicity(both, others, each) for each in (both.right, both.given, mean))
    if given > max(right, half):
        return f"{start} one term: {made_of} is missing. Through what else does an output depend on an input?"
    if half > max(right, given):
        return sign
    if right > max(given, half):
        return f"{start} one term too many: {made_of}. Where does it come from?"
    return (
        f"The gradient {of(both)} differs from the right one by one term: {made_of}. Is it missing, is"
        " it too many,"
        " or has it the wrong sign or the wrong size?"
    )


def _simplicity(both: Jacobians, entries: Sequence[Entry], matrices: Sequence[list[list[float]]]) -> int:
    """3 if all these entries are 0, 2 if they are one product, 0 if not."""
    if all(both.is_zero(e, matrices) for e in entries):
        return 3
    values = [(k, i, j, matrices[k][i][j]) for k, i, j in every(both, entries)]
    if any(both.same(k, v, 0.0) for k, _, _, v in values):
        return 0
    return 2 if values and long_formula(both, values) is not None else 0


def _one_term_of_no_name(both: Jacobians) -> Finding | None:
    """The difference is the product of something of the input and something of the output."""
    if len(both.outputs) < 3 or len(both.inputs) < 3:
        return None
    for k, right, given in both.each():
        gap = [[right[i][j] - given[i][j] for j in both.outputs] for i in both.inputs]
        size, a, b = max((abs(v), r, c) for r, row in enumerate(gap) for c, v in enumerate(row))
        for row in gap:
            for c, v in enumerate(row):
                if abs(v * gap[a][b] - row[b] * gap[a][c]) > 1e-6 * size * size:
                    return None
        if both.same(k, size, 0.0):
            return None
    return (
        "missing_term",
        f"The gradient {of(both)} is the right one but for one term, which is something of the input"
        " times one sum"
        " over all outputs, of g[j] times something. Is a path through a sum, a mean or a norm missing,"
        " or wrong?",
    )
