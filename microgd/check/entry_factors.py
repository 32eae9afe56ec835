"""By which factor does a rule's Jacobian differ from the right one?

It uses `jacobian` and `entry_formulas`. x[i] is the input and out[j] the output of an entry. The other things
that a formula may be made of bind all of them together: their sum, their mean, their norm ...
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .candidates import constant_named
from .entry_formulas import FEWEST, formula, ratios_of
from .findings import listed_some
from .formulas import Product, atoms, multiplied, product
from .probe import near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .entry_formulas import Sample
    from .findings import Finding
    from .jacobian import Jacobians

EXPLAINED = "Here x[i] is the input, and out[j] the output that contributes."
"""Said where a formula speaks of entries."""


def a_factor(both: Jacobians) -> Finding | None:
    """Each partial is the right one times something."""
    samples = ratios_of(both, both.entries())
    if not samples:
        return None
    who = of(both)
    found = formula(both, samples)
    if found is not None and found.factors:
        said = times(found)
        note = f" {EXPLAINED}" if "[" in said else ""
        return (
            "extra_factor",
            f"The gradient {who} is exactly the right one {said}.{note} Is a factor too many, or missing?",
        )
    return _factor_of_each_output(both, samples)


def the_same_factor(both: Jacobians) -> Finding | None:
    """Each partial is the right one times a factor that is the same for all partials of a point."""
    samples = ratios_of(both, both.entries())
    if not samples:
        return None
    by_point: dict[int, list[float]] = {}
    for k, _, _, value in samples:
        by_point.setdefault(k, []).append(value)
    if len(samples) >= 2 * len(by_point) and all(
        near(value, values[0], slack=1e-5) for values in by_point.values() for value in values
    ):
        size = [values[0] for values in by_point.values()]
        if both.probe.scalar:
            return (
                "extra_factor",
                f"The gradient {of(both)} is the right one times one and the same factor, which changes from"
                f" point to point, between {min(size):.4g} and {max(size):.4g}. Which factor do they share?",
            )
        return (
            "extra_factor",
            f"The gradient {of(both)} is the right one times one and the same factor for all inputs and"
            " outputs of a"
            f" point, between {min(size):.4g} and {max(size):.4g}. Is it something that is computed from"
            " all of"
            " them, as a norm, a sum, a standard deviation with its eps?",
        )
    return None


def _factor_of_each_output(both: Jacobians, samples: Sequence[Sample]) -> Finding | None:
    """The contribution of each output is the right one times one of the inputs, or divided by it."""
    ratios: dict[int, dict[int, float]] = {}
    for k, _, j, value in samples:
        if not near(ratios.setdefault(j, {}).setdefault(k, value), value, slack=1e-5):
            return None
    found = []
    for j, at in sorted(ratios.items()):
        bases = [
            *((both.probe.names[i], [both.points[k].xs[i] for k in at]) for i in range(both.probe.width)),
            (f"out[{j}]", [both.points[k].outs[j] for k in at]),
        ]
        factor = product(list(at.values()), atoms(bases, 1), 1, (1.0, -1.0)) if len(at) >= FEWEST else None
        if factor is None or not factor.factors:
            return None
        found.append((f"out[{j}]", times(factor)))
    if len(found) < 2:
        return None
    if len({factor for _, factor in found}) == 1:
        return (
            "extra_factor",
            f"The gradient {of(both)} is exactly the right one {found[0][1]}. Is a factor too many, or"
            " missing?",
        )
    return (
        "extra_factor",
        f"The gradient {of(both)} has the right contribution of each output but for a factor: that of"
        f" {listed_some(' '.join(each) for each in found)}. Is a factor too many, or missing?",
    )


def a_factor_of_others(both: Jacobians) -> Finding | None:
    """The contributions of all outputs but an input's own are the right ones times something."""
    if not both.paired:
        return None
    found = formula(both, ratios_of(both, [e for e in both.entries() if e[0] != e[1]]))
    if found is None or not found.factors:
        return None
    return (
        "extra_factor",
        f"The gradient {of(both)} has, of each output other than its own, the right contribution"
        f" {times(found)}."
        f" {EXPLAINED} Is a factor too many, or missing, or one written where another was meant?",
    )


def others_times_a_number(both: Jacobians) -> Finding | None:
    """The contributions of all outputs but an input's own are the right ones times a number."""
    others = [e for e in both.entries() if e[0] != e[1] and not both.is_zero(e, both.right)]
    if not both.paired or not others:
        return None
    i, j = others[0]
    c = both.given[0][i][j] / (both.right[0][i][j] or math.nan)
    if not math.isfinite(c) or c == 0.0 or near(c, 1.0) or not all(both.is_right(e, c) for e in others):
        return None
    count = near(c, float(both.probe.width))
    ask = "Is a sum taken where a mean belongs?" if count else "Where does that factor come from?"
    return (
        "ratio",
        f"In the gradient {of(both)}, the contributions of the other outputs are {constant_named(c)} times"
        f" the right ones, and that of its own output is wrong, too. {ask}",
    )


def times(found: Product) -> str:
    """times 2, times x, divided by out"""
    above = [(text, power) for text, power in found.factors if power > 0]
    below = [(text, -power) for text, power in found.factors if power < 0]
    parts = [f"times {constant_named(abs(found.constant))}"] if not near(abs(found.constant), 1.0) else []
    parts += ["with the other sign"] if found.constant < 0 else []
    parts += [f"times {multiplied(above)}"] if above else []
    parts += [f"divided by {multiplied(below)}"] if below else []
    return ", ".join(parts)


def of(both: Jacobians) -> str:
    """ "of a, b and c": the inputs that are wrong"""
    return f"of {listed_some(both.probe.names[i] for i in both.inputs)}"
