"""Which entries of a rule's Jacobian are right, and which are missing?

It uses `jacobian`. All that is said here is about numbers that are right or 0, and about their signs. The
questions of `entry_places` are among those that are asked, in the order of ENTRIES.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .entry_places import elsewhere_in_the_jacobian, other_outputs, transposed
from .findings import listed_some
from .jacobian import ABSOLUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .findings import Finding
    from .jacobian import Jacobians


def not_additive(both: Jacobians) -> Finding | None:
    """The answers to one output at a time must add up to the answer to all."""
    for p, given, scale in zip(both.points, both.given, both.scale, strict=True):
        gs = [g if j in both.outputs else 0.0 for j, g in enumerate(p.gs)]
        answer = both.probe.ask(p, gs)
        for i in both.inputs:
            terms = [partial * g for partial, g in zip(given[i], gs, strict=True)]
            size = math.fsum(map(math.fabs, terms)) + math.fabs(answer[i])
            noise = ABSOLUTE * scale * max(map(math.fabs, gs))
            if math.fabs(math.fsum(terms) - answer[i]) > 1e-5 * size + noise:
                if both.probe.scalar:
                    said = (
                        f"{given[i][0]:.6g} where g, the upstream gradient, is 1, and {answer[i]:.6g} where"
                    )
                    said = f"The gradient of {both.probe.names[i]} is {said} it is {gs[0]:.6g}."
                    return "not_linear", f"{said} Is g used for anything but a factor?"
                return (
                    "not_linear",
                    f"Asked with the upstream gradient of one output at a time, your rule gives contributions"
                    f" to {both.probe.names[i]} that add up to {math.fsum(terms):.6g}; asked with"
                    f" all at once, it gives {answer[i]:.6g}. Is g used for anything but a factor?",
                )
    return None


def own_upstream(both: Jacobians) -> Finding | None:
    """The contributions of all outputs take the upstream gradient of the input's own output."""
    if not both.paired or len(both.outputs) < both.probe.width:
        return None
    for i in both.inputs:
        for k, right, given in both.each():
            sums = [math.fsum(right[i]) if i == j else 0.0 for j in both.outputs]
            if not all(both.same(k, given[i][j], taken) for j, taken in zip(both.outputs, sums, strict=True)):
                return None
    i = both.inputs[0]
    return (
        "wrong_outputs",
        f"The gradient of {both.probe.names[i]} is what it would be if the contributions of all outputs took"
        f" g[{i}]. Each output has its own upstream gradient: which g belongs to out[j]?",
    )


def left_out(both: Jacobians) -> Finding | None:
    """Every entry is right or 0: some contributions are not there."""
    missing = [e for e in both.entries() if not both.is_right(e)]
    counted = [e for e in both.entries() if e not in missing and not both.is_zero(e, both.right)]
    if not missing or not counted or not all(both.is_zero(e, both.given) for e in missing):
        return None
    who = _who(both, {i for i, _ in missing})
    rest = (
        "Every output that depends on an input contributes to its gradient: are all contributions added up"
        " (+=)?"
    )
    for key, is_chosen, text in _choices(both):
        if all(is_chosen(*e) for e in counted) and not any(is_chosen(*e) for e in missing):
            return key, f"The gradient of {who} counts only {text}. {rest}"
    never = {j for _, j in missing} - {j for _, j in counted}
    if never and {j for _, j in missing} == never:
        what = listed_some(f"g[{j}]" for j in sorted(never))
        return (
            "left_out",
            f"Apart from {what} all is right, but {what} is not used at all in the gradient of {who}. {rest}",
        )
    i = missing[0][0]
    return (
        "left_out",
        f"The gradient of {both.probe.names[i]} has no contribution from"
        f" {listed_some(f'out[{j}]' for k, j in missing if k == i)}, which depends on it; the other"
        " contributions"
        f" are right. {rest}",
    )


def _choices(both: Jacobians) -> list[tuple[str, Callable[[int, int], bool], str]]:
    used = {i: [j for j in both.outputs if not both.is_zero((i, j), both.right)] for i in both.inputs}
    own: list[tuple[str, Callable[[int, int], bool], str]] = [
        ("diagonal_only", lambda i, j: i == j, "its own output"),
        ("left_out", lambda i, j: j < i, "the outputs before its own"),
        ("left_out", lambda i, j: j > i, "the outputs after its own"),
        ("left_out", lambda i, j: j <= i, "its own output and those before it"),
        ("left_out", lambda i, j: j >= i, "its own output and those after it"),
        ("left_out", lambda i, j: j != i, "the outputs other than its own"),
    ]
    return [
        *(own[:1] if both.paired else []),
        ("only_last_use", lambda i, j: j == used[i][-1], "the last output it is used in"),
        ("only_first_use", lambda i, j: j == used[i][0], "the first output it is used in"),
        *(own[1:] if both.paired else []),
    ]


def sums_of_inputs(both: Jacobians) -> Finding | None:
    """Each input gets the sum, or the mean, of what all inputs should get."""
    n = both.probe.width
    if n < 2:
        return None
    for divisor, word in ((1.0, "sum"), (float(n), "mean")):
        if all(
            both.same(k, given[i][j], math.fsum(row[j] for row in right) / divisor)
            for k, right, given in both.each()
            for i, j in both.entries()
        ):
            return (
                "one_input",
                f"{_who(both, both.inputs)} each get the {word} of the gradients of all {n} inputs. Is"
                " there a"
                f" {word} over the inputs that should not be there?",
            )
    return None


def one_group(both: Jacobians) -> Finding | None:
    """The partials of an input's own output are right, and all others times a number; or the reverse."""
    if not both.paired:
        return None
    own = [e for e in both.entries() if e[0] == e[1]]
    others = [e for e in both.entries() if e[0] != e[1] and not both.is_zero(e, both.right)]
    for fine, off, first, second in (
        (own, others, "its own output", "all others"),
        (others, own, "the other outputs", "its own"),
    ):
        if not fine or not off or not all(map(both.is_right, fine)):
            continue
        if all(both.is_right(e, -1.0) for e in off):
            return (
                "sign",
                f"The gradient of {_who(both, both.inputs)} counts {first} rightly, and {second} with the"
                " wrong"
                " sign. Is there a minus too many, or one too few?",
            )
        c = both.given[0][off[0][0]][off[0][1]] / (both.right[0][off[0][0]][off[0][1]] or math.nan)
        if math.isfinite(c) and all(both.is_right(e, c) for e in off):
            return (
                "ratio",
                f"The gradient of {_who(both, both.inputs)} counts {first} rightly, and {second} {c:.6g}"
                " times."
                " Where does that factor come from?",
            )
    return None


def some_signs(both: Jacobians) -> Finding | None:
    """Some contributions have the wrong sign; the others are right."""
    wrong = [e for e in both.entries() if not both.is_right(e)]
    if not wrong or not all(both.is_right(e, -1.0) for e in wrong):
        return None
    i = wrong[0][0]
    which = listed_some(f"out[{j}]" for a, j in wrong if a == i)
    return (
        "sign",
        f"The contribution of {which} to the gradient of {both.probe.names[i]} has the right size and the"
        " wrong"
        " sign. Is there a minus too many, or one too few?",
    )


def outputs_that_do_not_depend(both: Jacobians) -> Finding | None:
    """A contribution from an output that does not depend on the input."""
    spurious = [e for e in both.entries() if both.is_zero(e, both.right) and not both.is_zero(e, both.given)]
    if not spurious:
        return None
    i, j = spurious[0]
    name = both.probe.names[i]
    wanting = [
        b for b in both.outputs if not both.is_zero((i, b), both.right) and both.is_zero((i, b), both.given)
    ]
    more = f", and none from out[{wanting[0]}], which does" if wanting else ""
    return (
        "wrong_outputs",
        f"{name} gets a contribution from out[{j}], which does not depend on {name}{more}. Is a sum taken"
        " over"
        " the wrong axis, or an index off?",
    )


def _who(both: Jacobians, inputs: Iterable[int]) -> str:
    return listed_some(both.probe.names[i] for i in sorted(inputs))


ENTRIES: tuple[Callable[[Jacobians], Finding | None], ...] = (
    not_additive,
    own_upstream,
    left_out,
    transposed,
    other_outputs,
    one_group,
    some_signs,
    elsewhere_in_the_jacobian,
    sums_of_inputs,
)
"""In this order."""
