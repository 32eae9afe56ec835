"""The expressions that a learner's engine is tried with, and what it makes of them.

It uses `drawn`, `learner` and `shrinking`.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from ..diagnosis import Stopped
from .drawn import Source
from .expressions import Expression, Step
from .facts import wrong_leaves
from .learner import POINTS, ROUNDED, WHOLE_POINTS
from .naming import Tried
from .right import smooth
from .shrinking import shrunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .expressions import Operation
    from .learner import Fault, Learner

ENOUGH = 40  # faults
FIRST = 10  # expressions that are tried again at the end
SLOW = 3.0  # seconds, after which fewer expressions are tried, if one has gone wrong
SHARE = 1.0  # seconds for each group of random expressions; a slow engine is tried with fewer
CHAIN = 120  # operations in a row


class Trial:
    """A learner's engine, and what it has been tried with."""

    def __init__(self, learner: Learner, seed: int) -> None:
        self.learner, self.seed = learner, seed
        self.rng = random.Random(f"engine {seed}")
        self.first: list[Expression] = []  # the first that were right
        self.count = 0
        self.started = time.process_time()

    def singles(self, operations: Sequence[Operation]) -> Iterator[Expression]:
        """Each operation alone."""
        for operation in operations:
            for x, y in WHOLE_POINTS if self.learner.whole else POINTS:
                n = operation.values
                number = None if operation.number_at is None else 2 if operation.whole else y
                expression = Expression((x, y)[:n], (Step(operation, (0, 1)[:n], number),), ()).once()
                if smooth(expression):
                    yield expression

    def graphs(
        self, operations: Sequence[Operation], count: int, again: bool = False
    ) -> Iterator[Expression]:
        """Random ones; the first are small, and in the last third large, where rare mistakes show."""
        source = Source(self.rng, operations, self.learner.whole)
        for k in range(count):
            large = 3 * k >= 2 * count and not again
            steps = self.rng.randint(*(6, 12) if large else (1 if again else 2, 2 + 6 * k // count))
            drawn = source.draw(steps, self.rng.randint(1, 3), self.rng.choice((2, 2, 3)) if again else 1)
            yield source.with_zero(drawn) if k % 4 == 3 else drawn

    def chain(self, operation: Operation) -> Expression:
        """One operation many times in a row."""
        steps = tuple(Step(operation, (k + 1 if k else 0, 1)) for k in range(CHAIN))
        return Expression((2, 1) if self.learner.whole else (0.5, 0.25), steps, ()).once()

    def tried(
        self, expressions: Sequence[Expression] | Iterator[Expression], count: int = 0
    ) -> tuple[list[tuple[Expression, Fault]], list[Tried]]:
        """What goes wrong and what is right. Of `count` expressions, some are left out if time is short."""
        wrong, right = [], []
        started = time.process_time()
        for k, expression in enumerate(expressions):
            if count and time.process_time() - started > SHARE * (0.2 + 0.8 * k / count):
                continue
            self.count += 1
            fault = self.learner.judged(expression)
            if fault.kind:
                wrong.append((expression, fault))
            else:
                right.append(Tried(expression, fault.grads))
                if len(self.first) < FIRST:
                    self.first.append(expression)
            if (len(wrong) >= ENOUGH and len(right) >= ENOUGH) or len(wrong) >= 3 * ENOUGH:
                break
            if wrong and self.is_slow():
                break
        return wrong, right

    def is_slow(self) -> bool:
        """Whether the engine takes so long that what has been seen must do."""
        return time.process_time() - self.started > SLOW

    def not_rounded(self, wrong: list[tuple[Expression, Fault]]) -> list[tuple[Expression, Fault]]:
        """Those that go wrong by more than a rounded constant does. If there are none, it is remarked."""
        exact, self.learner.within = self.learner.within, max(ROUNDED, self.learner.within)
        still = [(expression, fault) for expression, fault in wrong if self.learner.judged(expression).kind]
        if still:
            self.learner.within = exact
        else:
            found = ", ".join(
                dict.fromkeys(f"`{e.steps[0].operation.text}`" for e, _ in wrong if e.is_single)
            )
            what = found or "Some expressions"
            ask = "is there a rounded constant, or an eps?"
            self.learner.remarks.append(f"{what} is right to 6 digits only: {ask}")
        return still

    def smallest(self, wrong: list[tuple[Expression, Fault]]) -> tuple[Expression, Fault]:
        """The smallest expression with a fault, made still smaller; the fault stays of its kind."""
        found = []
        operations = self.learner.operations

        def size(one: tuple[Expression, Fault]) -> tuple[int, ...]:
            *size, _ = one[0].size
            first = operations.index(one[0].steps[0].operation) if one[0].is_single else 0
            return (*size, first, *one[0].size)

        for expression, fault in sorted(wrong, key=size)[: 1 if self.is_slow() else 4]:

            def fails(smaller: Expression, fault: Fault = fault) -> bool:
                return self.learner.judged(smaller)[::3] == fault[::3]

            small = shrunk(expression, fails)
            again = self.learner.judged(small)
            found.append((small, again) if again[::3] == fault[::3] else (expression, fault))
        return min(found, key=size)

    def demand_no_memory(self) -> None:
        """What was right at first must still be right: else something is kept that should not be."""
        for expression in self.first:
            faults = [self.learner.judged(expression) for _ in range(3)]
            if all(fault.kind == "wrong" for fault in faults):
                now = wrong_leaves(self.learner, expression, faults[0].grads)
                raise Stopped(
                    "memory",
                    f"`{expression}` is right at first. Built again after other expressions it goes wrong:"
                    f" with {expression.at()}, {now}. What is kept from one graph to the next: a default"
                    " argument, something in the class, a global?",
                )

    def is_steady(self, expression: Expression, fault: Fault) -> bool:
        """Whether the gradients are the same from one time to the next."""
        return all(self.learner.judged(expression).grads == fault.grads for _ in range(8))
