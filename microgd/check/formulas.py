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
    """constant * text**power * text**power ...

    cost  the plainer, the less
    """

    constant: float
    factors: tuple[tuple[str, float], ...]
    cost: float = 0.0

    def __str__(self) -> str:
        above = [(text, power) for text, power in self.factors if power > 0.0]
        below = [(text, -power) for text, power in self.factors if power < 0.0]
        number = constant_named(abs(self.constant))
        top = "" if number == "1" else number
        if above:
            top += (" * " if top else "") + multiplied(above)
        bottom = multiplied(below)
        sign = "-" if self.constant < 0.0 else ""
        return f"{sign}{top or '1'}" + (f"/{f'({bottom})' if ' * ' in bottom else bottom}" if below else "")


def multiplied(factors: Sequence[tuple[str, float]]) -> str:
    """x * (1 + x)**2"""
    return " * ".join(_powered(text, power) for text, power in factors)


def _powered(text: str, power: float) -> str:
    if power == 0.5:
        return f"sqrt{text}" if text[0] == "(" else f"sqrt({text})"
    return text if power == 1.0 else f"{text}**{power:g}"


def atoms(bases: Sequence[tuple[str, Sequence[float]]], most: int | None = None) -> list[Atom]:
    """The candidate factors: x, 1 - x, exp(x) ...; out, 1 - out ...

    bases  what they are made of: a name and its value at each point; the plainest first
    most   if given, only the first so many of FACTORS
    """
    made = []
    for k, (name, values) in enumerate(bases):
        compound = not name.replace("[", "").replace("]", "").isalnum()
        for rank, (pattern, compute) in enumerate(FACTORS[: most or (FOR_SUMS if compound else None)]):
            numbers = _computed(compute, values)
            if numbers:
                text = written(pattern, name)
                logs = [math.log(abs(v)) for v in numbers]
                cost = 10.0 * rank + k + (25.0 if compound else 0.0)
                made.append(Atom(text, cost, logs, [v < 0.0 for v in numbers]))
    return made


def written(pattern: str, name: str) -> str:
    """The pattern with this argument: "exp({})" of "(a + b)" is exp(a + b)."""
    inside = pattern.replace("({})", "{}") if name[0] == "(" and pattern != "{}" else pattern
    return inside.replace("{}", name)


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
        found: list[Product] = []
        for factors in search(logs, known):
            c = _constant(logs, negative, factors)
            if c is None or (constants and all(abs(c - k) > SAME * abs(k) for k in constants)):
                continue
            odd = 0.0 if abs(c - 1.0) < SAME else 40.0 if abs(c + 1.0) < SAME else 80.0
            cost = odd + sum(atom.cost + _cost_of_power(power) for atom, power in factors)
            found.append(Product(c, tuple((atom.text, power) for atom, power in factors), cost))
        if found:
            return min(found, key=lambda product: product.cost)
    return None


def _cost_of_power(power: float) -> float:
    return 8.0 * abs(power) if power % 1.0 == 0.0 else 20.0


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


class Sum(NamedTuple):
    """The sum of two products."""

    parts: tuple[Product, Product]
    cost: float

    def __str__(self) -> str:
        first, second = map(str, sorted(self.parts, key=lambda part: part.constant < 0.0))
        return f"{first} - {second[1:]}" if second[0] == "-" else f"{first} + {second}"


class _Term(NamedTuple):
    factors: tuple[tuple[str, float], ...]
    cost: float
    values: list[float]


def total(numbers: Sequence[float], bases: Sequence[tuple[str, Sequence[float]]]) -> Sum | None:
    """The plainest sum of two terms that gives the numbers: each a factor, alone or times the first base."""
    terms = _terms(bases)
    best: tuple[float, int, int, float, float] | None = None
    (u, v, w), size = numbers[:3], len(numbers)
    for j, (_, cost, ys) in enumerate(terms):
        for k in range(j):
            zs = terms[k].values
            determinant = ys[0] * zs[1] - ys[1] * zs[0]
            if determinant == 0.0:
                continue
            a, b = (u * zs[1] - v * zs[0]) / determinant, (ys[0] * v - ys[1] * u) / determinant
            if abs(a * ys[2] + b * zs[2] - w) > SAME * abs(w):
                continue
            both = cost + terms[k].cost
            if (best is None or both < best[0]) and all(
                abs(a * ys[m] + b * zs[m] - numbers[m]) <= SAME * abs(numbers[m]) for m in range(size)
            ):
                best = both, j, k, a, b
    if best is None:
        return None
    cost, j, k, a, b = best
    return Sum((Product(a, terms[j].factors), Product(b, terms[k].factors)), cost)


def _terms(bases: Sequence[tuple[str, Sequence[float]]]) -> list[_Term]:
    """1, x, x**2, 1/x, exp(x), x * exp(x) ..."""
    name, first = bases[0]
    made = [_Term((), 0.0, [1.0] * len(first))]
    for base in bases:
        for rank, (pattern, compute) in enumerate(FACTORS):
            values = _computed(compute, base[1])
            if not values:
                continue
            text = written(pattern, base[0])
            for power in (1.0, -1.0, 2.0):
                raised = _computed(lambda value, power=power: value**power, values)  # type: ignore[misc]
                if not raised:
                    continue
                cost = 10.0 * rank + 8.0 * abs(power)
                made.append(_Term(((text, power),), cost, raised))
                if text != name:
                    times = [x * y for x, y in zip(first, raised, strict=True)]
                    made.append(_Term(((name, 1.0), (text, power)), cost + 8.0, times))
    return made
