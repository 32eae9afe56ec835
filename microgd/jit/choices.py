"""Choices that make no difference in mathematics, and are left out of a formula for people.

The rules of the table choose between forms of one formula for the sake of rounding, and avoid 0 / 0. Which
choices these are is found by computing: a choice makes no difference if one of its sides gives the same
numbers at many points.

This module uses `ops` and `program`.
"""

from __future__ import annotations

import itertools
import math
import random

from ..ops import Primitive
from .program import CONSTANT, INPUT, WHERE, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NUMBERS = (-20.0, -2.5, -1.0, -0.3, 0.0, 0.3, 1.0, 2.5, 20.0)
"""What the operands are, in all combinations or many: both signs, 0, ties, and borders at 1."""

CLOSE = 1e-9
"""Two forms of one formula differ by roundings only, and these may cancel."""


def points_of(row: Primitive, count: int) -> list[tuple[float, ...]]:
    """Operands and the value of the row, at many points."""
    if count <= 2:
        operands = [*itertools.product(NUMBERS, repeat=count)]
    else:
        draw = random.Random(0)
        operands = [tuple(draw.choices(NUMBERS, k=count)) for _ in range(300)]
    return [(*xs, row.value(*xs)) for xs in operands]


def plainest(
    program: Program, output: int, points: Sequence[Sequence[float]], text: Callable[[Program, int], str]
) -> str:
    """The text of a program without the choices that make no difference at these points.

    points  of each what the inputs are
    text    what prints a program

    There may be several such texts. The best is nan at the fewest points, and the shortest of those.
    """
    wanted = [program.run(point)[output] for point in points]
    found: dict[str, tuple[float, bool]] = {}  # at how many points it is nan, and whether it can be simpler
    programs = [(program, output, 0.0)]
    for program, output, missing in programs:
        known = text(program, output)
        if known in found:
            continue
        simpler = []
        for i, row in enumerate(program.rows):
            # A choice may be one of its sides, and a clamp its first operand.
            sides = program.operands[i][1:] if row is WHERE else program.operands[i][: row.name == "clamp"]
            for side in sides:
                candidate, at = _replaced(program, output, i, side)
                missing_there = _difference([candidate.run(point)[at] for point in points], wanted)
                if missing_there <= len(points) // 4:
                    simpler.append((candidate, at, missing_there))
        found[known] = missing, bool(simpler)
        programs += simpler
    return min([(missing, len(each), each) for each, (missing, more) in found.items() if not more])[2]


def _replaced(program: Program, output: int, i: int, side: int) -> tuple[Program, int]:
    """The program with the operation `side` in the place of i."""
    fresh = Program()
    now: list[int] = []
    for j, (row, operands) in enumerate(zip(program.rows, program.operands, strict=True)):
        if row is INPUT:
            now.append(fresh.input())
        elif row is CONSTANT:
            now.append(fresh.constant(program.constants[j]))
        else:
            now.append(now[side] if i == j else fresh.operation(row, tuple([now[k] for k in operands])))
    fresh, at = fresh.finished([now[output]])
    return fresh, at[now[output]]


def _difference(got: list[float], wanted: list[float]) -> float:
    """At how many points a number is missing, as in 0 / 0; inf if another number differs."""
    missing = 0
    for x, y in zip(got, wanted, strict=True):
        if x != x:
            missing += y == y
        elif not math.isclose(x, y, rel_tol=CLOSE, abs_tol=CLOSE):
            return math.inf
    return missing
