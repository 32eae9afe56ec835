"""The smallest expression that still goes wrong in the same way, by leaving out what can be left out.

It uses `expressions`, and `right` to stay where everything is smooth.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .drawn import pruned
from .expressions import NAMES, Expression, Walk
from .right import smooth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLAIN = (2.0, 3.0, -2.0, 5.0, 0.5, 7.0)  # numbers that are easy to calculate with by hand
MOST_LEAVES = 6


def shrunk(expression: Expression, fails: Callable[[Expression], bool]) -> Expression:
    """An expression for which `fails` holds, and for none of those that are a little smaller."""
    while True:
        for smaller in _smaller(expression):
            if smaller.steps and smaller != expression and smooth(smaller) and fails(smaller):
                expression = smaller
                break
        else:
            sorted_leaves = in_order(expression)
            return _with_plain_numbers(sorted_leaves if fails(sorted_leaves) else expression, fails)


def _smaller(expression: Expression) -> Iterator[Expression]:
    """Expressions of fewer backward passes or steps; then those in which fewer nodes are used twice."""
    walks, leaves = expression.walks, len(expression.numbers)
    if len(walks) > 1:
        for k in range(len(walks)):
            yield pruned(expression._replace(walks=walks[:k] + walks[k + 1 :]))
    roots = {walk.root for walk in walks}
    for i in range(expression.last, leaves - 1, -1):
        for j in expression.steps[i - leaves].operands:
            if j >= leaves or i not in roots:
                yield _merged(expression, i, j)
    yield pruned(expression)
    uses = expression.uses()
    for k, step in enumerate(expression.steps):
        for at, i in enumerate(step.operands):
            if i >= leaves or uses[i] > 1:
                for x in {_unused(expression), *expression.numbers[i : i + 1]}:
                    yield _with_leaf(expression, k, at, x)


def in_order(expression: Expression) -> Expression:
    """The same with its leaves in the order in which they are read."""
    leaves = len(expression.numbers)
    written = [NAMES.index(name) for name in re.findall(r"\b[a-z]\b", str(expression))]
    order = list(dict.fromkeys([*(i for i in written if i < leaves), *range(leaves)]))
    new = {i: k for k, i in enumerate(order)}
    steps = [step._replace(operands=tuple(new.get(i, i) for i in step.operands)) for step in expression.steps]
    return Expression(tuple(expression.numbers[i] for i in order), tuple(steps), expression.walks)


def _unused(expression: Expression) -> float:
    """A number that no leaf has."""
    whole = all(isinstance(x, int) for x in expression.numbers)
    x = next(x for x in (*PLAIN, 11.0) if x not in expression.numbers and (x == int(x) or not whole))
    return int(x) if whole else x


def _merged(expression: Expression, i: int, j: int) -> Expression:
    """Node j in every place of node i. j comes before i."""

    def renamed(x: int) -> int:
        return j if x == i else x

    steps = tuple(step._replace(operands=tuple(map(renamed, step.operands))) for step in expression.steps)
    walks = tuple(Walk(walk.after, renamed(walk.root)) for walk in expression.walks)
    return pruned(expression._replace(steps=steps, walks=walks))


def _with_leaf(expression: Expression, k: int, at: int, number: float) -> Expression:
    """A new leaf as operand `at` of step k."""
    new = len(expression.numbers)
    if new >= MOST_LEAVES:
        return expression

    def moved(i: int) -> int:
        return i + (i >= new)

    steps = [step._replace(operands=tuple(map(moved, step.operands))) for step in expression.steps]
    operands = tuple(new if p == at else i for p, i in enumerate(steps[k].operands))
    steps[k] = steps[k]._replace(operands=operands)
    walks = tuple(Walk(walk.after, moved(walk.root)) for walk in expression.walks)
    return pruned(Expression((*expression.numbers, number), tuple(steps), walks))


def _with_plain_numbers(expression: Expression, fails: Callable[[Expression], bool]) -> Expression:
    """The same with numbers that are easy to calculate with, if it goes wrong with them too."""
    numbers = list(expression.numbers)
    whole = all(isinstance(x, int) for x in numbers)
    easy = [int(x) if whole else x for x in PLAIN if not whole or x == int(x)]

    def tried(changed: list[float]) -> bool:
        new = expression._replace(numbers=tuple(changed))
        return smooth(new) and fails(new)

    if len(numbers) <= len(easy) and tried(easy[: len(numbers)]):
        numbers = easy[: len(numbers)]
    for i, old in enumerate(numbers):
        if old not in easy:
            for x in easy:
                if x not in numbers and tried([*numbers[:i], x, *numbers[i + 1 :]]):
                    numbers[i] = x
                    break
    expression = expression._replace(numbers=tuple(numbers))
    for k, step in enumerate(expression.steps):
        for x in (2, 3) if step.number is not None else ():
            steps = (*expression.steps[:k], step._replace(number=x), *expression.steps[k + 1 :])
            new = expression._replace(steps=steps)
            if smooth(new) and fails(new):
                expression = new
                break
    return expression
