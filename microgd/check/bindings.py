"""How does a rule's Jacobian differ from the right one where no entry is at another place?

It uses `jacobian` and `entry_formulas`. The questions of `entry_factors` and `entry_terms` are among those
that are asked here, in the order of BINDINGS.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .answers import Refused
from .entries import outputs_that_do_not_depend
from .entry_factors import a_factor, a_factor_of_others, of, others_times_a_number, the_same_factor
from .entry_formulas import FEWEST, every, formula
from .entry_terms import a_term
from .findings import together
from .probe import Point, near
from .regions import described, right_in_a_region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .findings import Finding
    from .jacobian import Entry, Jacobians


def at_the_output(both: Jacobians) -> Finding | None:
    """Right when it is given the output as its input, or the input as its output."""
    if not both.paired:
        return None
    p = both.probe
    given_out = _asked_with(both, [(list(p.in_order(point.outs)), point.outs) for point in both.points])
    if given_out is not None:
        return (
            "at_input",
            f"Your rule gives the right numbers{given_out} if the output is put in for the input:"
            " somewhere it has"
            " x where out was meant. Which of the two does the formula want?",
        )
    given_x = _asked_with(both, [(point.xs, p.as_outputs(point)) for point in both.points])
    if given_x is not None and p.width > 1:
        return (
            "at_output",
            f"Your rule gives the right numbers{given_x} if the input is put in for the output: somewhere"
            " it has out"
            " where x was meant. Which of the two does the formula want?",
        )
    return None


def _asked_with(both: Jacobians, given: Sequence[tuple[list[float], list[float]]]) -> str | None:
    """Whether the rule is right when it is asked with other inputs and outputs: "" or "but for a factor"."""
    exact = True
    for k, right in enumerate(both.right[:5]):
        point = both.points[k]
        xs, outs = given[k]
        other = Point(xs, outs, point.gs, point.like)
        ratio = 0.0
        for j in both.outputs:
            unit = [float(j == b) for b in range(len(point.outs))]
            try:
                answer = both.probe.ask(other, unit)
            except Refused:
                return None
            for i in both.inputs:
                if not both.is_clear(k, right[i][j]):
                    continue
                ratio = ratio or answer[i] / right[i][j]
                if ratio == 0.0 or not near(answer[i], ratio * right[i][j], slack=1e-5):
                    return None
        exact = exact and near(ratio, 1.0, slack=1e-5)
    return "" if exact else ", but for a factor that is the same for all,"


def where_there_is_none(both: Jacobians) -> Finding | None:
    """Every contribution is right, but there are some at points where there should be none."""
    found: set[Entry] = set()
    for k, i, j in every(both, both.entries()):
        right, given = both.right[k][i][j], both.given[k][i][j]
        if both.same(k, given, right):
            continue
        if not both.same(k, right, 0.0):
            return None
        found.add((i, j))
    regions = [(i, right_in_a_region(both.probe, i)) for i in both.inputs]
    if all(region is not None for _, region in regions):
        return together(
            both.probe,
            (
                (i, ("wrong_branch", f"{described(both.probe, i, region)[0]} What is the derivative there?"))
                for i, region in regions
                if region is not None
            ),
        )
    i, j = min(found)
    name = both.probe.names[i]
    return (
        "wrong_branch",
        f"The gradient {of(both)} is right but for contributions where there should be none: at some points"
        f" {name} gets one from out[{j}], though out[{j}] does not change with {name} there. Is a condition"
        " or an index missing?",
    )


def own_output_only(both: Jacobians) -> Finding | None:
    """Only the own output contributes, and not rightly either."""
    if not both.paired:
        return None
    others = [e for e in both.entries() if e[0] != e[1]]
    depends = [e for e in others if not both.is_zero(e, both.right)]
    if not depends or not all(both.is_zero(e, both.given) for e in others):
        return None
    i, j = depends[0]
    own = [(k, a, a, both.given[k][a][a]) for k in range(len(both.points)) for a in both.inputs]
    found = formula(both, own) if all(value for *_, value in own) else None
    what = (
        f" (it is g[i] * {str(found).replace('[j]', '[i]')})" if found is not None and found.factors else ""
    )
    return (
        "diagonal_only",
        f"The gradient {of(both)} counts only its own output{what}, but out[{j}] depends on"
        f" {both.probe.names[i]}, too. Is each output computed from all inputs, through a sum, a mean or"
        " a norm?",
    )


def a_formula_of_entries(both: Jacobians) -> Finding | None:
    """What the partials are, as a product, where that is not what they should be."""
    off = [e for e in both.entries() if not both.paired or e[0] != e[1]]
    own = [e for e in both.entries() if both.paired and e[0] == e[1]]
    for entries, which in ((off, " for j other than i" if both.paired else ""), (own, " for j = i")):
        wrong = [e for e in entries if not both.is_right(e)]
        values = [(k, i, j, both.given[k][i][j]) for k, i, j in every(both, wrong)]
        if len(values) < FEWEST or not all(v for *_, v in values):
            continue
        found = formula(both, values)
        if found is None:
            continue
        text = str(found).replace("[j]", "[i]") if entries is own else str(found)
        return (
            "not_the_derivative",
            f"The partial of out[j] with respect to x[i] is, by your rule,{which} {text}. Is that the"
            " derivative of"
            " the function?",
        )
    return None


def a_strange_input(both: Jacobians) -> Finding | None:
    """The answer changes with an input that the gradient does not depend on."""
    probe = both.probe
    for i in both.inputs:
        for other in range(probe.width):
            if other != i and all(_changes(both, k, i, other) for k in range(min(4, len(both.points)))):
                a, b = probe.names[i], probe.names[other]
                return (
                    "wrong_inputs",
                    f"The gradient of {a} must not depend on {b}, but in your rule it changes with {b}."
                    " Does a sum,"
                    " a mean or a norm run over too many inputs?",
                )
    return None


def _changes(both: Jacobians, k: int, i: int, other: int) -> bool:
    """Whether the given gradient of input i, and not the right one, changes with another input."""
    probe, p = both.probe, both.points[k]
    moved = Point([*p.xs[:other], p.xs[other] * 1.25, *p.xs[other + 1 :]], p.outs, p.gs, p.like)
    moved.outs = probe.outputs(moved.xs)
    if len(moved.outs) != len(p.outs):
        return False
    try:
        given = probe.ask(moved)[i]
    except Refused:
        return False
    if math.fabs(given - p.given[i]) <= 1e-4 * math.fabs(p.given[i]):
        return False
    there = probe.partial(moved.xs, i, p.gs)
    gap = math.fabs(there.value - p.right[i])
    return there.kind == "smooth" and gap <= there.tolerance + p.error[i] + 1e-7 * math.fabs(p.right[i])


BINDINGS: tuple[Callable[[Jacobians], Finding | None], ...] = (
    a_factor,
    where_there_is_none,
    outputs_that_do_not_depend,
    a_strange_input,
    the_same_factor,
    at_the_output,
    a_factor_of_others,
    a_term,
    others_times_a_number,
    own_output_only,
    a_formula_of_entries,
)
"""In this order."""
