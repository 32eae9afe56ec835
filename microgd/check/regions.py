"""Is an answer right in one region, and wrong in the other?

It uses `probe`. A region is where some measure, such as x, |x| or a - b, is below or above a border.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, NamedTuple

from .probe import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .findings import Finding
    from .probe import Point, Probe

FEW = 3
"""Fewer points do not show where a region is."""


class Border(NamedTuple):
    """What holds at one set of points and what at the other, such as "x < 0" and "x > 0"."""

    inside: str
    outside: str


def the_wrong_way_round(probe: Probe, i: int) -> Finding | None:
    """0 exactly where the right gradient is not."""
    flat = [math.fabs(p.right[i]) <= p.error[i] for p in probe.points]
    zero = [p.given[i] == 0.0 for p in probe.points]
    if min(flat.count(True), flat.count(False)) < FEW or any(map(operator.eq, flat, zero)):
        return None
    return (
        "wrong_branch",
        f"The gradient {probe.of}is 0 where it should not be, and not 0 where it should be. Is a condition"
        " the wrong way round?",
    )


class Region(NamedTuple):
    """A border between the points where an answer is right and those where it is wrong."""

    border: Border
    wrong: list[Point]


def right_in_a_region(probe: Probe, i: int) -> Region | None:
    """Right on one side of a border, and wrong on the other. It must be so at as many points again."""
    right = [p for p in probe.points if p.is_right(i) and p.is_sharp(i)]
    wrong = [p for p in probe.points if not p.is_right(i)]
    if len(right) < FEW or not wrong or separated(probe, i, right, wrong) is None:
        return None
    right += [p for p in probe.more() if p.is_right(i) and p.is_sharp(i)]
    wrong += [p for p in probe.more() if not p.is_right(i)]
    border = separated(probe, i, right, wrong)
    return None if border is None else Region(border, wrong)


def described(probe: Probe, i: int, region: Region) -> tuple[str, bool]:
    """What is wrong in the region, and whether that is all one need know."""
    plain = _what_is_wrong(region.wrong, i)
    start = f"The gradient {probe.of}is right where {region.border.inside}, and"
    return f"{start} {plain or 'wrong'} where {region.border.outside}.", bool(plain)


def separated(probe: Probe, i: int, inside: Sequence[Point], outside: Sequence[Point]) -> Border | None:
    """The border between two sets of points, if there is one. Measures of input i are tried first."""
    for name, measure in _measures(probe, i):
        ins, outs = sorted(map(measure, inside)), sorted(map(measure, outside))
        if ins[-1] < outs[0]:
            at = _round_between(ins[-1], outs[0])
            return Border(f"{name} < {at}", f"{name} > {at}")
        if outs[-1] < ins[0]:
            at = _round_between(outs[-1], ins[0])
            return Border(f"{name} > {at}", f"{name} < {at}")
    return None


def _measures(probe: Probe, i: int) -> Iterator[tuple[str, Callable[[Point], float]]]:
    order = [i, *(k for k in range(probe.width) if k != i)]
    for k in order:
        yield probe.names[k], lambda p, k=k: p.xs[k]  # type: ignore[misc]
        yield f"|{probe.names[k]}|", lambda p, k=k: abs(p.xs[k])  # type: ignore[misc]
    if probe.scalar:
        yield "out", lambda p: p.outs[0]
        yield "|out|", lambda p: abs(p.outs[0])
    for k in order:
        for j in order:
            if k < j:
                name = f"{probe.names[k]} - {probe.names[j]}"
                yield name, lambda p, k=k, j=j: p.xs[k] - p.xs[j]  # type: ignore[misc]
                yield f"|{name}|", lambda p, k=k, j=j: abs(p.xs[k] - p.xs[j])  # type: ignore[misc]
                name = f"{probe.names[k]} * {probe.names[j]}"
                yield name, lambda p, k=k, j=j: p.xs[k] * p.xs[j]  # type: ignore[misc]


def _what_is_wrong(wrong: Sequence[Point], i: int) -> str:
    if all(p.given[i] == 0.0 for p in wrong):
        return "0"
    if all(matches(p.given[i], -p.right[i], p.error[i]) for p in wrong):
        return "has the wrong sign"
    if all(math.fabs(p.right[i]) <= p.error[i] for p in wrong):
        return "not 0 as it should be"
    return ""


def _round_between(low: float, high: float) -> str:
    """The roundest number between two: where a person would have put the border."""
    for border in (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 6.0, 0.5, -0.5, 4.0, 5.0):
        if low <= border <= high:
            return f"{border:g}"
    return f"{0.5 * (low + high):.2g}"
