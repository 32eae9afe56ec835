"""Is it the gradient of another input, or of another function?

It uses `probe` and, for other functions, the tables of `candidates`.
"""

from __future__ import annotations

from itertools import permutations
from math import isfinite, nan
from typing import TYPE_CHECKING

from .candidates import ONE_OPERAND, TWO_OPERANDS
from .factors import constant_ratio
from .findings import listed
from .probe import ENOUGH, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .findings import Finding
    from .probe import Point, Probe


def nothing_arrives(probe: Probe, i: int) -> Finding | None:
    """0 at every point."""
    if all(p.given[i] == 0.0 for p in probe.points):
        who = probe.names[i]
        line = "Where is its line?" if probe.width > 1 else "What should arrive there?"
        return "zero", f"{who} gets nothing: its gradient is 0 at every point. {line}"
    return None


def swapped(probe: Probe) -> Finding | None:
    """The gradients are right, but in another order."""
    n = probe.width
    if n <= 4:
        orders: list[tuple[int, ...]] = list(permutations(range(n)))[1:]
    else:
        orders = [tuple(reversed(range(n))), (*range(1, n), 0), (n - 1, *range(n - 1))]
    for order in orders:
        if all(
            matches(p.given[i], p.right[j], p.error[j]) for p in probe.points for i, j in enumerate(order)
        ):
            return (
                "swapped_inputs",
                "The numbers are right, but they are exchanged: "
                + listed(
                    f"{probe.names[i]} gets the gradient of {probe.names[j]}"
                    for i, j in enumerate(order)
                    if i != j
                )
                + ". Which one belongs to which?",
            )
    return None


def anothers(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    """Each wrong input has the gradient that belongs to another."""
    if all(nothing_arrives(probe, i) or constant_ratio(probe, i) for i in wrong):
        return None  # as plain a fact, and a plainer one
    sources = []
    for i in wrong:
        source = [
            j
            for j in range(probe.width)
            if j != i and all(matches(p.given[i], p.right[j], p.error[j]) for p in probe.points)
        ]
        if not source:
            return None
        sources.append(source[0])
    if len(set(sources)) == 1 and len(wrong) == probe.width - 1:
        return (
            "one_input",
            f"Every input gets the gradient of {probe.names[sources[0]]}. Where is the formula for"
            f" {listed(probe.names[i] for i in wrong)}?",
        )
    gets = [
        f"{probe.names[i]} gets the gradient of {probe.names[j]}" for i, j in zip(wrong, sources, strict=True)
    ]
    return "swapped_inputs", f"Exactly: {listed(gets)}. Which one belongs to which?"


def other_function_of_two(probe: Probe) -> Finding | None:
    """Both gradients are those of another function of two numbers."""

    def claims(partials: Callable[[Point], Sequence[float]]) -> bool:
        return all(_fits(probe, i, lambda p, i=i: partials(p)[i]) for i in (0, 1))  # type: ignore[misc]

    if claims(lambda p: [_exchanged_partial(probe, p, i) for i in (0, 1)]):
        return (
            "other_rule",
            "This is, exactly, the rule of the function with its inputs exchanged: f(b, a)."
            " Which of the two is which?",
        )
    for name, pair in TWO_OPERANDS:
        if claims(lambda p, pair=pair: pair(*p.xs)):  # type: ignore[misc]
            return "other_rule", f"This is, exactly, the rule of {name}. Is it another function's?"
    return None


def other_function(probe: Probe, i: int) -> Finding | None:
    """The gradient is that of another function."""
    if not probe.scalar:
        return None
    for k in [i, *(k for k in range(probe.width) if k != i)]:
        for name, compute in ONE_OPERAND:
            if _fits(probe, i, lambda p, k=k, compute=compute: compute(p.xs[k])):  # type: ignore[misc]
                written = name if probe.width == 1 else f"{name}, with {probe.names[k]} for x"
                return "other_rule", _belongs_to(probe, i, written)
    if probe.width == 2:
        for name, pair in TWO_OPERANDS:
            if _fits(probe, i, lambda p, pair=pair: pair(*p.xs)[i]):  # type: ignore[misc]
                return "other_rule", _belongs_to(probe, i, name)
        if _fits(probe, i, lambda p: _exchanged_partial(probe, p, i)):
            return "other_rule", _belongs_to(probe, i, "the function with its inputs exchanged, f(b, a)")
    return None


def _belongs_to(probe: Probe, i: int, name: str) -> str:
    return f"The gradient {probe.of}is, exactly, that of {name}. Is it another function's rule?"


def _exchanged_partial(probe: Probe, p: Point, i: int) -> float:
    """d f(b, a) / d (input i)."""
    found = probe.partial(p.xs[::-1], 1 - i, [1.0])
    return found.value if found.kind in ("smooth", "weak") else nan


def _fits(probe: Probe, i: int, partial: Callable[[Point], float]) -> bool:
    """Whether the rule gives this partial derivative, wherever that has a value."""
    tried = 0
    for p in probe.points:
        try:
            expected = partial(p) * p.gs[0]
        except (ArithmeticError, ValueError):
            continue
        if isinstance(expected, complex) or not isfinite(expected):
            continue
        tried += 1
        if not matches(p.given[i], expected, 0.0):
            return False
    return tried >= ENOUGH
