"""Small expressions: what they are, and how they are written.

An expression is a program without branches: its leaves, its steps, and the backward passes in between.
Any engine can run it. Of ours, only the names of the table (`ops`) are used.
"""

from __future__ import annotations

import builtins
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from ...ops import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NAMES = "abcdefghijklmnopqrstuvwxyz"
BASES = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 3, "pow": 4}  # how tightly an operator binds
ATOM = 9


class Operation(NamedTuple):
    """One way to call a primitive.

    row        its name in the table
    form       how it is written: "{} + {}"
    apply      computes it with anything that can do it
    number_at  the position of the operand that is a plain number, if there is one
    whole      whether that number must be an integer
    """

    row: str
    form: str
    apply: Callable[..., Any]
    number_at: int | None = None
    whole: bool = False

    @property
    def values(self) -> int:
        """How many operands are no plain numbers."""
        return len(TABLE[self.row].partials) - (self.number_at is not None)

    @property
    def sign(self) -> str:
        """What is written between the operands, or the name."""
        return self.form.replace("{}", "").strip(" .()")

    @property
    def text(self) -> str:
        """As an example: "a - b", "a - 2", "2 - a"."""
        return self.form.format(*self.filled("ab"[: self.values], "2"))

    @property
    def binds(self) -> int:
        """How tightly it binds."""
        return BASES[self.row] if self.form[0] in "{-" and "." not in self.form else ATOM

    def filled(self, operands: Sequence[Any], number: Any) -> list[Any]:
        """All operands: the number is put in its position."""
        every = list(operands)
        if self.number_at is not None:
            every.insert(self.number_at, number)
        return every


def operators() -> Iterator[Operation]:
    """What Python has a sign for, with Values and with plain numbers, + and * of Values first.

    The later ones may be built from the earlier ones, as -x is x * -1, and a / b is a * b ** -1.
    """
    signs: dict[str, tuple[str, Callable[..., Any]]] = {
        "add": ("{} + {}", operator.add),
        "mul": ("{} * {}", operator.mul),
        "neg": ("-{}", operator.neg),
        "pow": ("{} ** {}", operator.pow),
        "sub": ("{} - {}", operator.sub),
        "div": ("{} / {}", operator.truediv),
        "abs": ("abs({})", builtins.abs),
    }
    every = [(row, at) for row in signs for at in (None, 1, 0)]
    for row, at in sorted(every, key=lambda one: one not in (("add", None), ("mul", None))):
        if at is None or len(TABLE[row].partials) == 2:
            yield Operation(row, *signs[row], at)


def method(row: str) -> Operation:
    """A function of one operand, called as a method."""
    return Operation(row, f"{{}}.{row}()", operator.methodcaller(row))


class Step(NamedTuple):
    """An operation at the nodes of these indices: first come the leaves, then the steps."""

    operation: Operation
    operands: tuple[int, ...]
    number: float | None = None


class Walk(NamedTuple):
    """A backward pass of the node `root`, when the first `after` steps have been computed."""

    after: int
    root: int


class Expression(NamedTuple):
    """Numbers at the leaves, steps, and backward passes."""

    numbers: tuple[float, ...]
    steps: tuple[Step, ...]
    walks: tuple[Walk, ...]

    @property
    def last(self) -> int:
        """The index of the last node."""
        return len(self.numbers) + len(self.steps) - 1

    @property
    def size(self) -> tuple[int, int, int, int]:
        """What makes it hard to follow by hand, the most important first."""
        operands = sum(len(step.operands) for step in self.steps)
        return len(self.walks), len(set(self.walks)), len(self.steps), operands

    def once(self) -> Expression:
        """The same with one backward pass, of the last node."""
        return self._replace(walks=(Walk(len(self.steps), self.last),))

    @property
    def is_single(self) -> bool:
        """Whether it is one operation of different leaves."""
        return len(self.steps) == 1 and len(set(self.steps[0].operands)) == len(self.steps[0].operands)

    def uses(self) -> list[int]:
        """How often each node is an operand."""
        counts = [0] * (self.last + 1)
        for step in self.steps:
            for i in step.operands:
                counts[i] += 1
        return counts

    # --- how it is written ---

    def texts(self) -> list[tuple[str, int, bool]]:
        """Each node as it is written in what follows: its text, how tightly it binds, whether it is named."""
        leaves = len(self.numbers)
        uses = self.uses()
        roots = {walk.root for walk in self.walks}
        simple = self.walks == self.once().walks
        written = [(NAMES[i], ATOM, False) for i in range(leaves)]
        free = leaves
        for i, step in enumerate(self.steps, leaves):
            inline = (uses[i] == 1 and i not in roots) or (simple and i == self.last and uses[i] == 0)
            if inline:
                written.append((*self._step(step, written), False))
            else:
                written.append((NAMES[free], ATOM, True))
                free += 1
        return written

    def _step(self, step: Step, written: list[tuple[str, int, bool]]) -> tuple[str, int]:
        operation = step.operation
        shown: list[tuple[str, int]] = [written[i][:2] for i in step.operands]
        number = "" if step.number is None else f"{step.number:.6g}"
        every = operation.filled(shown, (number, ATOM if not number.startswith("-") else 0))
        binds = operation.binds
        if operation.form.startswith("abs("):
            needed = [0]
        elif binds == ATOM:
            needed = [ATOM]
        else:
            needed = [binds + (operation.row in ("pow", "neg")), binds + 1]
        parts = [
            text if has >= need else f"({text})" for (text, has), need in zip(every, needed, strict=False)
        ]
        return operation.form.format(*parts), binds

    def __str__(self) -> str:
        written = self.texts()
        leaves = len(self.numbers)
        simple = self.walks == self.once().walks
        lines = []
        for i, step in enumerate(self.steps, leaves):
            if written[i][2]:
                lines.append(f"{written[i][0]} = {self._step(step, written)[0]}")
            if not simple:
                lines += [f"{written[w.root][0]}.backward()" for w in self.walks if w.after == i - leaves + 1]
        if simple:
            lines.append(written[self.last][0])
        return "; ".join(lines)

    def at(self) -> str:
        """The numbers at the leaves, as in "a = 2, b = 3"."""
        return ", ".join(f"{name} = {x:.6g}" for name, x in zip(NAMES, self.numbers, strict=False))
