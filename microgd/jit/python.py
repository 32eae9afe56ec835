"""Prints a program as readable Python, and runs it. It needs nothing but Python.

    def loss(shared, samples, sums):
        w0, w1, b = shared
        total, d_w0, d_w1, d_b = sums
        for x0, x1, y in samples:
            t1 = x0 * w0 + x1 * w1 + b
            ...
            total += t2
            d_w0 += x0 * t3

Each result is that of the table to the last bit: an operation is Python's own, or a call of the table's
function. A number that is used once is written where it is used.

This module uses `ops` and `program`.
"""

from __future__ import annotations

import keyword
import math
import re
from array import array
from itertools import chain, repeat

from ..ops import PICK, TABLE, Primitive
from .program import CONDITIONS, CONSTANT, DIV, DOT, INPUT, SUM, WHERE, Routine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

# How tightly a printed expression binds: an operand that binds less gets parentheses.
CHOICE, OR, AND, NOT, COMPARISON, SUMMAND, FACTOR, SIGN, ATOM = range(9)

_ROWS = {**TABLE, **CONDITIONS}

EXPRESSIONS: dict[Primitive, tuple[str, int]] = {
    _ROWS[name]: expression
    for name, expression in {
        "add": ("{0} + {1}", SUMMAND),
        "sub": ("{0} - {1}", SUMMAND),
        "mul": ("{0} * {1}", FACTOR),
        "div": ("{0} / {1} if {1} else div({0}, {1})", CHOICE),
        "neg": ("-{0}", SIGN),
        "where": ("{1} if {0} else {2}", CHOICE),
        "relu": ("{0} if {0} > 0.0 or {0} != {0} else 0.0", CHOICE),
        "leaky_relu": ("{0} if {0} > 0.0 else {1} * {0}", CHOICE),
        "maximum": ("{0} if {0} >= {1} or {0} != {0} else {1}", CHOICE),
        "minimum": ("{0} if {0} <= {1} or {0} != {0} else {1}", CHOICE),
        "lt": ("{0} < {1}", COMPARISON),
        "le": ("{0} <= {1}", COMPARISON),
        "gt": ("{0} > {1}", COMPARISON),
        "ge": ("{0} >= {1}", COMPARISON),
        "eq": ("{0} == {1}", COMPARISON),
        "ne": ("{0} != {1}", COMPARISON),
        "xor": ("{0} is not {1}", COMPARISON),
        "and": ("{0} and {1}", AND),
        "or": ("{0} or {1}", OR),
        "not": ("not {0}", NOT),
    }.items()
}
"""What Python itself computes, written as the functions of the table do. All others are calls of these."""

_WRITTEN = {
    row: tuple([max(1, text.count(f"{{{k}}}")) for k in range(3)]) for row, (text, _) in EXPRESSIONS.items()
}
"""How often an expression has each of its operands."""

_OWN_NAMES = {"shared", "samples", "sums", "results", "inf", "nan", "int"}
"""What the code itself calls something."""

_DEEPEST = 12  # expressions in expressions
_LONGEST = 64  # terms of a sum in one line


def identifier(text: str) -> str:
    """A Python name that is made of this text, whatever it is."""
    name = _NO_LETTERS.sub("_", text)[:40].strip("_")
    if not name or name[0].isdigit():
        name = f"p{name}"
    taken = keyword.iskeyword(name) or (name[0] == "t" and name[1:].isdigit())
    return f"{name}_" if taken else name


_NO_LETTERS = re.compile(r"[^0-9a-zA-Z]+")


class _Printer:
    """A routine as text: names, and how often each number is used."""

    def __init__(self, routine: Routine, name: str, inputs: Sequence[str], sums: Sequence[str]) -> None:
        self.routine, self.program = routine, routine.program
        self.functions: dict[str, Any] = {}
        self._function_names: dict[Primitive, str] = {}
        self._taken = dict.fromkeys(_OWN_NAMES | {"div"} | {row.name for row in self.program.rows}, 1)
        self.name = self._unused(identifier(name))
        self.inputs = [self._unused(identifier(x)) for x in inputs]
        self.sums = [self._unused(identifier(x)) for x in sums]
        self._uniform = routine.uniform()
        self._uses = self._counted()
        self._text: dict[int, tuple[str, int, int]] = {}  # text, how it binds, how deep it is

    def _unused(self, name: str) -> str:
        """The name, or name_2, name_3 ... if it is taken."""
        fresh = name
        while fresh in self._taken:
            self._taken[name] += 1
            fresh = f"{name}_{self._taken[name]}"
        self._taken[fresh] = 1
        return fresh

    def _counted(self) -> list[int]:
        """How often a number is written; once more, if the loop uses what is computed before it."""
        uses = [0] * len(self.program)
        for i, row in enumerate(self.program.rows):
            if row is INPUT:
                continue
            for j, written in zip(self.program.operands[i], _WRITTEN.get(row) or repeat(1)):
                uses[j] += written + (self._uniform[j] > self._uniform[i])
        for i in (*self.routine.each, *(i for terms in self.routine.sums for i in terms)):
            uses[i] += 1 + (self._uniform[i] and self.routine.own > 0)
        return uses

    def printed(self) -> str:
        """The function."""
        own, each = self.inputs[self.routine.shared :], self.routine.each
        lines = [f"def {self.name}(shared, samples, sums):"]
        lines += _unpacked(self.inputs[: self.routine.shared], "shared", 4) + _unpacked(self.sums, "sums", 4)
        lines += self._statements(True, "    ")
        margin = "    "
        if own:
            lines += ["    results = []"] if each else []
            lines.append(f"    for {', '.join(own)}{',' if len(own) == 1 else ''} in samples:")
            margin = "        "
            lines += self._statements(False, margin)
        for name, terms in zip(self.sums, self.routine.sums):
            lines += [f"{margin}{name} += {self._operand(i, CHOICE)}" for i in terms]
        row = [self._operand(i, OR) for i in each]
        comma = "," if len(row) == 1 else ""
        results = "results" if own and each else "[]"
        if row and own:
            lines += _wrapped("results.append((", row, f"{comma}))", 8)
        elif row:
            lines += _wrapped("results = [(", row, f"{comma})]", 4)
            results = "results"
        elif own and not self.routine.sums:
            lines.append("        pass")
        comma = "," if len(self.sums) == 1 else ""
        lines += _wrapped("return (", self.sums, f"{comma}), {results}", 4)
        return "\n".join(lines) + "\n"

    def _statements(self, uniform: bool, indent: str) -> list[str]:
        lines: list[str] = []
        for i, row in enumerate(self.program.rows):
            if row is CONSTANT:
                self._text[i] = _literal(self.program.constants[i])
            elif row is INPUT:
                self._text[i] = self.inputs[self.program.operands[i][0]], ATOM, 0
            elif bool(self._uniform[i]) is uniform and self._uses[i]:
                text, binding, depth = self._expression(i, row, lines, indent)
                if self._uses[i] > 1 or depth > _DEEPEST:
                    lines.append(f"{indent}t{i} = {text}")
                    text, binding, depth = f"t{i}", ATOM, 0
                self._text[i] = text, binding, depth
        return lines

    def _expression(self, i: int, row: Primitive, lines: list[str], indent: str) -> tuple[str, int, int]:
        operands = self.program.operands[i]
        depth = 1 + max([self._text[j][2] for j in operands], default=0)
        if row is SUM or row is DOT:
            return *self._sum(i, row, lines, indent), depth
        if row is DIV and self.program.constants.get(operands[1]):
            pattern, binding = "{0} / {1}", FACTOR
        elif row in EXPRESSIONS:
            pattern, binding = EXPRESSIONS[row]
            if row is DIV:
                self.functions["div"] = row.value
        elif row is PICK:
            options = ", ".join([self._operand(j, OR) for j in operands[1:]])
            return f"({options},)[int({self._operand(operands[0], CHOICE)})]", ATOM, depth
        else:
            return f"{self._call(row)}({', '.join([self._operand(j, OR) for j in operands])})", ATOM, depth
        needed = OR if row is WHERE else None
        texts = [self._operand(j, needed or _needed(binding, k)) for k, j in enumerate(operands)]
        return pattern.format(*texts), binding, depth

    def _sum(self, i: int, row: Primitive, lines: list[str], indent: str) -> tuple[str, int]:
        """A sum from left to right, over several lines if it is long."""
        operands = self.program.operands[i]
        if row is SUM:
            terms = [self._operand(j, FACTOR) for j in operands]
        else:
            n = len(operands) // 2
            pairs = zip(operands[:n], operands[n:])
            terms = [f"{self._operand(x, FACTOR)} * {self._operand(w, SIGN)}" for x, w in pairs]
            terms += [self._operand(j, FACTOR) for j in operands[2 * n :]]
        if i not in self.program.plain_start:
            terms.insert(0, "0.0")
        while len(terms) > _LONGEST:
            lines.append(f"{indent}t{i} = {' + '.join(terms[:_LONGEST])}")
            terms[:_LONGEST] = [f"t{i}"]
        return " + ".join(terms), SUMMAND if len(terms) > 1 else FACTOR

    def _operand(self, i: int, binding: int) -> str:
        text, own, _ = self._text[i]
        return text if own >= binding else f"({text})"

    def _call(self, row: Primitive) -> str:
        name = self._function_names.get(row)
        if name is None:
            name = identifier(row.name)
            if name != row.name or name in _OWN_NAMES:
                name = self._unused(name)
            self._function_names[row] = name
            self.functions[name] = row.value
        return name


def _needed(binding: int, position: int) -> int:
    """How tightly an operand must bind: in a chain, the first as much as the whole, others more."""
    if binding == CHOICE:
        return ATOM
    if binding in (SUMMAND, FACTOR):
        return binding + (position > 0)
    return SIGN if binding == SIGN else binding + 1


def _literal(x: Any) -> tuple[str, int, int]:
    if isinstance(x, bool) or math.isfinite(x):
        text = repr(x if isinstance(x, bool) else float(x))
    else:
        text = "nan" if x != x else "inf" if x > 0 else "-inf"
    return text, SIGN if text[0] == "-" else ATOM, 0


def _unpacked(names: Sequence[str], source: str, indent: int) -> list[str]:
    if not names:
        return []
    return _wrapped("(", names, f",) = {source}" if len(names) == 1 else f") = {source}", indent)


def _wrapped(start: str, items: Sequence[str], end: str, indent: int) -> list[str]:
    """start item, item, ... end: over several lines, if it is long."""
    margin = " " * indent
    line = f"{margin}{start}{', '.join(items)}{end}"
    if len(line) <= 100:
        return [line]
    lines, current = [f"{margin}{start}"], ""
    for item in items:
        if current and len(current) + len(item) > 90:
            lines.append(f"{margin}    {current.rstrip()}")
            current = ""
        current += f"{item}, "
    return [*lines, f"{margin}    {current.rstrip()}", f"{margin}{end.lstrip(',')}"]


class Built:
    """A routine that runs in Python.

    source  its code
    """

    def __init__(self, source: str, run: Callable[..., Any], routine: Routine) -> None:
        self.source = source
        self._run = run
        self._own, self._columns = routine.own, routine.columns

    def bind(
        self,
        shared: Any,
        samples: Sequence[Any],
        order: Any,
        sums: Any,
        each: Sequence[Any],
    ) -> Callable[[int, int], None]:
        """A call(start, n) of the routine for n samples from `start` on, with these buffers."""
        run = self._run

        def call(start: int, n: int) -> None:
            chosen = range(start, start + n) if order is None else order[start : start + n]
            rows: Any
            if samples:
                if self._columns:
                    rows = zip(*[[column[i] for i in chosen] for column in samples], strict=True)
                else:
                    rows = iter([samples[0][i * self._own : (i + 1) * self._own] for i in chosen])
                totals, results = run(shared.tolist(), rows, sums.tolist())
            else:  # the code has no loop
                totals, results = sums.tolist(), []
                for _ in chosen:
                    totals, row = run(shared.tolist(), (), totals)
                    results += row
            if totals:
                sums[:] = array("d", totals)
            if self._columns:
                for column, numbers in zip(each, zip(*results, strict=True)):
                    column[:n] = array("d", numbers)
            elif each and results:
                every = array("d", chain.from_iterable(results))
                each[0][: len(every)] = every

        return call


def _printer(routine: Routine, name: str, inputs: Sequence[str], sums: Sequence[str]) -> _Printer:
    inputs = inputs or [f"x{k}" for k in range(len(routine.program.inputs))]
    return _Printer(routine, name, inputs, sums or [f"sum{k}" for k in range(len(routine.sums))])


def printed(
    routine: Routine, name: str = "function", inputs: Sequence[str] = (), sums: Sequence[str] = ()
) -> str:
    """The routine as the text of a Python function.

    inputs, sums  names for the text; what they are makes no difference to the results
    """
    return _printer(routine, name, inputs, sums).printed()


def built(
    routine: Routine, name: str = "function", inputs: Sequence[str] = (), sums: Sequence[str] = ()
) -> Built:
    """The routine as a Python function, ready to run. Arguments as in `printed`."""
    printer = _printer(routine, name, inputs, sums)
    source = printer.printed()
    space = {**printer.functions, "inf": math.inf, "nan": math.nan}
    exec(compile(source, f"<microgd.compile: {printer.name}>", "exec"), space)
    return Built(source, space[printer.name], routine)
