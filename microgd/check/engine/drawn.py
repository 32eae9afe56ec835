"""Random expressions, and an expression without the nodes that do not count.

It uses `expressions`, and `right` to stay where everything is smooth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .expressions import Expression, Step, Walk
from .right import at, smooth, smooth_at

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from .expressions import Operation


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

    def with_zero(self, expression: Expression) -> Expression:
        """The same with 0 at one of its leaves, if it is smooth there: gradients of 0 are rare without."""
        at_leaf = self.rng.randrange(len(expression.numbers))
        zero = 0 if self.whole else 0.0
        numbers = tuple(zero if i == at_leaf else x for i, x in enumerate(expression.numbers))
        other = expression._replace(numbers=numbers)
        return other if smooth(other) else expression

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
            operands.append(operands[0] if rng.random() < 0.25 else rng.randrange(nodes))
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
