"""Small expressions: random ones, how they are written, and the smallest one that still goes wrong.

An expression is a program without branches: its leaves, its steps, and the backward passes in between.
Any engine can run it. Values and partials come from the table (`ops`); nothing else of ours is used.
"""

from __future__ import annotations

import builtins
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..ops import TABLE

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

NAMES = "abcdefghijklmnopqrstuvwxyz"
LARGEST = 200.0  # no number and no partial in a random expression is larger
NEAR = 1e-3  # between x - NEAR and x + NEAR, a partial changes little: there is no kink, jump or pole
BASES = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 3, "pow": 4}  # how tightly an operator binds
ATOM = 9
POLYNOMIALS = ("add", "sub", "mul", "neg")  # smooth everywhere


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
    signs = {
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
            inline = uses[i] == 1 and i not in roots or (simple and i == self.last and uses[i] == 0)
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


class Computed(NamedTuple):
    """The value of every node, and of every step the partials for its operands that are no plain numbers."""

    values: list[float]
    partials: list[list[float]]


def computed(expression: Expression) -> Computed:
    """Values and partials by the table."""
    values, partials = [float(x) for x in expression.numbers], []
    for step in expression.steps:
        value, found = at(step.operation, [values[i] for i in step.operands], step.number)
        values.append(value)
        partials.append(found)
    return Computed(values, partials)


def at(operation: Operation, operands: Sequence[float], number: float | None) -> tuple[float, list[float]]:
    """The value and the partials of an operation."""
    row = TABLE[operation.row]
    if operation.number_at is None:
        value = row.value(*operands)
        return value, [partial(*operands, value) for partial in row.partials]
    every = operation.filled(operands, None if number is None else float(number))
    value = row.value(*every)
    return value, [p(*every, value) for k, p in enumerate(row.partials) if k != operation.number_at]


def smooth(expression: Expression) -> bool:
    """Whether every step is smooth there, and no number too large."""
    found = computed(expression)
    return all(
        smooth_at(step.operation, [found.values[i] for i in step.operands], step.number)
        for step in expression.steps
    )


def smooth_at(operation: Operation, operands: Sequence[float], number: float | None) -> bool:
    """Whether value and partials exist there and change little nearby: no kink, no jump, no pole."""
    here = at(operation, operands, number)
    if not _moderate(here):
        return False
    if operation.row in POLYNOMIALS:
        return True
    for i in range(len(operands)):
        for move in (-NEAR, NEAR):
            near = at(operation, [x + move * (j == i) for j, x in enumerate(operands)], number)
            if not _moderate(near):
                return False
            for a, b in zip(here[1], near[1], strict=True):
                if abs(a - b) > 20.0 * NEAR and abs(a - b) > 0.4 * min(1.0, abs(a) + abs(b)):
                    return False
    return True


def _moderate(found: tuple[float, list[float]]) -> bool:
    return all(abs(x) <= LARGEST for x in (found[0], *found[1]))  # not so for nan


# --- random expressions ---------------------------------------------------------------------------------


class Source(NamedTuple):
    """Where random expressions come from.

    operations  what they are made of
    whole       whether all numbers are integers
    """

    rng: random.Random
    operations: Sequence[Operation]
    whole: bool = False

    def number(self) -> float:
        """Of either sign, and now and then 0 or 1."""
        chance = self.rng.random()
        if chance < 0.16:
            x = 0.0 if chance < 0.08 else 1.0
            return int(x) if self.whole else x
        if self.whole:
            return self.rng.choice((-3, -2, 2, 3, 4, 5))
        return round(self.rng.choice((-1.0, 1.0)) * self.rng.uniform(0.3, 3.0), 2)

    def operand(self, operation: Operation) -> float | None:
        """The plain number among the operands. It is not too large as an exponent, and not 0 as a base."""
        if operation.number_at is None:
            return None
        whole = operation.whole or self.whole
        if operation.row == "pow" and operation.number_at == 1:
            return self.rng.choice((2, 3) if self.whole else (2, 3, -1) if whole else (2, 3, -1, 0.5))
        number = self.rng.choice((-3, -2, 2, 3)) if whole else self.number()
        return abs(number) + 1 if operation.row == "pow" else number

    def draw(self, steps: int, leaves: int, walks: int = 1) -> Expression:
        """An expression of so many steps and leaves; all nodes but a few count for the result."""
        for _ in range(200):
            expression = self._drawn(steps, leaves, walks)
            if expression is not None:
                return expression
        raise ValueError("no smooth expression was found")

    def _drawn(self, steps: int, leaves: int, walks: int) -> Expression | None:
        rng = self.rng
        numbers: list[float] = []
        for _ in range(leaves):
            numbers.append(rng.choice(numbers) if numbers and rng.random() < 0.15 else self.number())
        values = [float(x) for x in numbers]
        made: list[Step] = []
        for k in range(steps):
            for _ in range(8):
                step = self._step(leaves + k)
                operands = [values[i] for i in step.operands]
                if smooth_at(step.operation, operands, step.number):
                    value, partials = at(step.operation, operands, step.number)
                    if not self.whole or all(x.is_integer() for x in (value, *partials)):
                        break
            else:
                return None
            made.append(step)
            values.append(value)
        last = leaves + steps - 1
        passes = [Walk(steps, last)]
        while len(passes) < walks:
            kind = rng.random()
            if kind < 0.4:  # the same again
                passes.append(passes[-1])
            else:
                after = steps if kind < 0.7 else rng.randint(1, steps)
                passes.insert(0, Walk(after, leaves + rng.randrange(after)))
        passes.sort(key=lambda walk: walk.after)
        expression = Expression(tuple(numbers), tuple(made), tuple(passes))
        return expression if rng.random() < 0.1 else pruned(expression)

    def _step(self, nodes: int) -> Step:
        rng = self.rng
        operation = rng.choice(self.operations)
        operands = [nodes - 1 if rng.random() < 0.5 else rng.randrange(nodes)]
        while len(operands) < operation.values:
            operands.append(operands[0] if rng.random() < 0.2 else rng.randrange(nodes))
        rng.shuffle(operands)
        return Step(operation, tuple(operands), self.operand(operation))


def pruned(expression: Expression) -> Expression:
    """Without the nodes that no backward pass reaches."""
    leaves = len(expression.numbers)
    needed = {walk.root for walk in expression.walks}
    for i in range(expression.last, leaves - 1, -1):
        if i in needed:
            needed |= set(expression.steps[i - leaves].operands)
    return _kept(expression, needed)


def _kept(expression: Expression, needed: set[int]) -> Expression:
    """Only the nodes in `needed`; the others are used by none of them."""
    leaves = len(expression.numbers)
    order = [i for i in range(expression.last + 1) if i in needed]
    new = {i: k for k, i in enumerate(order)}
    after = [sum(leaves <= i < leaves + k for i in order) for k in range(len(expression.steps) + 1)]
    return Expression(
        tuple(expression.numbers[i] for i in order if i < leaves),
        tuple(
            step._replace(operands=tuple(new[j] for j in step.operands))
            for i, step in enumerate(expression.steps, leaves)
            if i in new
        ),
        tuple(Walk(after[walk.after], new[walk.root]) for walk in expression.walks),
    )
