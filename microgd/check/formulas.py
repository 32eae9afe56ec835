"""Which formula gives these numbers? A product of powers of known things, times a constant.

It uses `candidates` and `numerical`. It is given numbers at many sample points. If
log|number| - p log|A| - q log|B| is the same at all of them, then number = c * A**p * B**q.
"""

from __future__ import annotations

import math
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from .candidates import FACTORS, POWERS, constant_named
from .numerical import middle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SAME = 3e-6
"""How far logarithms of numbers known to 1e-6 may be apart."""

ENOUGH = 6
"""At fewer points than this, a fit of two factors and a constant may be a coincidence."""

FOR_SUMS = 8
"""For a sum or a quotient of inputs, only the first so many of FACTORS are tried."""


class Atom(NamedTuple):
    """One candidate factor: how it is written, how unlikely it is, and its value at each point."""

    text: str
    cost: float
    logs: list[float]
    negative: list[bool]


class Product(NamedTuple):
    """constant * text**power * text**power ..."""

    constant: float
    factors: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        written = [_powered(text, power) for text, power in self.factors]
        if abs(self.constant - 1.0) > SAME or not written:
            written.insert(0, constant_named(self.constant))
        return " * ".join(written)


def _powered(text: str, power: float) -> str:
    return text if power == 1.0 else f"{text}**{power:g}" if power > 0 else f"{text}**({power:g})"


def atoms(bases: Sequence[tuple[str, Sequence[float]]]) -> list[Atom]:
    """The candidate factors: x, 1 - x, exp(x) ...; out, 1 - out ...

    bases  what they are made of: a name and its value at each point; the plainest first
    """
    made = []
    for k, (name, values) in enumerate(bases):
        compound = not name.replace("[", "").replace("]", "").isalnum()
        for rank, (pattern, compute) in enumerate(FACTORS[: FOR_SUMS if compound else None]):
            numbers = _computed(compute, values)
            if numbers:
                text = pattern.replace("{}", name)
                logs = [math.log(abs(v)) for v in numbers]
                cost = 10.0 * rank + k + (25.0 if compound else 0.0)
                made.append(Atom(text, cost, logs, [v < 0.0 for v in numbers]))
    return made


def _computed(compute: Callable[[float], float], values: Sequence[float]) -> list[float]:
    """compute(v) for each value; an empty list if one of them is undefined, or 0, which has no logarithm."""
    try:
        numbers = [compute(v) for v in values]
    except (ArithmeticError, ValueError):
        return []
    return numbers if all(v != 0.0 and isfinite(v) for v in numbers) else []


def product(
    numbers: Sequence[float],
    known: Sequence[Atom],
    most: int = 2,
    constants: Sequence[float] = (),
) -> Product | None:
    """The plainest product of at most two powers that gives the numbers, if there is one.

    constants  if given, the constant must be one of these
    """
    if len(numbers) < ENOUGH or not all(v != 0.0 and isfinite(v) for v in numbers):
        return None
    logs = [math.log(abs(v)) for v in numbers]
    negative = [v < 0.0 for v in numbers]
    for search in (_nothing, _singles, _pairs)[: most + 1]:
        found: list[tuple[float, Product]] = []
        for factors in search(logs, known):
            c = _constant(logs, negative, factors)
            if c is None or (constants and all(abs(c - k) > SAME * abs(k) for k in constants)):
                continue
            odd = 0.0 if abs(c - 1.0) < SAME else 40.0 if abs(c + 1.0) < SAME else 80.0
            cost = odd + sum(atom.cost + 8.0 * abs(power) for atom, power in factors)
            found.append((cost, Product(c, tuple((atom.text, power) for atom, power in factors))))
        if found:
            return min(found)[1]
    return None


Factors = list[tuple[Atom, float]]


def _nothing(logs: Sequence[float], known: Sequence[Atom]) -> Iterator[Factors]:
    yield []


def _singles(logs: Sequence[float], known: Sequence[Atom]) -> Iterator[Factors]:
    change = logs[1] - logs[0]
    for atom in known:
        step = atom.logs[1] - atom.logs[0]
        for power in POWERS:
            if abs(power * step - change) < SAME:
                yield [(atom, power)]


def _pairs(logs: Sequence[float], known: Sequence[Atom]) -> Iterator[Factors]:
    """Two whose changes from the first point to the second add up to the numbers' own change."""
    change = logs[1] - logs[0]
    steps = [
        (power * (atom.logs[1] - atom.logs[0]), atom, power)
        for atom in known
        for power in POWERS
        if abs(power) <= 2.0
    ]
    buckets: dict[int, list[int]] = {}
    for index, (step, _, _) in enumerate(steps):
        buckets.setdefault(math.floor(step / SAME), []).append(index)
    for first, (step, atom, power) in enumerate(steps):
        near = math.floor((change - step) / SAME)
        for bucket in (near - 1, near, near + 1):
            for second in buckets.get(bucket, ()):
                if second > first:
                    yield [(atom, power), steps[second][1:]]


def _constant(logs: Sequence[float], negative: Sequence[bool], factors: Factors) -> float | None:
    """c in number = c * product, if it is the same at every point."""
    rest = [value - sum(power * atom.logs[k] for atom, power in factors) for k, value in enumerate(logs)]
    if max(rest) - min(rest) > SAME:
        return None
    signs = []
    for k, minus in enumerate(negative):
        for atom, power in factors:
            if atom.negative[k]:
                if power % 1.0:
                    return None
                minus ^= bool(power % 2.0)
        signs.append(minus)
    if len(set(signs)) > 1:
        return None
    size = math.exp(middle(rest))
    return -size if signs[0] else size
