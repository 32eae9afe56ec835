"""A row of the table as a routine: its value and its partials, as the table's own rule computes them.

The rule is run on Symbols, which write down what it does. So a printer prints a partial without any text
of its own about it.

This module uses `ops`, `program` and `symbol`.
"""

from __future__ import annotations

from ..ops import OFF, Primitive
from .program import Program, Routine
from .symbol import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def names_of(row: Primitive, count: int | None = None) -> list[str]:
    """The names of the operands of a row: those of its function; x1, x2, ... of a reduction.

    count  of the operands of a reduction, 2 if it is not given. (A dot product has x1, x2, w1, w2, and with
           an odd number a bias b)
    """
    if type(row.partials) is tuple:
        function = getattr(row.value, "__wrapped__", row.value)  # a user's own
        return list(function.__code__.co_varnames[: len(row.partials)])
    if row.name != "dot":
        return [f"x{i + 1}" for i in range(2 if count is None else count)]
    n, odd = divmod(4 if count is None else count, 2)
    return [f"{letter}{i + 1}" for letter in "xw" for i in range(n)] + ["b"] * odd


def rule(row: Primitive, count: int | None = None) -> Routine:
    """The routine of one sample that returns the value of a row and then each of its partials."""
    program = Program()
    operands = [Symbol(program, program.input()) for _ in names_of(row, count)]
    out = row(*operands)
    partials = row.partials_at(operands, out, [True] * len(operands))
    results = [_operation(program, x) for x in [out, *partials]]
    return Routine(program, len(operands), 0, [], results)


def partials_of(row: Primitive, count: int | None = None) -> tuple[Program, list[int]]:
    """A program with the operands of a row and its value as inputs, and which operations the partials are."""
    program = Program()
    *operands, out = [Symbol(program, program.input()) for _ in [*names_of(row, count), "out"]]
    partials = row.partials_at(operands, out, [True] * len(operands))
    return program, [_operation(program, x) for x in partials]


def _operation(program: Program, x: Any) -> int:
    """The operation that is this Symbol or this number."""
    index = x.index if isinstance(x, Symbol) else program.constant(x if x is OFF else float(x))
    return program.unmasked(index)


def row_is_missing(row: Primitive, language: str) -> NotImplementedError:
    """The error of a printer that has no text for a row."""
    return NotImplementedError(
        f"the primitive {row.name!r} has no {language}: a printer knows the rows of microgd.ops,"
        " and a primitive of your own runs in Python only"
    )
