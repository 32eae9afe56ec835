"""The Jacobian of a function, and the one that its rule stands for, entry by entry.

It uses `probe`. A rule that is asked with the upstream gradient 1 for one output, and 0 for all others, gives
its partials of that output with respect to every input. `entries` and `bindings` compare them with the
measured ones.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .findings import Finding
    from .probe import Point, Probe

    Matrix = list[list[float]]  # [input][output]
    Entry = tuple[int, int]  # an input and an output

POINTS = 10
"""At so many points, the two Jacobians are compared."""

OUTPUTS = 12
"""Of more outputs, a sample of so many is compared."""

RELATIVE = 1e-6
"""How far two equal entries may be apart, relative to themselves."""

ABSOLUTE = 1e-9
"""How far they may be apart, relative to the largest entry."""

CLEAR = 1e-4
"""An entry is known to six digits if it is not smaller than this, relative to the largest entry."""


class Jacobians:
    """The two Jacobians at some points.

    inputs, outputs  the inputs whose gradients are wrong, and the outputs that are looked at
    right, given     for each point, the partials: [input][output], 0 for outputs that are not looked at
    paired           whether each input has an output of its own, at the same position
    """

    def __init__(self, probe: Probe, wrong: Sequence[int]) -> None:
        self.probe, self.inputs = probe, list(wrong)
        self.points = probe.points[:POINTS]
        self.paired = probe.is_square() and probe.width > 1
        self.outputs = self._sample(len(self.points[0].outs))
        self.right = [probe.jacobian(p, self.outputs) for p in self.points]
        self.given = [self._asked(p) for p in self.points]
        self._groups: dict[int, tuple[list[int], list[int]]] = {}
        self.scale = [max(abs(v) for row in matrix for v in row) or 1.0 for matrix in self.right]

    def _sample(self, count: int) -> list[int]:
        """All outputs; of many, those of the wrong inputs and some others."""
        if count <= OUTPUTS:
            return list(range(count))
        first = [i for i in self.inputs if i < count] if self.paired else []
        others = [j for j in range(count) if j not in first]
        step = len(others) / OUTPUTS
        spread = [others[int(k * step)] for k in range(OUTPUTS)]
        return sorted([*first, *spread][:OUTPUTS])

    def _asked(self, p: Point) -> Matrix:
        """The partials that the rule stands for."""
        matrix = [[0.0] * len(p.outs) for _ in p.xs]
        for j in self.outputs:
            unit = [float(j == k) for k in range(len(p.outs))]
            for i, partial in enumerate(self.probe.ask(p, unit)):
                matrix[i][j] = partial
        return matrix

    def entries(self) -> list[Entry]:
        """(input, output) of each entry that is looked at."""
        return [(i, j) for i in self.inputs for j in self.outputs]

    def same(self, k: int, a: float, b: float) -> bool:
        """Whether two entries at point k are equal, as far as they are known."""
        return math.fabs(a - b) <= RELATIVE * max(math.fabs(a), math.fabs(b)) + ABSOLUTE * self.scale[k]

    def each(self) -> Iterator[tuple[int, Matrix, Matrix]]:
        """(the number of the point, the right Jacobian, the given one)"""
        yield from zip(range(len(self.points)), self.right, self.given, strict=True)

    def is_right(self, entry: Entry, factor: float = 1.0) -> bool:
        """Whether this partial of the rule is the right one, times a factor, at every point."""
        i, j = entry
        return all(self.same(k, given[i][j], factor * right[i][j]) for k, right, given in self.each())

    def is_zero(self, entry: Entry, matrices: Sequence[Matrix]) -> bool:
        """Whether this partial is 0 at every point."""
        i, j = entry
        return all(self.same(k, matrix[i][j], 0.0) for k, matrix in enumerate(matrices))

    def is_clear(self, k: int, value: float) -> bool:
        """Whether a value at point k is known to six digits."""
        return math.fabs(value) >= CLEAR * self.scale[k]

    def group(self, i: int) -> tuple[list[int], list[int]]:
        """The inputs and the outputs that input i shares outputs and inputs with: its row of a batch."""
        if i not in self._groups:
            uses = {
                a: [j for j in self.outputs if not self.is_zero((a, j), self.right)]
                for a in range(self.probe.width)
            }
            inputs, outputs = {i}, set(uses[i])
            while True:
                more = {a for a, used in uses.items() if outputs & set(used)} - inputs
                if not more:
                    break
                inputs |= more
                outputs |= {j for a in more for j in uses[a]}
            whole = len(inputs) == self.probe.width
            p = self.points[0]
            self._groups[i] = (
                list(range(len(self.probe.all_inputs(p)))) if whole else sorted(inputs),
                list(range(len(p.outs))) if whole else sorted(outputs) or self.outputs,
            )
        return self._groups[i]


def compared(probe: Probe, wrong: Sequence[int]) -> Finding | None:
    """What the two Jacobians say of a rule: the first question with an answer."""
    from .bindings import BINDINGS
    from .entries import ENTRIES

    try:
        both = Jacobians(probe, wrong)
        for question in (*ENTRIES, *BINDINGS):
            found = question(both)
            if found is not None:
                return found[0], _of_one_output(found[1]) if probe.scalar else found[1]
    except Refused:  # the rule has no answer where one upstream gradient is 0
        return None
    return None


def _of_one_output(text: str) -> str:
    """A sentence on entries, for a function that returns one number."""
    return (
        text.replace("out[j]", "out")
        .replace("out[0]", "out")
        .replace(", and out the output that contributes", "")
    )
