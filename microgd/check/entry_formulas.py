"""Which product gives the values of some entries of a Jacobian?

It uses `jacobian` and `formulas`. An entry belongs to a point, an input i and an output j. A formula may be
made of x[i], out[i], out[j], x[j], and of what is computed from all inputs or outputs of the same row of a
batch.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from .formulas import Atom, Product, atoms, product

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .jacobian import Entry, Jacobians

    Sample = tuple[int, int, int, float]  # a point, an input, an output, and a value there

MOST = 48
"""Of more entries, so many are compared with a formula."""

FEWEST = 8
"""At fewer values than this, a formula may be a coincidence."""

PLAIN_FACTORS = 14
"""Of x[i], out[i] ..., so many of FACTORS are tried: from the thing itself to tanh."""


def ratios_of(both: Jacobians, entries: Sequence[Entry]) -> list[Sample]:
    """given / right, where that is known well; none if one is 0 and the other is not."""
    samples = []
    for k, i, j in every(both, entries):
        right, given = both.right[k][i][j], both.given[k][i][j]
        if both.is_clear(k, right) and not both.same(k, given, 0.0):
            samples.append((k, i, j, given / right))
        elif both.is_clear(k, right) or (both.is_clear(k, given) and both.same(k, right, 0.0)):
            return []
    return samples


def every(both: Jacobians, entries: Sequence[Entry]) -> Iterator[tuple[int, int, int]]:
    """(the number of a point, an input, an output): these entries at every point."""
    for k in range(len(both.points)):
        for i, j in entries:
            yield k, i, j


def formula(both: Jacobians, samples: Sequence[Sample]) -> Product | None:
    """The product that gives these values."""
    known = [each for each in samples if both.is_clear(each[0], each[3])]
    if len(known) < max(FEWEST, 0.5 * len(samples)):
        return None
    random.Random(0).shuffle(known)  # neighbours must differ in the point, the input and the output
    known = known[:MOST]
    return product([value for *_, value in known], _known(both, known))


def long_formula(both: Jacobians, samples: Sequence[Sample]) -> Product | None:
    """The same, or such a product times, or divided by, one thing that is computed from all."""
    found = formula(both, samples)
    if found is not None:
        return found
    for n in SIZES:
        for power in (-1.0, 1.0):
            values = {
                (k, i): _aggregates([both.probe.all_inputs(both.points[k])[a] for a in both.group(i)[0]])[n]
                for k, i, _, _ in samples
            }
            rest = [(k, i, j, value * values[k, i] ** -power) for k, i, j, value in samples if values[k, i]]
            found = formula(both, rest)
            if found is not None:
                return Product(
                    found.constant, (*found.factors, (AGGREGATES[n].format("x"), power)), found.cost
                )
    return None


def _known(both: Jacobians, samples: Sequence[Sample]) -> list[Atom]:
    """What a formula of an entry may be made of."""
    points = both.points
    bases = [("x[i]", [points[k].xs[i] for k, i, _, _ in samples])]
    if both.paired:
        bases.append(("out[i]", [points[k].outs[i] for k, i, _, _ in samples]))
    if any(i != j for _, i, j, _ in samples) or not both.paired:
        bases.append(("out[j]", [points[k].outs[j] for k, _, j, _ in samples]))
        if both.paired:
            bases.append(("x[j]", [both.probe.as_outputs(points[k])[j] for k, _, j, _ in samples]))
    made = atoms(bases, PLAIN_FACTORS)
    groups = {i: both.group(i) for i in {i for _, i, _, _ in samples}}
    whole = {k: (both.probe.all_inputs(points[k]), points[k].outs) for k, *_ in samples}
    for side, name in enumerate(("x", "out")):
        sizes = {(k, i): _aggregates([whole[k][side][n] for n in groups[i][side]]) for k, i, _, _ in samples}
        columns = [[sizes[k, i][n] for k, i, _, _ in samples] for n in range(len(AGGREGATES))]
        made += atoms(
            [
                (text.format(name), values)
                for text, values in zip(AGGREGATES, columns, strict=True)
                if max(values) - min(values) > 1e-3 * max(map(abs, values))  # a constant explains nothing
            ],
            1,
        )
    return made


AGGREGATES = ("sum({})", "mean({})", "norm({})", "rms({})", "std({})", "sum(exp({}))", "max({})", "min({})")


SIZES = (2, 3, 4)
"""Of these, the ones that a vector is divided by: norm, rms, std."""


def _aggregates(values: Sequence[float]) -> list[float]:
    n = len(values)
    squares = math.fsum(v * v for v in values)
    mean = math.fsum(values) / n
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / n)
    exps = math.fsum(math.exp(min(v, 700.0)) for v in values)
    return [
        mean * n,
        mean,
        math.sqrt(squares),
        math.sqrt(squares / n),
        deviation,
        exps,
        max(values),
        min(values),
    ]
