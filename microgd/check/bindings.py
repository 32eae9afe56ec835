"""By which factor, or by which term, does a rule's Jacobian differ from the right one?

It uses `jacobian` and `entry_formulas`. x[i] is the input and out[j] the output of an entry. The
other things that a formula may be made of bind all of them together: their sum, their mean, their norm ...
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .answers import Refused
from .candidates import constant_named
from .entries import listed_some, outputs_that_do_not_depend
from .entry_formulas import FEWEST, every, formula, long_formula, ratios_of
from .findings import together
from .formulas import Product, atoms, multiplied, product
from .probe import Point, near
from .regions import described, right_in_a_region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .entry_formulas import Sample
    from .findings import Finding
    from .jacobian import Entry, Jacobians

EXPLAINED = "Here x[i] is the input, and out[j] the output that contributes."
"""Said where a formula speaks of entries."""


def a_factor(both: Jacobians) -> Finding | None:
    """Each partial is the right one times something."""
    samples = ratios_of(both, both.entries())
    if not samples:
        return None
    who = _of(both)
    found = formula(both, samples)
    if found is not None and found.factors:
        said = _times(found)
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
                f"The gradient {_of(both)} is the right one times one and the same factor, which changes from"
                f" point to point, between {min(size):.4g} and {max(size):.4g}. Which factor do they share?",
            )
        return (
            "extra_factor",
            f"The gradient {_of(both)} is the right one times one and the same factor for all inputs and"
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
        found.append((f"out[{j}]", _times(factor)))
    if len(found) < 2:
        return None
    if len({factor for _, factor in found}) == 1:
        return (
            "extra_factor",
            f"The gradient {_of(both)} is exactly the right one {found[0][1]}. Is a factor too many, or"
            " missing?",
        )
    return (
        "extra_factor",
        f"The gradient {_of(both)} has the right contribution of each output but for a factor: that of"
        f" {listed_some(' '.join(each) for each in found)}. Is a factor too many, or missing?",
    )


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
    start = f"The gradient {_of(both)} is the right one but for"
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
        f"The gradient {_of(both)} differs from the right one by one term: {made_of}. Is it missing, is"
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


def a_factor_of_others(both: Jacobians) -> Finding | None:
    """The contributions of all outputs but an input's own are the right ones times something."""
    if not both.paired:
        return None
    found = formula(both, ratios_of(both, [e for e in both.entries() if e[0] != e[1]]))
    if found is None or not found.factors:
        return None
    return (
        "extra_factor",
        f"The gradient {_of(both)} has, of each output other than its own, the right contribution"
        f" {_times(found)}."
        f" {EXPLAINED} Is a factor too many, or missing, or one written where another was meant?",
    )


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
        f"The gradient {_of(both)} is the right one but for one term, which is something of the input"
        " times one sum"
        " over all outputs, of g[j] times something. Is a path through a sum, a mean or a norm missing,"
        " or wrong?",
    )


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
        f"The gradient {_of(both)} is right but for contributions where there should be none: at some points"
        f" {name} gets one from out[{j}], though out[{j}] does not change with {name} there. Is a condition"
        " or an index missing?",
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
        f"In the gradient {_of(both)}, the contributions of the other outputs are {constant_named(c)} times"
        f" the right ones, and that of its own output is wrong, too. {ask}",
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
        f"The gradient {_of(both)} counts only its own output{what}, but out[{j}] depends on"
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


def _times(found: Product) -> str:
    """times 2, times x, divided by out"""
    above = [(text, power) for text, power in found.factors if power > 0]
    below = [(text, -power) for text, power in found.factors if power < 0]
    parts = [f"times {constant_named(abs(found.constant))}"] if not near(abs(found.constant), 1.0) else []
    parts += ["with the other sign"] if found.constant < 0 else []
    parts += [f"times {multiplied(above)}"] if above else []
    parts += [f"divided by {multiplied(below)}"] if below else []
    return ", ".join(parts)


def _of(both: Jacobians) -> str:
    return f"of {listed_some(both.probe.names[i] for i in both.inputs)}"


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
