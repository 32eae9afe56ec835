"""A program: straight-line code, a list of operations on numbers. Each operation is written once.

Tracing writes a program; printers read it. An operation is a row of the table and the numbers of its
operands, which are earlier operations. Three kinds of rows are no functions of the table: `INPUT`,
`CONSTANT`, and the comparisons in `CONDITIONS`.

What is simplified here changes no result, not even the last bit or the sign of a zero.

This module uses `ops`.
"""

from __future__ import annotations

import _operator as operator
import math
from array import array

from ..ops import OFF, TABLE, Primitive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

INPUT = Primitive("input", math.nan.__pos__, ())
CONSTANT = Primitive("constant", math.nan.__pos__, ())

_TESTS: dict[str, Any] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "not": lambda x: x ^ True,  # of a symbol, too
}

CONDITIONS = {name: Primitive(name, test, ()) for name, test in _TESTS.items()}
"""Rows whose result is no number but a bool: what `where` chooses by."""

ADD, SUB, MUL, DIV, POW = (TABLE[name] for name in ("add", "sub", "mul", "div", "pow"))
NEG, WHERE = TABLE["neg"], TABLE["where"]
DOT, SUM, MEAN = (TABLE[name] for name in ("dot", "sum", "mean"))

_COMPARISONS = {CONDITIONS[name] for name in ("lt", "le", "gt", "ge", "eq", "ne")}
_EVEN = {
    TABLE[name]
    for name in (
        *("abs", "cos", "cosh", "erfc", "exp", "exp2", "log", "log2", "log10", "logsumexp"),
        *("relu", "sigmoid", "softplus"),
    )
}
"""The same result for 0 and -0."""

_ODD = {
    TABLE[name]
    for name in (
        *("neg", "sqrt", "cbrt", "sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "expm1"),
        *("log1p", "erf", "softsign", "silu", "mish", "gelu", "gelu_tanh", "sign"),
    )
}
"""The result for -0 differs from that for 0 by its sign at most."""

_NEVER_MINUS_ZERO = {
    TABLE[name] for name in ("abs", "cosh", "erfc", "exp", "exp2", "relu", "sigmoid", "softplus")
}

ESCAPED = (
    "this number belongs to a compiled function that has ended: a Value that the function keeps somewhere is"
    " known only while the function is traced. Let the function return it instead."
)


class Program:
    """A list of operations.

    rows      the row of each operation
    operands  of each the numbers of its operands. Of an input: which input it is
    constants the number of each operation that is a constant: a float, or a bool if it is a condition
    inputs    the operations that are inputs, in order
    plain_start  sums and dot products (their operations) that may begin with their first term. Others begin
              with 0.0 as the table says, which makes a difference if all terms are -0
    demands   (input, holds, complaint): what is asked of an input before each call
    closed    True when the function that wrote it has ended: from then on nothing may be added
    """

    def __init__(self) -> None:
        self.rows: list[Primitive] = []
        self.operands: list[tuple[int, ...]] = []
        self.constants: dict[int, Any] = {}
        self.inputs: list[int] = []
        self.plain_start: set[int] = set()
        self.demands: list[tuple[int, Any, Any]] = []
        self.closed = False
        self._known: dict[Any, int] = {}
        self._masked: set[int] = set()

    def __len__(self) -> int:
        return len(self.rows)

    # --- how it is written ---

    def input(self) -> int:
        """A new input."""
        self.inputs.append(len(self.rows))
        return self._new(INPUT, (len(self.inputs) - 1,))

    def constant(self, x: Any) -> int:
        """The operation that is this number, or this bool."""
        if type(x) is not float and type(x) is not bool and x is not OFF:
            x = float(x)  # of NumPy, say, whose comparisons are no bools
        key = (CONSTANT, type(x), x, math.copysign(1.0, x)) if x == x else (CONSTANT, "nan")
        i = self._known.get(key)
        if i is None:
            i = self._known[key] = self._new(CONSTANT, ())
            self.constants[i] = x
            if x is OFF:
                self._masked.add(i)
        return i

    def _new(self, row: Primitive, operands: tuple[int, ...]) -> int:
        if self.closed:
            raise RuntimeError(ESCAPED)
        self.rows.append(row)
        self.operands.append(operands)
        return len(self.rows) - 1

    def operation(self, row: Primitive, operands: tuple[int, ...]) -> int:
        """The operation row(*operands): a known one, a simpler one, or a new one."""
        key = (row, *operands)
        i = self._known.get(key)
        if i is None:
            if row is ADD or row is MUL:  # the same in the other order
                i = self._known.get((row, operands[1], operands[0]))
            if i is None:
                i = self._written(row, operands)
            self._known[key] = i
        return i

    def _written(self, row: Primitive, operands: tuple[int, ...]) -> int:
        if not self._masked.isdisjoint(operands):
            masked = self._of_masked(row, operands)
            if masked is not None:
                return masked
            operands = tuple(map(self.unmasked, operands))
        constants = self.constants
        known = [constants[i] for i in operands if i in constants]
        if len(known) == len(operands) and known:
            return self.constant(row.value(*known))
        if known:
            simpler = self._simpler(row, operands)
            if simpler is not None:
                return simpler
        if row is MEAN:
            return self.operation(DIV, (self.operation(SUM, operands), self.constant(float(len(operands)))))
        if row is WHERE and operands[1] == operands[2]:
            return operands[1]
        if row is NEG and self.rows[operands[0]] is NEG:
            return self.operands[operands[0]][0]
        return self._new(row, operands)

    def _simpler(self, row: Primitive, operands: tuple[int, ...]) -> int | None:
        """What one known operand makes simpler, without any other rounding."""
        constants = self.constants
        if row is WHERE:
            condition, a, b = operands
            return (a if constants[condition] else b) if condition in constants else None
        if len(operands) != 2:
            return None
        a, b = operands
        if row is MUL:
            for x, other in ((constants.get(a), b), (constants.get(b), a)):
                if x == 1.0:
                    return other
                if x == -1.0:
                    return self.operation(NEG, (other,))
        elif row is ADD:
            for x, other in ((constants.get(a), b), (constants.get(b), a)):
                if x == 0.0 and (self._never_minus_zero(other) or math.copysign(1.0, x) < 0.0):
                    return other
        elif row is POW:
            x = constants.get(b)
            if x == 1.0:
                return a
            if x == 0.0:
                return self.constant(1.0)
        elif row is SUB or row is DIV:
            x = constants.get(b)
            if x == 1.0 if row is DIV else (x == 0.0 and math.copysign(1.0, x) > 0.0):
                return a
        elif row.name == "and" or row.name == "or":
            for x, other in ((constants.get(a), b), (constants.get(b), a)):
                if x is not None:
                    return other if bool(x) is (row.name == "and") else self.constant(bool(x))
        return None

    def _never_minus_zero(self, i: int) -> bool:
        x = self.constants.get(i)
        if x is not None:
            return x != 0.0 or math.copysign(1.0, x) > 0.0
        return self.rows[i] in _NEVER_MINUS_ZERO

    # A masked number is OFF, or chosen by a condition of which one side is masked. Times anything it is 0
    # where it is OFF. Elsewhere than in a product, OFF is 0.

    def _of_masked(self, row: Primitive, operands: tuple[int, ...]) -> int | None:
        """Products of masked numbers, and choices between them; None for all other operations."""
        if row is WHERE:
            condition, a, b = operands
            if condition in self.constants:
                return a if self.constants[condition] else b
            if a == b:
                return a
            i = self._new(row, operands)
            self._masked.add(i)
            return i
        if row is not MUL:
            return None
        a, b = operands if operands[0] in self._masked else operands[::-1]
        if self.constants.get(a) is OFF:
            return self.constant(0.0)
        condition, yes, no = self.operands[a]
        return self.operation(WHERE, (condition, self.operation(MUL, (yes, b)), self.operation(MUL, (no, b))))

    def unmasked(self, i: int) -> int:
        """The same number, 0 where it is OFF."""
        if i not in self._masked:
            return i
        if self.constants.get(i) is OFF:
            return self.constant(0.0)
        condition, yes, no = self.operands[i]
        return self.operation(WHERE, (condition, self.unmasked(yes), self.unmasked(no)))

    # --- how it is computed, without a printer ---

    def run(self, inputs: Sequence[Any]) -> list[Any]:
        """The results of all operations for these inputs, which may be floats, Values or symbols."""
        results: list[Any] = []
        for i, row in enumerate(self.rows):
            operands = self.operands[i]
            if row is INPUT:
                results.append(inputs[operands[0]])
            elif row is CONSTANT:
                results.append(self.constants[i])
            else:
                function = row.value if CONDITIONS.get(row.name) is row else row
                results.append(function(*[results[j] for j in operands]))
        return results

    # --- how it is finished ---

    def finished(self, outputs: Sequence[int], added: Iterable[int] = ()) -> tuple[Program, dict[int, int]]:
        """A program of what is needed for the outputs only, and where its operations are now.

        outputs  may be masked: then they are 0 where they are OFF
        added    outputs that are only added to a sum which is never -0: the sign of a zero does not matter

        Inputs stay, needed or not.
        """
        plain = {i: self.unmasked(i) for i in (*outputs, *added)}
        alive = self._alive(plain.values())
        needless, plain_start = self._needless_zeros(alive, {plain[i] for i in outputs})
        fresh = Program()
        now: dict[int, int] = {}
        for i in self.inputs:
            now[i] = fresh.input()
        for i in alive:
            row = self.rows[i]
            if row is CONSTANT:
                now[i] = fresh.constant(self.constants[i])
            elif i in needless:
                a, b = self.operands[i]
                now[i] = now[b if a in self.constants else a]
            elif row is not INPUT:
                now[i] = fresh._new(row, tuple([now[j] for j in self.operands[i]]))
        fresh.demands = [(now[i], holds, complaint) for i, holds, complaint in self.demands]
        fresh.plain_start = {now[i] for i in plain_start}
        return fresh, now | {i: now[j] for i, j in plain.items()}

    def _alive(self, outputs: Iterable[int]) -> list[int]:
        """Everything the outputs are made of, in order."""
        wanted = bytearray(len(self.rows))
        for i in outputs:
            wanted[i] = 1
        for i in range(len(self.rows) - 1, -1, -1):
            if wanted[i] and self.rows[i] is not INPUT:
                for j in self.operands[i]:
                    wanted[j] = 1
        return [i for i, want in enumerate(wanted) if want]

    def _needless_zeros(self, alive: Sequence[int], outputs: set[int]) -> tuple[set[int], set[int]]:
        """Sums 0.0 + x that can be left out, and sums and dot products that need not begin with 0.0.

        0.0 + x differs from x only if x is -0. So it can be left out where the sign of a zero makes no
        difference to any output. Whether it does depends on which other sums are never -0, and these are
        fewer if more is left out. So at first all candidates are left out, and those that make a
        difference are put back, until none does.
        """
        constants = self.constants
        candidates = {
            i
            for i in alive
            if (self.rows[i] is ADD and any(constants.get(j) == 0.0 for j in self.operands[i]))
            or self.rows[i] is SUM
            or self.rows[i] is DOT
        }
        while True:
            safe = self._safe(alive, candidates)
            matters = self._signs_that_matter(alive, outputs, safe)
            wrong = [i for i in candidates if matters[i]]
            if not wrong:
                break
            candidates.difference_update(wrong)
        sums = {i for i in candidates if self.rows[i] is ADD}
        return sums, candidates - sums

    def _safe(self, alive: Sequence[int], left_out: set[int]) -> bytearray:
        """Which numbers are never -0, if these zeros are left out."""
        safe = bytearray(len(self.rows))
        for i in alive:
            row, operands = self.rows[i], self.operands[i]
            if i in left_out:
                if row is ADD:
                    a, b = operands
                    safe[i] = safe[b if a in self.constants else a]
            elif row is ADD:
                safe[i] = safe[operands[0]] or safe[operands[1]]
            elif row is SUM or row is DOT:
                safe[i] = 1
            elif row is WHERE:
                safe[i] = safe[operands[1]] and safe[operands[2]]
            elif row is not INPUT:
                safe[i] = self._never_minus_zero(i)
        return safe

    def _signs_that_matter(self, alive: Sequence[int], outputs: set[int], safe: bytearray) -> bytearray:
        """For which numbers the sign of a zero makes a difference to an output."""
        matters = bytearray(len(self.rows))
        for i in outputs:
            matters[i] = 1
        for i in reversed(alive):
            row, operands = self.rows[i], self.operands[i]
            if row in _EVEN or row in _COMPARISONS or row is SUM or row is DOT or row is INPUT:
                continue
            if row is ADD:
                a, b = operands
                if matters[i]:
                    matters[a] |= not safe[b]
                    matters[b] |= not safe[a]
            elif row is MUL or row is NEG or row in _ODD:
                if matters[i]:
                    for j in operands:
                        matters[j] = 1
            elif row is WHERE:
                matters[operands[0]] = 1
                if matters[i]:
                    matters[operands[1]] = matters[operands[2]] = 1
            elif row is SUB:
                a, b = operands
                if matters[i]:
                    matters[a] = 1
                    matters[b] |= not safe[a]
            elif row is DIV:
                a, b = operands
                matters[b] = 1
                matters[a] |= matters[i]
            else:
                for j in operands:
                    matters[j] = 1
        return matters


class Routine:
    """What a printer prints: a program that is run once for each sample of a batch.

    program  its inputs are `shared` numbers, which are the same for all samples, and then `own` numbers,
             which each sample has for itself
    sums     for each sum, the operations that a sample adds to it, one after another in this order. Each sum
             starts at the number that the caller gives (never -0), and the first sample adds first
    each     the operations whose results each sample returns
    columns  how the numbers of samples are stored. True: a buffer for each number, in which each sample has
             one. False: one buffer, sample after sample

    With own = 0 it is an ordinary function of `shared` numbers: there is one sample.
    """

    def __init__(
        self,
        program: Program,
        shared: int,
        own: int,
        sums: Sequence[tuple[int, ...]],
        each: Sequence[int],
        columns: bool = False,
    ) -> None:
        every = [i for terms in sums for i in terms]
        program, now = program.finished(each, every)
        self.program = program
        self.shared = shared
        self.own = own
        self.sums = [tuple([now[i] for i in terms]) for terms in sums]
        self.each = [now[i] for i in each]
        self.columns = columns

    def buffers(self, n: int) -> list[Any]:
        """Buffers for the results of n samples."""
        if self.columns:
            return [array("d", bytes(8 * n)) for _ in self.each]
        return [array("d", bytes(8 * n * len(self.each)))]

    def uniform(self) -> bytearray:
        """Which operations are the same for all samples: those made of shared inputs and constants."""
        program = self.program
        found = bytearray(len(program))
        for i, row in enumerate(program.rows):
            if row is INPUT:
                found[i] = program.operands[i][0] < self.shared
            else:
                found[i] = all(found[j] for j in program.operands[i])
        return found
