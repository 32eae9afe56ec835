"""Is it the right one but for a factor? And if not: which formula is it, at least?

It uses `formulas`, which finds the product that numbers come from, and the table PLAIN of `candidates`.
"""

from __future__ import annotations

import math
from math import nan
from typing import TYPE_CHECKING

from .candidates import PLAIN, constant_named
from .findings import the_constant
from .formulas import atoms, product
from .probe import ENOUGH, EXACT, matches, near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .findings import Finding
    from .probe import Point, Probe

ROUND = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1.0 / 3.0, -1.0 / 3.0, 4.0, -4.0, 0.25, -0.25)
"""Constants that often come with a forgotten factor."""

NEARBY = 5
"""The first so many of FACTORS are easily confused: t, 1 - t, 1 + t, 1 - t**2, 1 + t**2."""


def constant_ratio(probe: Probe, i: int) -> Finding | None:
    """The right one times a number."""
    sharp = probe.sharp(i)
    if len(sharp) < min(ENOUGH, len(probe.points)):
        return None
    c = the_constant([p.given[i] / p.right[i] for p in sharp])
    if not c or not all(matches(p.given[i], c * p.right[i], abs(c) * p.error[i]) for p in probe.points):
        return None
    of = probe.of
    everywhere = f"at all {len(probe.points)} points"
    if near(c, -1.0):
        return (
            "sign",
            f"The gradient {of}has the right size and the wrong sign {everywhere}. Is there a"
            " minus too many, or one too few?",
        )
    named = constant_named(c)
    guess = "Where does that factor come from?"
    if c in (0.5, 2.0) or near(c, 0.5) or near(c, 2.0):
        guess = "Did you forget the 2?" if c < 1.0 else "Is there a 2 too many?"
    elif "ln" in named:
        guess = "Is it the rule for another base of the logarithm?"
    elif near(c, float(probe.width)) or near(c, float(len(probe.points[0].outs))):
        guess = "Is something to be divided by the number of terms?"
    elif near(1.0 / c, float(probe.width)) or near(1.0 / c, float(len(probe.points[0].outs))):
        guess = "Is it a mean where a sum was meant?"
    return "ratio", f"The gradient {of}is exactly {named} times the right one {everywhere}. {guess}"


def passed_through(probe: Probe, i: int) -> Finding | None:
    """The upstream gradient and nothing else."""
    of = probe.of
    if all(near(p.given[i], math.fsum(p.gs)) for p in probe.points):
        what = (
            "g, the upstream gradient, unchanged"
            if probe.scalar
            else "the plain sum of the upstream gradients"
        )
        return "pass_through", f"The gradient {of}is {what}. Where is the function's own derivative?"
    elementwise = probe.width == len(probe.points[0].outs)
    if elementwise and all(near(p.given[i], p.gs[i]) for p in probe.points):
        return (
            "pass_through",
            f"The gradient {of}is the upstream gradient at the same position, unchanged. Where is the"
            " function's own derivative?",
        )
    return None


def inverted(probe: Probe, i: int) -> Finding | None:
    """One over the right one, times a number."""
    local = probe.local(i)
    if len(local) < ENOUGH:
        return None
    c = the_constant([mine * right for _, mine, right in local])
    if c is None or c == 0.0 or the_constant([right for _, _, right in local]) is not None:
        return None
    return (
        "inverted",
        f"The gradient {probe.of}multiplies where it should divide: its partial derivative is"
        + (" one over the right one." if near(c, 1.0) else " in inverse proportion to the right one.")
        + " What is to be divided by what?",
    )


def one_factor(probe: Probe, i: int) -> Finding | None:
    """The right one times something like x, 1 - out or exp(x), with a constant that often comes with it."""
    return _right_times(probe, i, 1, ROUND)


def one_factor_and_a_constant(probe: Probe, i: int) -> Finding | None:
    """The right one times something like x, 1 - out or exp(x), and any constant."""
    return _right_times(probe, i, 1)


def two_factors(probe: Probe, i: int) -> Finding | None:
    """The right one times two such things."""
    return _right_times(probe, i, 2)


def one_factor_for_another(probe: Probe, i: int) -> Finding | None:
    """(1 + out) where (1 - out) was meant."""
    points, ratios = _ratios(probe, i)
    if len(points) < 2 * ENOUGH:
        return None
    for name, values in ingredients(probe, i, points):
        known = atoms([(name, values)])[:NEARBY]
        for above in known:
            for below in known:
                if above is below:
                    continue
                quotient = [a - b for a, b in zip(above.logs, below.logs, strict=True)]
                logs = [math.log(abs(r)) for r in ratios]
                if all(abs(q - r) < EXACT for q, r in zip(quotient, logs, strict=True)):
                    c = math.copysign(1.0, ratios[0])
                    c = -c if above.negative[0] != below.negative[0] else c
                    return "extra_factor", _too_much(probe, i, [(above.text, 1.0), (below.text, -1.0)], c)
    return None


def _right_times(probe: Probe, i: int, most: int, constants: Sequence[float] = ()) -> Finding | None:
    points, ratios = _ratios(probe, i)
    if not points:
        return None
    found = product(ratios, atoms(ingredients(probe, i, points)), most, constants)
    if found is None or not found.factors:
        return None
    return "extra_factor", _too_much(probe, i, found.factors, found.constant)


def _too_much(probe: Probe, i: int, factors: Sequence[tuple[str, float]], c: float) -> str:
    def written(chosen: Sequence[tuple[str, float]]) -> str:
        return " * ".join(t if abs(p) == 1.0 else f"{t}**{abs(p):g}" for t, p in chosen)

    above = [(t, p) for t, p in factors if p > 0]
    below = [(t, p) for t, p in factors if p < 0]
    parts = []
    if not near(abs(c), 1.0):
        parts.append(f"times {constant_named(abs(c))}")
    if c < 0:
        parts.append("with the other sign")
    if above:
        parts.append(f"times {written(above)}")
    if below:
        parts.append(f"divided by {written(below)}")
    question = "Is that factor one too many?" if above and not below else "Is a factor missing?"
    if above and below:
        question = "Is one factor written where the other was meant?"
    return f"The gradient {probe.of}is exactly the right one {', '.join(parts)}. {question}"


def _ratios(probe: Probe, i: int) -> tuple[list[Point], list[float]]:
    """Where the right gradient is known well and the rule's is not 0: rule's / right."""
    points = [p for p in probe.sharp(i) if p.given[i] != 0.0]
    if len(points) < 0.8 * len(probe.sharp(i)):
        return [], []
    return points, [p.given[i] / p.right[i] for p in points]


def no_derivative(probe: Probe, i: int) -> Finding | None:
    """A constant, or some simple expression, in place of a derivative."""
    local = probe.local(i)
    if len(local) < ENOUGH:
        return None
    of = probe.of
    c = the_constant([mine for _, mine, _ in local])
    if c is not None:
        return (
            "not_the_derivative",
            f"The partial derivative {of}is {constant_named(c)} everywhere. Is the derivative of this"
            " function a constant?",
        )
    for text, values in ingredients(probe, i, [p for p, _, _ in local]):
        for pattern, compute in PLAIN:
            try:
                fits = all(near(mine, compute(v)) for (_, mine, _), v in zip(local, values, strict=True))
            except (ArithmeticError, ValueError):
                continue
            if fits:
                return (
                    "not_the_derivative",
                    f"The partial derivative {of}is just {pattern.replace('{}', text)}. Is that the"
                    " derivative of the function?",
                )
    return None


def some_formula(probe: Probe, i: int) -> Finding | None:
    """When nothing else is known: what the partial derivative is, at least."""
    local = [(p, mine) for p, mine, _ in probe.local(i) if mine != 0.0]
    if len(local) < 2 * ENOUGH:
        return None
    found = product([mine for _, mine in local], atoms(ingredients(probe, i, [p for p, _ in local])))
    if found is None:
        return None
    return (
        "not_the_derivative",
        f"The partial derivative {probe.of}is {found}. Is that the derivative of the function?",
    )


def ingredients(probe: Probe, i: int, points: Sequence[Point]) -> list[tuple[str, list[float]]]:
    """What a formula may be made of, and its value at each point: the input itself, the output, the
    others, and how they stand to each other. The plainest first.
    """
    n, names = probe.width, probe.names
    order = [i, *(k for k in range(n) if k != i)][:4]
    bases = [(names[k], [p.xs[k] for p in points]) for k in order]
    if probe.scalar:
        bases.insert(1, ("out", [p.outs[0] for p in points]))
    elif probe.is_square():
        bases.insert(1, (f"out[{i}]", [p.outs[i] for p in points]))
    if n > 1:
        bases.append(("(the sum of squares)", [math.fsum(x * x for x in p.xs) for p in points]))
        bases.append(("(the sum of inputs)", [math.fsum(p.xs) for p in points]))
    if n in (2, 3, 4):
        for k in range(n):
            for j in range(k + 1, n):
                a, b = names[k], names[j]
                pairs = [(p.xs[k], p.xs[j]) for p in points]
                bases.append((f"({a}**2 + {b}**2)", [x * x + y * y for x, y in pairs]))
                if n < 4:
                    bases.append((f"({a} + {b})", [x + y for x, y in pairs]))
                    bases.append((f"({a} - {b})", [x - y for x, y in pairs]))
                    bases.append((f"({a} * {b})", [x * y for x, y in pairs]))
                    bases.append((f"({a}/{b})", [x / y if y else nan for x, y in pairs]))
    return bases
