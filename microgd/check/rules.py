"""diagnose: which mistake is in this backward rule?

It uses `probe`, which draws points, measures the right gradients there and asks the rule for its own, and
one module for each kind of question: `upstream`, `exchanges`, `elsewhere`, `regions`, `factors`, `terms`, and
`jacobian` for functions with several outputs. It knows neither the function's name nor its formula.

The rule is asked at random points, with a random upstream gradient. At one point, and with an upstream
gradient of 1, half of all mistakes cannot be seen. If an answer differs from the measured one, the
questions go from the plainest to the most special: Does it depend on the upstream gradient as it should?
Is it the right one times a constant? The right one of another input, at another point, of another
function? Right in one region only? Right but for a factor, or for a term?
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis
from .elsewhere import elsewhere, in_terms_of_the_input
from .exchanges import anothers, nothing_arrives, other_function, other_function_of_two, swapped
from .factors import (
    constant_ratio,
    inverted,
    no_derivative,
    one_factor,
    one_factor_and_a_constant,
    one_factor_for_another,
    passed_through,
    some_formula,
    two_factors,
)
from .findings import listed, together
from .jacobian import one_term_of_several, some_outputs_only
from .probe import ENOUGH, Probe, Refused
from .regions import right_in_a_region
from .terms import a_multiple_of_one_term, one_term
from .upstream import upstream_use

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from .findings import Finding


def diagnose(
    f: Callable[..., Any],
    rule: Callable[..., Any],
    sample: Callable[[random.Random], Any] | None = None,
    points: int = 24,
    seed: int = 0,
) -> Diagnosis:
    """Compare a backward rule with measured derivatives, and name the mistake if there is one.

        diagnose(math.tanh, lambda x, out, g: (1 - out) * g)

    f       f(*xs) -> a float, or a list of floats
    rule    rule(*xs, out, g) -> the gradient of each input: `out` is what f returned, `g` the
            gradient of the loss with respect to out; two lists if f returns a list
    sample  sample(random) -> the inputs of one point. Without it they are drawn from where f is
            defined and smooth, between 0.2 and 9 in size, and of either sign
    points  at how many points
    seed    another seed, other points

    The keys are listed in `microgd.check.diagnosis.KEYS`. No exception of the rule's own comes out:
    it becomes the key "raises".
    """
    try:
        return _diagnosis(Probe(f, rule, sample, points, seed))
    except Refused as refused:
        return refused.diagnosis


def _diagnosis(probe: Probe) -> Diagnosis:
    """Ask, compare, and name the mistake."""
    refused = _leave_out_overflows(probe)
    for k, point in enumerate(probe.points):
        if k < ENOUGH and probe.ask(point) != point.given:
            return Diagnosis(
                False,
                "nondeterministic",
                (),
                f"Asked twice at the same point ({probe.where(point)}), your rule gave two"
                " different answers. Does it keep something from call to call?",
            )
    wrong = [i for i in range(probe.width) if not all(p.is_right(i) for p in probe.points)]
    if not wrong:
        right = Diagnosis(True, "ok", (), f"Right at all {len(probe.points)} points.")
        return right if refused is None else refused
    key, message = _named(probe, wrong)
    if refused is not None and key == "unknown":
        return refused
    fine = [probe.names[i] for i in range(probe.width) if i not in wrong]
    if fine and key not in ("swapped_inputs", "one_input", "other_rule"):
        start = "gradient of {} is" if len(fine) == 1 else "gradients of {} are"
        message = f"The {start.format(listed(fine))} right. {message}"
    return Diagnosis(False, key, tuple(wrong), message)


def _leave_out_overflows(probe: Probe) -> Diagnosis | None:
    """Ask the rule everywhere. Where a wrong formula overflows, the other points may still name it.

    Returns what is to be said if they do not.
    """
    refused: Refused | None = None
    answered = []
    for point in probe.points:
        try:
            point.given = probe.ask(point)
            answered.append(point)
        except Refused as refusal:
            if not refusal.arithmetic:
                raise
            refused = refused or refusal
    if refused is None:
        return None
    if len(answered) < max(ENOUGH, len(probe.points) // 2):
        raise refused
    probe.points = answered
    return refused.diagnosis


def _named(probe: Probe, wrong: Sequence[int]) -> Finding:
    found = together(probe, ((i, upstream_use(probe, i)) for i in wrong))
    if found is not None:
        return found
    for question in (_all_at_once, _one_by_one):
        found = question(probe, wrong)
        if found is not None:
            return found
    return _nothing_known(probe, wrong)


def _all_at_once(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    if probe.width > 1:
        found = swapped(probe) or anothers(probe, wrong)
        if found:
            return found
    if not probe.scalar:
        found = some_outputs_only(probe, wrong)
        if found:
            return found
    if probe.width == 2 and probe.scalar and len(wrong) == 2:
        return other_function_of_two(probe)
    return None


def _one_by_one(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    return together(probe, ((i, _one(probe, i)) for i in wrong))


def _one(probe: Probe, i: int) -> Finding | None:
    questions = (
        nothing_arrives,
        constant_ratio,
        right_in_a_region,
        passed_through,
        elsewhere,
        inverted,
        in_terms_of_the_input,
        one_factor,
        no_derivative,
        other_function,
        one_factor_and_a_constant,
        one_factor_for_another,
        one_term,
        one_term_of_several,
        two_factors,
        a_multiple_of_one_term,
        some_formula,
    )
    for question in questions:
        found = question(probe, i)
        if found is not None:
            return found
    return None


def _nothing_known(probe: Probe, wrong: Sequence[int]) -> Finding:
    i = wrong[0]
    right = sum(p.is_right(i) for p in probe.points)
    ratios = [p.given[i] / p.right[i] for p in probe.points if p.is_sharp(i)]
    between = ""
    if ratios:
        between = f": it is between {min(ratios):.3g} and {max(ratios):.3g} times the right one"
    which = f"of {probe.names[i]} " if probe.width > 1 else ""
    return (
        "unknown",
        f"The gradient {which}is right at {right} of {len(probe.points)} points{between}."
        " Which step of the derivation can you check on its own?",
    )
