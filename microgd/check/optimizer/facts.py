"""What can be said of steps that have no name: how far they go, in numbers.

It uses `updates`. `naming` asks here when no rule takes the learner's steps.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ..diagnosis import Diagnosis
from .updates import Rule, simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .updates import Gradient, Trace


class Run(NamedTuple):
    """What a learner's code did once: with these options, from this start, with these gradients."""

    said: str
    options: dict[str, Any]
    start: list[float]
    gradient: Gradient
    trace: Trace


def listed(numbers: Sequence[float | None]) -> str:
    """Numbers in a sentence: 1, 0.5 and 0.3333."""
    texts = [f"{x + 0.0:.4g}" for x in numbers if x is not None]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def uneven(kind: str, run: Run) -> Diagnosis | None:
    """Whether each parameter moves a constant times as far as it should, and not the same for all."""
    theirs = _lengths(kind, run)
    if theirs is None:
        return None
    times = [equal([step[k] for step in theirs]) for k in range(len(run.start))]
    if None in times:
        return None
    if len({f"{x:.6g}" for x in times}) == 1:
        return None
    wrong = tuple(k for k, x in enumerate(times) if x is not None and not math.isclose(x, 1.0, rel_tol=1e-6))
    return Diagnosis(
        False,
        "uneven",
        wrong,
        f"The parameters move {listed(times)} times as far as they should{run.said}, at every step. What is"
        " different between them?",
    )


def rate_changes(kind: str, run: Run) -> Diagnosis | None:
    """Whether each step is a number of times the right one, the same for all parameters."""
    theirs = _lengths(kind, run)
    times = [None] if theirs is None else [equal(step) for step in theirs]
    if None in times:
        return None
    return Diagnosis(
        False,
        "rate-changes",
        (),
        f"Step by step, all parameters move {listed(times)} times as far as they should{run.said}. Does the"
        " rate change from step to step?",
    )


def rate_falls_within(kind: str, run: Run) -> Diagnosis | None:
    """Whether each update is the same number of times the one before it, from parameter to parameter."""
    theirs = _lengths(kind, run)
    times = [x for step in theirs or () for x in step]
    if not all(times):
        return None
    each = equal([b / a for a, b in pairwise(times)]) if len(times) > 1 else None
    if each is None:
        return None
    return Diagnosis(
        False,
        "rate-changes",
        (),
        f"From each parameter to the next, the moves become {each:.4g} times as long, compared with the right"
        f" ones{run.said}. Does the rate change inside the loop over the parameters?",
    )


def rounded(kind: str, run: Run) -> Diagnosis | None:
    """Whether every move is a multiple of something: a round, an int, a //."""
    moves = [b - a for k in range(len(run.start)) for a, b in pairwise(_places(run, run.trace, k))]
    for unit in (1.0, run.options.get("lr", 1.0), 0.1, 0.01, 0.001):
        if any(moves) and all(abs(x / unit - round(x / unit)) < 1e-6 for x in moves):
            return Diagnosis(
                False,
                "rounded",
                (),
                f"Every step is a multiple of {unit:g}{run.said}. Is there a round, an int or a // too many?",
            )
    return None


def together(kind: str, run: Run) -> Diagnosis | None:
    """Whether all parameters make the same moves."""
    first, *others = ([b - a for a, b in pairwise(_places(run, run.trace, k))] for k in range(len(run.start)))
    if not any(first) or any(
        not math.isclose(x, y, rel_tol=1e-9) for o in others for x, y in zip(first, o, strict=True)
    ):
        return None
    return Diagnosis(
        False,
        "together",
        (),
        f"All parameters move by the same amount{run.said}. Does each move by its own gradient?",
    )


def offset(kind: str, run: Run) -> Diagnosis | None:
    """Whether every move is off by the same amount."""
    theirs = _beside(kind, run)
    if theirs is None:
        return None
    off = [a - b for moves in theirs for a, b in moves]
    if any(not math.isclose(x, off[0], rel_tol=1e-6) for x in off):
        return None
    return Diagnosis(
        False,
        "offset",
        (),
        f"Every step is off by the same amount, {off[0]:.4g}{run.said}. What is added to the gradients?",
    )


def at_zero(run: Run) -> Diagnosis:
    """What is wrong only where a gradient is 0."""
    return Diagnosis(
        False,
        "zero-gradient",
        (),
        f"The steps are right while no gradient is 0, and wrong{run.said}. Is a parameter skipped whose"
        " gradient is 0?",
    )


def unknown(kind: str, run: Run, alone: Run | None) -> Diagnosis:
    """Where the steps first go wrong, and how they go on after one gradient."""
    right = simulate(Rule, kind, run.options, run.start, run.gradient, len(run.trace)) or run.trace
    wrong = (
        k
        for k, (a, b) in enumerate(zip(run.trace, right, strict=True))
        if any(abs(x - y) > 1e-9 * (abs(x) + abs(y)) for x, y in zip(a, b, strict=True))
    )
    first = next(wrong, 0)
    before = run.start if first == 0 else right[first - 1]
    moved = [
        (a - p) / (b - p) if b != p else math.copysign(math.inf, a - p) if a != p else 1.0
        for a, b, p in zip(run.trace[first], right[first], before, strict=True)
    ]
    good = "The first step is wrong already" if first == 0 else f"The first {first} steps are right, then not"
    good = "The first step is right, then not" if first == 1 else good
    return Diagnosis(
        False,
        "unknown",
        (),
        f"{good}{run.said}: at step {first + 1} the parameters move {listed(moved)} times as far as they"
        " should."
        f"{'' if alone is None else _goes_on(kind, alone)} Can you follow that step by hand?",
    )


def _goes_on(kind: str, run: Run) -> str:
    """After one gradient and then zeros: the steps of the first parameter, in units of its first step."""
    right = simulate(Rule, kind, run.options, run.start, run.gradient, len(run.trace))
    theirs, asked = _moves(run, run.trace), _moves(run, right or run.trace)
    if not theirs[0] or not asked[0]:
        return " After one gradient and then zeros, the first step is 0." if asked[0] else ""
    theirs, asked = [x / theirs[0] for x in theirs], [x / asked[0] for x in asked]
    if all(math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-9) for x, y in zip(theirs, asked, strict=True)):
        return ""
    return (
        f" After one gradient and then zeros, the steps go on with {listed(theirs[1:4])} times the first,"
        f" where {listed(asked[1:4])} are asked."
    )


def _moves(run: Run, trace: Trace) -> list[float]:
    return [b - a for a, b in pairwise(_places(run, trace, 0))]


def _places(run: Run, trace: Trace, k: int) -> list[float]:
    return [run.start[k], *(step[k] for step in trace)]


def _lengths(kind: str, run: Run) -> list[list[float]] | None:
    """Each move of the learner, divided by the right one."""
    moves = _beside(kind, run)
    if moves is None or any(right == 0.0 for step in moves for _, right in step):
        return None
    return [[theirs / right for theirs, right in step] for step in moves]


def _beside(kind: str, run: Run) -> list[list[tuple[float, float]]] | None:
    """Each move of the learner, and the right one from the same place with the same gradient."""
    rule, ps, moves = Rule(kind, run.options, len(run.start)), list(run.start), []
    for step, theirs in enumerate(run.trace, 1):
        here = list(ps)
        try:
            rule.step(ps, run.gradient(here, step))
        except (ArithmeticError, ValueError):
            return None
        moves.append([(t - h, p - h) for t, p, h in zip(theirs, ps, here, strict=True)])
        ps = list(theirs)
    return moves


def equal(xs: Sequence[float]) -> float | None:
    """The number that all of these are, if they are equal."""
    return xs[0] if all(math.isclose(x, xs[0], rel_tol=1e-6, abs_tol=1e-9) for x in xs) else None


FACTS = (rounded, together, offset, rate_changes, rate_falls_within)
"""What to ask of a run when no rule explains it."""
