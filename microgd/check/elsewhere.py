"""Is it the right rule, computed at the wrong point: at -x, at the output, at another input?

It uses `probe`, which measures the derivative at that other point, and two tables of `candidates`.
"""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from math import isfinite
from typing import TYPE_CHECKING

from .candidates import ELSEWHERE, IN_THE_OUTPUT, constant_named
from .findings import Explained, the_constant
from .formulas import written
from .probe import ENOUGH, matches, near

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .findings import Finding
    from .probe import Point, Probe

MOST_EXCHANGED = 6
"""Of more inputs, no two are exchanged."""

AT_ANOTHER_POINT = 70.0
CONSTANT = 60.0
"""How plain it is that a derivative is taken at another point, and what a constant adds to it."""


def elsewhere(probe: Probe, i: int) -> Finding | None:
    """The right rule, computed at the wrong point."""
    of = probe.of
    if _is_partial_at(probe, i, lambda p: [-x if k == i else x for k, x in enumerate(p.xs)]):
        return (
            "at_negated_input",
            f"This is, exactly, the derivative {of}at -{probe.names[i]}. Is a sign reversed, or a condition?",
        )
    if probe.scalar and _is_partial_at(
        probe, i, lambda p: [p.outs[0] if k == i else x for k, x in enumerate(p.xs)]
    ):
        return (
            "at_output",
            f"This is, exactly, the derivative {of}taken at out; it belongs at {probe.names[i]}. Has"
            " the function been applied twice?",
        )
    if probe.width > 1 and _is_partial_at(probe, i, lambda p: [-x for x in p.xs]):
        return (
            "at_negated_input",
            f"This is the derivative {of}at the negated inputs. Is a sign reversed?",
        )
    for k in range(probe.width):
        if k != i and _is_partial_at(
            probe,
            i,
            lambda p, k=k: [p.xs[k] if m == i else x for m, x in enumerate(p.xs)],  # type: ignore[misc]
        ):
            return (
                "swapped_inputs",
                f"The gradient {of}would be right if {probe.names[i]} were {probe.names[k]}: has one"
                " been written for the other?",
            )
    return _with_two_exchanged(probe, i) if 2 <= probe.width <= MOST_EXCHANGED else None


def _with_two_exchanged(probe: Probe, i: int) -> Finding | None:
    """The right rule, computed where two inputs have changed places."""
    for j, k in combinations(range(probe.width), 2):

        def moved(p: Point, j: int = j, k: int = k) -> list[float]:
            return [p.xs[{j: k, k: j}.get(m, m)] for m in range(probe.width)]

        if _is_partial_at(probe, i, moved):
            both = f"{probe.names[j]} and {probe.names[k]}"
            return (
                "swapped_inputs",
                f"The gradient {probe.of}would be right if {both} were exchanged: has one been written for"
                " the other?",
            )
    return None


def at_another_point(probe: Probe, i: int) -> Explained | None:
    """The right rule, computed at 2*x, x**2, x in degrees ..., perhaps times a constant."""
    if not probe.scalar:
        return None
    x = probe.names[i]
    for rank, (pattern, compute) in enumerate(ELSEWHERE):
        c = the_constant(_ratios_elsewhere(probe, i, compute))
        if not c:
            continue
        times = "" if near(c, 1.0) else f"{constant_named(c)} times "
        message = (
            f"This is, exactly, {times}the derivative {probe.of}taken at {written(pattern, x)}; it belongs at"
            f" {x}. Which number is put in there?"
        )
        return Explained(
            AT_ANOTHER_POINT + 10.0 * rank + (CONSTANT if times else 0.0), ("at_another_point", message)
        )
    return None


def _ratios_elsewhere(probe: Probe, i: int, compute: Callable[[float], float]) -> list[float]:
    """given / (the derivative at another point), until two of them differ. Empty if there are too few."""
    ratios: list[float] = []
    values: set[str] = set()
    for p, mine in probe.answers(i):
        try:
            moved = [*p.xs[:i], compute(p.xs[i]), *p.xs[i + 1 :]]
        except (ArithmeticError, ValueError):
            return []  # the rule has an answer there
        there = probe.partial(moved, i, [1.0])
        if there.kind != "smooth" or there.value == 0.0:
            continue
        ratios.append(mine / there.value)
        values.add(f"{abs(there.value):.6g}")
        if not near(ratios[0], ratios[-1]) or len(ratios) == 3 * ENOUGH:
            break
    return ratios if len(values) >= ENOUGH else []  # a derivative of few values is that at many points


def _is_partial_at(probe: Probe, i: int, moved: Callable[[Point], list[float]]) -> bool:
    fits = said = 0
    for p in probe.points:
        outs = probe.outputs(moved(p))
        if len(outs) != len(p.outs) or not all(map(isfinite, outs)):
            continue
        found = probe.partial(moved(p), i, p.gs)
        if found.kind not in ("smooth", "weak"):
            continue
        if not matches(p.given[i], found.value, found.tolerance):
            return False
        fits += 1
        said += math.fabs(found.value) > 10.0 * found.tolerance
        if fits >= 3 * ENOUGH and said >= ENOUGH:
            break
    return said >= ENOUGH or (said >= 2 and fits >= 2 * ENOUGH)


def in_terms_of_the_input(probe: Probe, i: int) -> Finding | None:
    """tan' = 1 + out**2, written 1 + x**2."""
    local = probe.local(i)
    if len(local) < ENOUGH:
        return None
    message = (
        f"The gradient {probe.of}would be right if {probe.names[i]} were out: did you mean the"
        " output where you wrote the input?"
    )
    for _, compute in IN_THE_OUTPUT:
        try:
            c = the_constant([right / compute(p.outs[0]) for p, _, right in local])
        except (ArithmeticError, ValueError):
            continue
        if c is None:
            continue
        try:
            if all(near(mine, c * compute(p.xs[i])) for p, mine, _ in local):
                return "at_input", message
        except (ArithmeticError, ValueError):
            continue
    if probe.width == 1 and _is_partial_where_f_is_x(probe, local):
        return "at_input", message
    return None


def _is_partial_where_f_is_x(probe: Probe, local: Sequence[tuple[Point, float, float]]) -> bool:
    """Whether the answer is f' at the y with f(y) = x, found by bisection."""
    grid = [-9.0 + 0.25 * k for k in range(73)]
    values = [(t, probe.outputs([t])) for t in grid]
    known = [(t, y[0]) for t, y in values if len(y) == 1 and isfinite(y[0])]
    fits = 0
    for p, mine, _ in local[: 3 * ENOUGH]:
        x = p.xs[0]
        roots = []
        for (a, low), (b, high) in pairwise(known):
            if (low - x) * (high - x) < 0.0:
                roots.append(_bisect(probe, x, a, b, low))
        partials = [probe.partial([y], 0, [1.0]) for y in roots[:4]]
        smooth = [s.value for s in partials if s.kind in ("smooth", "weak")]
        if not smooth:
            continue
        if not any(near(mine, s, slack=1e-5) for s in smooth):
            return False
        fits += 1
    return fits >= ENOUGH


def _bisect(probe: Probe, target: float, a: float, b: float, low: float) -> float:
    for _ in range(60):
        half = 0.5 * (a + b)
        y = probe.outputs([half])
        if len(y) != 1:
            break
        if (y[0] - target) * (low - target) > 0.0:
            a = half
        else:
            b = half
    return 0.5 * (a + b)
