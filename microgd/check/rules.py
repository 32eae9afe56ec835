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

import random
from typing import TYPE_CHECKING, Any

from .answers import Refused
from .behaviour import (
    a_factor_of_some,
    a_special_case,
    another_symmetry,
    right_where_zero,
    vanishes_otherwise,
)
from .diagnosis import Diagnosis
from .elsewhere import at_another_point, elsewhere, in_terms_of_the_input
from .exchanges import anothers, nothing_arrives, other_function, other_function_of_two, swapped
from .expressions import a_constant, a_formula, a_sum, no_derivative
from .factors import (
    a_factor_of_inputs,
    a_likely_factor,
    a_likely_factor_and_a_constant,
    a_simple_factor,
    constant_ratio,
    inverted,
    one_factor_for_another,
    passed_through,
    some_factors,
)
from .findings import about, listed, together
from .jacobian import compared
from .many import MANY as MANY_INPUTS, Whole, diagnosis_of_many
from .monomials import a_monomial
from .probe import ENOUGH, Probe
from .regions import FEW, described, right_in_a_region, separated, the_wrong_way_round
from .rounding import ALL, digits, largest_error, same
from .sampling import arity, numbers
from .straight import coefficients, curved
from .terms import a_factor_in_one_term, half_of_the_product_rule, one_term, two_terms
from .upstream import upstream_use

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .findings import Finding
    from .probe import Point


def diagnose(
    f: Callable[..., Any],
    rule: Callable[..., Any],
    sample: Callable[[random.Random], Any] | None = None,
    points: int = 24,
    seed: int = 0,
) -> Diagnosis:
    """Compare a backward rule with measured derivatives, and name the mistake if there is one.

        >>> import math
        >>> diagnose(math.tanh, lambda x, out, g: (1 - out**2) * g).ok
        True
        >>> print(diagnose(lambda x: x * x, lambda x, out, g: x * g))
        The gradient is exactly 0.5 times the right one at all 24 points. Did you forget the 2?

    f       f(*xs) -> a number, or a list, an array or a tensor of numbers. Where it raises, it is undefined
    rule    rule(*xs, out, g) -> the gradient of each input: `out` is what f returned, `g` the
            gradient of the loss with respect to out, in the form of out. The gradients may be
            numbers of any kind, in a list, an array or a tensor
    sample  sample(random) -> the inputs of one point. Without it they are drawn from where f is
            defined and smooth, between 0.2 and 9 in size, and of either sign
    points  at how many points
    seed    another seed, other points

    The keys are listed in `microgd.check.diagnosis.KEYS`. No exception of the rule's own comes out:
    it becomes the key "raises". A rule that agrees to five to eight digits only is right: its key is
    "ok_rounded".
    """
    try:
        width = arity(f, rule)
        if sample is not None and points > 0:
            width, sample = _seen(sample, seed)
        if width > MANY_INPUTS:
            return diagnosis_of_many(Whole(f, rule, sample, points, seed), _diagnosis, seed)
        return _diagnosis(Probe(f, rule, sample, points, seed))
    except Refused as refused:
        return refused.diagnosis


def _seen(sample: Callable[[random.Random], Any], seed: int) -> tuple[int, Callable[[random.Random], Any]]:
    """How many inputs a sampler draws, and the sampler, which has lost nothing by that."""
    try:
        first = [numbers(sample(random.Random(f"microgd's first {seed}")))]
    except StopIteration:
        return 0, sample
    return len(first[0]), lambda rng: first.pop() if first else sample(rng)


def _diagnosis(probe: Probe) -> Diagnosis:
    """Ask, compare, and name the mistake."""
    refusals = _answered(probe)
    for point in probe.points[:ENOUGH]:
        if not same(point, probe.ask(point)):
            return Diagnosis(
                False,
                "nondeterministic",
                (),
                f"Asked twice at the same point ({probe.where(point)}), your rule gave two"
                " different answers. Does it keep something from call to call?",
            )
    found = [digits(probe, i) for i in range(probe.width)]
    wrong = [i for i, right_to in enumerate(found) if right_to is None]
    if not wrong:
        if refusals:
            return _at_some(probe, refusals, " At the others it is right.")
        return _right(probe, min(right_to for right_to in found if right_to is not None))
    key, message = _named(probe, wrong)
    if refusals and (key == "unknown" or len(refusals) > len(probe.points)):
        return _at_some(probe, refusals, " At the others it is wrong." if key == "unknown" else f" {message}")
    fine = [probe.names[i] for i in range(probe.width) if i not in wrong]
    if fine and key not in ("swapped_inputs", "one_input", "other_rule"):
        start = "gradient of {} is" if len(fine) == 1 else "gradients of {} are"
        message = f"The {start.format(listed(fine))} right. {message}"
    if refusals:
        message = f"{message} {_at_some(probe, refusals, '').message}"
    return Diagnosis(False, key, tuple(wrong), message)


def _right(probe: Probe, right_to: int) -> Diagnosis:
    """What is said if nothing is wrong."""
    if right_to == ALL:
        return Diagnosis(True, "ok", (), f"Right {probe.everywhere()}.")
    return Diagnosis(
        True,
        "ok_rounded",
        (),
        f"Right {probe.everywhere()}, but it agrees to {right_to} digits only: float32 arithmetic, a rounded"
        " constant, or an eps?",
    )


def _answered(probe: Probe) -> list[tuple[Point, Refused]]:
    """Ask the rule everywhere. Only the points where it answers are kept; the others are returned."""
    refusals = []
    answered = []
    for point in probe.points:
        try:
            point.given = probe.ask(point)
            answered.append(point)
        except Refused as refusal:
            refusals.append((point, refusal))
    if not answered:
        raise refusals[0][1]
    probe.points = answered
    return refusals


def _at_some(probe: Probe, refusals: Sequence[tuple[Point, Refused]], rest: str) -> Diagnosis:
    """The diagnosis of a rule that has no answer at some of the points."""
    first = refusals[0][1]
    alike = [point for point, refusal in refusals if refusal.key == first.key]
    border = separated(probe, 0, alike, probe.points) if len(alike) >= FEW else None
    where = f", where {border.inside}" if border else ""
    return first.at_some(len(alike), len(probe.points) + len(refusals), where, rest)


def _named(probe: Probe, wrong: Sequence[int]) -> Finding:
    """The first question with an answer: at all points, or else where float32 arithmetic will do."""
    everywhere = probe.points
    clear = [p for p in everywhere if p.is_clear(wrong)]
    for points in (everywhere, clear) if 2 * ENOUGH <= len(clear) < len(everywhere) else (everywhere,):
        probe.points = points
        for question in (_upstream, _all_at_once, _one_by_one, _of_many_inputs):
            found = question(probe, wrong)
            if found is not None:
                return found
    probe.points = everywhere
    return _behaviour(probe, wrong) or _nothing_known(probe, wrong)


SMALL = 0.1
"""A gradient whose errors are no larger than that, compared with its usual size, is almost right."""

MANY = 4
"""A function of more inputs is asked for its whole Jacobian before each input is looked at alone."""


def _upstream(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    return together(probe, ((i, upstream_use(probe, i)) for i in wrong))


def _all_at_once(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    if probe.width > 1:
        found = swapped(probe) or anothers(probe, wrong)
        if found:
            return found
    if not probe.scalar or probe.width > MANY:
        plain = all(any(ask(probe, i) for ask in (*PLAINEST, passed_through)) for i in wrong)
        found = None if plain else compared(probe, wrong)
        if found:
            return found
    if probe.width == 2 and probe.scalar and len(wrong) == 2:
        return other_function_of_two(probe)
    return None


def _of_many_inputs(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    return compared(probe, wrong) if probe.scalar and 1 < probe.width <= MANY else None


def _one_by_one(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    return together(probe, ((i, _one(probe, i)) for i in wrong))


def _behaviour(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    looked = [
        (i, next((found for ask in BEHAVIOUR if (found := ask(probe, i))), None)) for i in wrong[:LOOKED_AT]
    ]
    return together(probe, [*looked, *((i, None) for i in wrong[LOOKED_AT:])])


def _one(probe: Probe, i: int) -> Finding | None:
    for question in (*PLAINEST, _in_a_region, *QUESTIONS):
        found = question(probe, i)
        if found is not None:
            return found
    return None


def _in_a_region(probe: Probe, i: int) -> Finding | None:
    """Right in a region, and what is wrong in the other."""
    region = right_in_a_region(probe, i)
    if region is None:
        return None
    message, is_plain = described(probe, i, region)
    everywhere, there = probe.points, None
    if not is_plain:
        probe.points = region.wrong
        there = next((found for ask in (constant_ratio, *QUESTIONS) if (found := ask(probe, i))), None)
        probe.points = everywhere
        there = there or right_where_zero(probe, i, grows=True)
        if there is not None and there[0] == "special_case":
            return there
    if there is None:
        return "wrong_branch", f"{message} What is the derivative there?"
    sentence = there[1][0].lower() + there[1][1:]
    return "wrong_branch", f"{message} There, {sentence}"


def the_plainest(probe: Probe, i: int) -> Finding | None:
    """Of the explanations by a factor, a term or a formula, the plainest."""
    explained = [ask(probe, i) for ask in (some_factors, one_term, at_another_point, a_formula)]
    known = [each for each in explained if each is not None]
    return min(known).finding if known else None


PLAINEST = (nothing_arrives, constant_ratio, half_of_the_product_rule)
"""These are asked before it is asked whether the answer is right in some region."""

QUESTIONS = (
    passed_through,
    a_constant,
    elsewhere,
    the_wrong_way_round,
    inverted,
    in_terms_of_the_input,
    a_factor_of_inputs,
    a_likely_factor,
    no_derivative,
    a_simple_factor,
    other_function,
    one_factor_for_another,
    a_likely_factor_and_a_constant,
    the_plainest,
    coefficients,
    a_factor_in_one_term,
    two_terms,
    a_sum,
    a_monomial,
)
"""In this order."""

BEHAVIOUR = (curved, right_where_zero, vanishes_otherwise, a_factor_of_some, a_special_case, another_symmetry)
"""Where there is no formula for any input: facts that say where to look."""

LOOKED_AT = 2
"""Of so many wrong inputs, the behaviour is looked at."""


def _nothing_known(probe: Probe, wrong: Sequence[int]) -> Finding:
    error = max(largest_error(probe, i) for i in wrong)
    if error <= SMALL:
        fact = f"The gradient {probe.of}is almost right: no error is larger than {100.0 * error:.2g} % of its"
        ask = "Is it a finite difference, is a constant rounded, or is a small term missing?"
        return "few_digits", about(probe, f"{fact} usual size. {ask}", wrong)
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
