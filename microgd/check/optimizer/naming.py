"""Which rule takes these steps? The right one, one with a known mistake, with another option, or with two?

It uses `updates`, `known`, `families` and `settings`. `optimizers` and `training` bring the steps that a
learner's code took, in several runs. What explains all runs is named. If nothing does, the facts are said in
numbers.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ..diagnosis import Diagnosis
from . import corrections, decay, facts, families, momentum, relatives, settings, steps, sums
from .facts import Run
from .known import KNOWN
from .means import EfficientForm
from .trials import impulse
from .updates import Rule, defaults, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FILLED = (corrections, decay, momentum, relatives, steps, sums)
"""These modules, and `means`, put their mistakes into KNOWN."""

CLOSE = 1e-9
"""Two lengths of a way that differ by less than this are equal: what is lost by another order of sums."""

SINGLE = 2.0**-22
"""What float32 arithmetic may lose in a number, in a few steps."""


def named(kind: str, runs: Sequence[Run]) -> Diagnosis:
    """The mistake that explains all runs."""
    if all(follows(Rule, kind, run) for run in runs):
        return Diagnosis(True, "ok", (), f"Right for all {len(runs[0].trace)} steps.")
    options = {**defaults(kind), **runs[0].options}
    if "betas" in options and all(follows(EfficientForm, kind, run) for run in runs):
        return Diagnosis(
            True,
            "ok",
            (),
            f"Right for all {len(runs[0].trace)} steps, in the second form of Kingma and Ba's paper: there"
            " eps is added before v is corrected.",
        )
    for question in QUESTIONS:  # a Diagnosis of a mistake is false: `or` would lose it
        found = question(kind, runs, options)
        if found is not None:
            return found
    wrong = next(run for run in runs if not follows(Rule, kind, run))
    if wrong.gradient is impulse:
        return facts.at_zero(wrong)
    for fact in (facts.uneven, lambda *_: _two(kind, runs, options), *facts.FACTS):
        found = fact(kind, wrong)
        if found is not None:
            return found
    return facts.unknown(kind, wrong, next((run for run in runs if run.gradient is impulse), None))


def follows(rule: type[Rule], kind: str, run: Run, single: bool = False) -> bool:
    """Whether the rule takes the steps of this run, but for rounding."""
    ps, way = list(run.start), [0.0] * len(run.start)
    try:
        made = rule(kind, run.options, len(ps))
        for step, theirs in enumerate(run.trace, 1):
            before = list(ps)
            made.step(ps, run.gradient(ps, step))
            for k, (a, b) in enumerate(zip(ps, theirs, strict=True)):
                way[k] += abs(a - before[k])
                limit = _limit(b, way[k], step, single)
                if not abs(a - b) <= limit:
                    return False
    except (ArithmeticError, ValueError, KeyError, TypeError):
        return False
    return True


def _limit(x: float, way: float, step: int, single: bool) -> float:
    if not single:
        return CLOSE * way + 4.0 * step * math.ulp(x)
    kept = SINGLE * abs(x) * step if _is_single(x) else 4.0 * step * math.ulp(x)
    return 8.0 * SINGLE * way + kept


def _is_single(x: float) -> bool:
    """Whether x is a number of float32."""
    return math.frexp(x)[0] * 2.0**24 % 1.0 == 0.0


# --- one reason -----------------------------------------------------------------------------------------


def _explains(rule: type[Rule], kind: str, runs: Sequence[Run]) -> bool:
    return all(follows(rule, kind, run) for run in runs)


def _candidates(kind: str, options: dict[str, Any]) -> Iterator[tuple[str, str, type[Rule]]]:
    for key, known in KNOWN.items():
        if kind in known.kinds and known.shows(options):
            yield key, known.message, known.rule


def _known(kind: str, runs: Sequence[Run], options: dict[str, Any]) -> Diagnosis | None:
    for key, message, rule in _candidates(kind, options):
        if _explains(rule, kind, runs):
            return Diagnosis(False, key, (), message)
    return None


def _betas(kind: str, runs: Sequence[Run], options: dict[str, Any]) -> Diagnosis | None:
    return _member(families.betas(kind, options, runs[0].options), kind, runs)


def _direction(kind: str, runs: Sequence[Run], options: dict[str, Any]) -> Diagnosis | None:
    return _member(families.directions(kind, options, runs[0].options), kind, runs)


def _member(family: Iterator[families.Member], kind: str, runs: Sequence[Run]) -> Diagnosis | None:
    for key, message, rule in family:
        if _explains(rule, kind, runs):
            return Diagnosis(False, key, (), message)
    return None


def _setting(kind: str, runs: Sequence[Run], options: dict[str, Any]) -> Diagnosis | None:
    for name, sentence, law in (
        settings.laws(options, runs[0].options) if len(runs) > 1 else ()
    ):  # one run is no law
        if _explains(settings.acting(name, law), kind, runs):
            if not settings.is_given(name, runs[0].options):
                sentence = settings.unasked(name, law(settings.read(options, name), options))
            return _option(name, sentence)
    for name in settings.names(options):
        found = _searched(name, kind, runs)
        if found is not None:
            return found
    return None


def _rounded(kind: str, runs: Sequence[Run], options: dict[str, Any]) -> Diagnosis | None:
    if not all(follows(Rule, kind, run, single=True) for run in runs):
        return None
    return Diagnosis(
        True, "ok_rounded", (), "Right to 6 digits. Is it float32 arithmetic, or a rounded constant?"
    )


def _option(name: str, sentence: str) -> Diagnosis:
    return Diagnosis(False, f"option-{name}", (), f"{sentence} {settings.question(name)}")


def _searched(name: str, kind: str, runs: Sequence[Run]) -> Diagnosis | None:
    """The option has some other value, found by search."""
    values = []
    for run in runs:
        value = _value(name, kind, run)
        if value is None:
            return None
        values.append(value)
    same = [v for v, run in zip(values, runs, strict=True) if run.options == runs[0].options]
    if not _constant(same):  # with the same options it is one value, or none
        return None
    given = [settings.read({**defaults(kind), **run.options}, name) for run in runs]
    times = [v / g if g else math.inf for v, g in zip(values, given, strict=True)]
    if _constant(times) and math.isfinite(times[0]):
        if abs(times[0] - 1.0) <= 2.0**-24:  # the option was kept in float32
            return None
        return _option(name, f"{name} acts {times[0]:.6g} times as strong as it should.")
    if _constant(values):
        given_at_all = settings.is_given(name, runs[0].options)
        return _option(name, (settings.constant if given_at_all else settings.unasked)(name, values[0]))
    other = next((k for k, g in enumerate(given) if g != given[0]), None)
    and_ = "" if other is None else f", and as {values[other]:.6g} where {given[other]:.6g} is given"
    return _option(name, f"{name} acts as {values[0]:.6g} where {given[0]:.6g} is given{and_}.")


def _constant(xs: Sequence[float]) -> bool:
    return all(math.isclose(x, xs[0], rel_tol=1e-6) for x in xs)


def _value(name: str, kind: str, run: Run) -> float | None:
    """With which value of this option the right rule takes the steps of this run."""
    right = simulate(Rule, kind, run.options, run.start, run.gradient, len(run.trace))
    if right is None:
        return None
    given = settings.read({**defaults(kind), **run.options}, name)
    apart = [
        (step, k)
        for step, (a, b) in enumerate(zip(run.trace, right, strict=True), 1)
        for k, (x, y) in enumerate(zip(a, b, strict=True))
        if abs(x - y) > _limit(x, abs(x - run.start[k]), step, False)
    ]
    if not apart:
        return given
    step, k = apart[0]

    def residual(value: float) -> float | None:
        rule = settings.acting(name, settings.fixed(value))
        trace = simulate(rule, kind, run.options, run.start, run.gradient, step)
        return None if trace is None else trace[-1][k] - run.trace[step - 1][k]

    for value in settings.search(residual, given):
        if follows(settings.acting(name, settings.fixed(value)), kind, run):
            return value
    return None


QUESTIONS = (_known, _betas, _setting, _direction, _rounded)
"""What is asked of all runs. The first answer is said."""


# --- two reasons ----------------------------------------------------------------------------------------


def _both(a: type[Rule], b: type[Rule]) -> type[Rule] | None:
    try:
        return type("Both", (a, b), {})
    except TypeError:  # one is a case of the other
        return None


def _two(kind: str, runs: Sequence[Run], options: dict[str, Any]) -> Diagnosis | None:
    candidates = list(_candidates(kind, options))
    for (key, message, a), (_, message_2, b) in combinations(candidates, 2):
        for first, second in ((a, b), (b, a)):
            both = _both(first, second)
            if both is not None and _explains(both, kind, runs):
                return Diagnosis(False, key, (), f"Two mistakes at once. {message} And: {message_2}")
    for key, message, rule in candidates:
        for name, sentence, law in settings.laws(options, runs[0].options, combined=False):
            if _explains(settings.acting(name, law, rule), kind, runs):
                return Diagnosis(
                    False,
                    key,
                    (),
                    f"Two mistakes at once. {message} And: {sentence} {settings.question(name)}",
                )
    return None
