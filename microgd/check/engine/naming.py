"""The name of a mistake: a known one that gives the same numbers, or that of one operation's rule.

It uses `broken` (engines with a known mistake), `learner`, and `rules`, which names what is wrong in the
backward rule of one operation.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ..diagnosis import Diagnosis
from ..rules import diagnose
from . import broken, pushes, simulated, walks
from .expressions import Expression, Operation, Step
from .right import at, close, computed, right_gradients, scales, smooth_at

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .learner import Learner
    from .walks import Backward

FAILED, PASSED = 40, 120  # how many expressions are simulated
IN_ANY_ORDER = 5  # up to so many operations with two operands, every order is tried
SMALL = 8  # so many must be that small: with every order allowed, fewer are explained by chance
RULE_POINTS = 12
LARGER = 5  # gradients that a limit must have cut: fewer can be equal by chance


class Tried(NamedTuple):
    """An expression and the gradients of its leaves, after each backward pass, by the learner's engine."""

    expression: Expression
    grads: Sequence[Sequence[float]]


# --- which known mistake gives the same numbers -------------------------------------------------------------


class Pool:
    """Expressions for which the engine is wrong, and some for which it is right."""

    def __init__(self, wrong: Sequence[Tried], right: Sequence[Tried], within: float) -> None:
        wrong = sorted(wrong, key=lambda tried: tried.expression.size)
        chosen = [*_spread(wrong, FAILED), *_spread(right, PASSED)]
        self.within = within
        self.small = sum(len(tried.expression.steps) <= IN_ANY_ORDER for tried in wrong[:FAILED])
        self.tried = [(tried, scales(tried.expression)) for tried in chosen]

    def explained_by(self, backward: Backward, orders: Callable[[int], Iterator[tuple[bool, ...]]]) -> bool:
        """Whether this backward pass gives the same numbers everywhere, in one of the orders."""
        for tried, size in self.tried:
            if orders is simulated.in_any_order and len(tried.expression.steps) > IN_ANY_ORDER:
                continue
            runs = simulated.simulated(tried.expression, backward, orders)
            if not any(self._same(tried.grads, grads, size) for grads in runs):
                return False
        return True

    def _same(self, given: Any, made: Any, size: Any) -> bool:
        return all(
            close(x, y, self.within, s)
            for xs, ys, ss in zip(given, made, size, strict=True)
            for x, y, s in zip(xs, ys, ss, strict=True)
        )

    def known(
        self,
        mistakes: Mapping[str, broken.Broken],
        second: Callable[[], Pool | None] = lambda: None,
        any_order: bool = True,
    ) -> str | None:
        """The mistake that gives these numbers, first with operands in the order they are written.

        Some mistakes give the same numbers in one backward pass and differ in a second. With `any_order`, the
        operands may also be in a set; that explains more, so it is asked last.
        """
        fixed = (simulated.as_written, simulated.turned_round)
        for orders in (*fixed, simulated.in_any_order) if any_order and self.small >= SMALL else fixed:
            found = [
                key for key, one in mistakes.items() if any(self.explained_by(w, orders) for w in one.walks)
            ]
            if len(found) > 1 and (again := second()) is not None:
                found = [
                    key
                    for key in found
                    if any(
                        again.explained_by(w, orders) and self.explained_by(w, orders)
                        for w in mistakes[key].walks
                    )
                ] or found
            if found:
                return found[0]
        return None

    def in_one_operation(self, rows: Sequence[str], any_order: bool) -> tuple[str, str, str] | None:
        """A known mistake in the nodes of one operation: its key, the operation, and what to say."""
        for row in rows:
            if self.explained_by(walks.unlinked(row), simulated.as_written):
                return "unlinked", row, broken.UNLINKED
            for position, which in enumerate(("first", "second")):
                if self.explained_by(walks.unlinked(row, position), simulated.as_written):
                    return "unlinked", row, broken.HALF_LINKED.format(which)
            if self.explained_by(walks.last_saved(row), simulated.as_written):
                return "late-binding", row, broken.LAST_SAVED
        fixed = (simulated.as_written, simulated.turned_round)
        for orders in (*fixed, simulated.in_any_order) if any_order else fixed:
            for row in rows:
                for key, one in broken.BROKEN.items():
                    for one_push in one.pushes:
                        if self.explained_by(walks.in_one(row, one_push), orders):
                            return key, row, one.message
        return None


def _spread(tried: Sequence[Tried], count: int) -> Sequence[Tried]:
    """At most so many, from the first to the last."""
    return [tried[k * len(tried) // count] for k in range(count)] if len(tried) > count else tried


# --- one operation ------------------------------------------------------------------------------------------


def rule_of(learner: Learner, step: Step, seed: int) -> Diagnosis:
    """What is wrong in the rule of one operation: `diagnose` asks the engine for its gradients."""
    operation, _, number = step

    def f(*xs: float) -> float:
        return at(operation, xs, number)[0]

    def rule(*given: Any) -> list[float]:
        *xs, _, g = given
        return upstream_times(learner, operation, xs, number, g)

    def sample(rng: random.Random) -> list[float]:
        while True:
            xs = [rng.choice((-1.0, 1.0)) * rng.uniform(0.3, 2.5) for _ in range(operation.values)]
            if smooth_at(operation, xs, number):
                return xs

    return diagnose(f, rule, sample, RULE_POINTS, seed)


def upstream_times(
    learner: Learner, operation: Operation, xs: Sequence[float], number: float | None, g: float
) -> list[float]:
    """The gradients of an operation's operands, when its result receives the gradient g.

    If products can be relied on, the result is multiplied by g. If not, it is added to itself, which gives
    the upstream gradients 1, 2 and 3; a rule is a polynomial of g, as a rule.
    """
    n = len(xs)
    first = Step(operation, tuple(range(n)), number)
    product_of, sum_of = (next(o for o in learner.operations if o.row == r) for r in ("mul", "add"))
    if operation.row != "mul":
        steps = (Step(operation, tuple(range(n)), number), Step(product_of, (n + 1, n)))
        return _grads(learner, (*xs, g), steps)[:n]
    found = []
    for times in (1, 2, 3):
        steps_of_sum = [first]
        for k in range(times - 1):
            steps_of_sum.append(Step(sum_of, (n + k, n)))
        found.append(_grads(learner, tuple(xs), tuple(steps_of_sum)))
    return [_parabola(column, g) for column in zip(*found, strict=True)]


def _parabola(at_1_2_3: Sequence[float], g: float) -> float:
    """The value at g of the parabola with these values at 1, 2 and 3. What is only rounding counts as 0."""
    y1, y2, y3 = at_1_2_3
    c2 = (y3 - 2.0 * y2 + y1) / 2.0
    c1 = y2 - y1 - 3.0 * c2
    c0 = y1 - c1 - c2
    least = 1e-9 * max(abs(y1), abs(y2), abs(y3))
    return sum(c * g**k for k, c in enumerate((c0, c1, c2)) if abs(c) > least)


def _grads(learner: Learner, numbers: tuple[float, ...], steps: tuple[Step, ...]) -> list[float]:
    fault = learner.gradients(Expression(numbers, steps, ()).once())
    if not fault.grads:
        raise ArithmeticError(fault.text)
    return list(fault.grads[-1])


def factor(learner: Learner, tried: Sequence[Tried]) -> float | None:
    """The number that every gradient is multiplied by, if there is one."""
    triples = [
        each
        for expression, grads in tried
        for each in zip(grads[0], right_gradients(expression)[0], scales(expression)[0], strict=True)
        if each[2]
    ]
    x, y, size = max(triples, key=lambda each: abs(each[1]) / each[2], default=(0.0, 0.0, 1.0))
    if abs(y) <= 1e-3 * size:
        return None
    times, within = x / y, 10.0 * learner.within
    if close(times, 1.0, within, 1.0):
        return None  # what is wrong is not the size
    return times if all(close(x, times * y, within, size) for x, y, size in triples) else None


def limit(tried: Sequence[Tried]) -> float | None:
    """The size that no gradient exceeds, if those that should be larger have it, and all others are right."""
    pairs = [
        (x, y)
        for expression, grads in tried
        for x, y in zip(grads[0], right_gradients(expression)[0], strict=True)
    ]
    most = max((abs(x) for x, _ in pairs), default=0.0)
    larger = [(x, y) for x, y in pairs if abs(y) > most * (1.0 + 1e-9)]
    clipped = all(close(x, math.copysign(most, y), 1e-9, most) for x, y in larger)
    rest = all(close(x, y, 1e-9, most) for x, y in pairs if abs(y) <= most)
    return most if most and len(larger) >= LARGER and clipped and rest else None


LIMITED = {
    "A gradient is never more than {} in size when a result passes it on": pushes.limiting_results,
    "A gradient is never more than {} in size while contributions are added": pushes.limiting_sums,
    "A contribution is never more than {} in size": pushes.limiting_contributions,
}
"""What can be limited inside the walk, and how a node passes its gradient on then."""


def limit_inside(pool: Pool) -> str | None:
    """What is limited inside the walk, if that gives the same numbers everywhere."""
    if pool.small < LARGER:
        return None
    for most in _limits(pool.tried[0][0]):
        for fact, limiting in LIMITED.items():
            if pool.explained_by(walks.by(limiting(most)), simulated.as_written):
                return fact.format(f"{most:.6g}")
    return None


def _limits(tried: Tried) -> list[float]:
    """The sizes of the leaves' gradients, and of the upstream gradients that they would come from."""
    expression, grads = tried
    partials = computed(expression).partials
    sizes = {abs(x) for x in grads[0]}
    for step, each in zip(expression.steps, partials, strict=True):
        for i, partial in zip(step.operands, each, strict=True):
            if i < len(expression.numbers) and partial:
                sizes.add(abs(grads[0][i] / partial))
    return sorted(sizes - {0.0})
