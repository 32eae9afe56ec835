"""What is wrong in an engine, when it is known for which expressions it goes wrong.

It uses `broken` (engines with a known mistake), `learner`, and `rules`, which names what is wrong in the
backward rule of one operation.
"""

from __future__ import annotations

import contextlib
import math
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from . import broken
from .diagnosis import Diagnosis
from .expressions import NAMES, Expression, Operation, Source, Step, at, computed, smooth, smooth_at
from .learner import close, right_gradients, scales
from .rules import diagnose

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .learner import Learner

FAILED, PASSED = 40, 60  # how many expressions are simulated
IN_ANY_ORDER = 5  # up to so many operations with two operands, every order is tried
MOST_PATHS = 7
RULE_POINTS = 12


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
        self.tried = [(tried, scales(tried.expression)) for tried in chosen]

    def explained_by(
        self, backward: broken.Backward, orders: Callable[[int], Iterator[tuple[bool, ...]]]
    ) -> bool:
        for tried, size in self.tried:
            if orders is broken.in_any_order and len(tried.expression.steps) > IN_ANY_ORDER:
                continue
            simulated = broken.simulated(tried.expression, backward, orders)
            if not any(self._same(tried.grads, grads, size) for grads in simulated):
                return False
        return True

    def _same(self, given: Any, simulated: Any, size: Any) -> bool:
        return all(
            close(x, y, self.within, s)
            for xs, ys, ss in zip(given, simulated, size, strict=True)
            for x, y, s in zip(xs, ys, ss, strict=True)
        )

    def known(
        self, mistakes: Mapping[str, broken.Broken], second: Callable[[], Pool | None] = lambda: None
    ) -> str | None:
        """The mistake that gives these numbers, first with operands in the order they are written.

        Some mistakes give the same numbers in one backward pass and differ in a second.
        """
        for orders in (broken.as_written, broken.turned_round, broken.in_any_order):
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

    def in_one_operation(self, rows: Sequence[str]) -> tuple[str, str, str] | None:
        """A known mistake in the nodes of one operation: its key, the operation, and what to say."""
        for row in rows:
            for key, one in broken.BROKEN.items():
                for one_push in one.pushes:
                    if self.explained_by(broken.in_one(row, one_push), broken.as_written):
                        return key, row, one.message
            if self.explained_by(broken.unlinked(row), broken.as_written):
                return (
                    "unlinked",
                    row,
                    "The walk does not go on from its result to its operands. Does the new node know what it"
                    " was made of?",
                )
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
    weights = ((g - 2) * (g - 3) / 2, -(g - 1) * (g - 3), (g - 1) * (g - 2) / 2)
    return [sum(w * x for w, x in zip(weights, column, strict=True)) for column in zip(*found, strict=True)]


def _grads(learner: Learner, numbers: tuple[float, ...], steps: tuple[Step, ...]) -> list[float]:
    fault = learner.gradients(Expression(numbers, steps, ()).once())
    if not fault.grads:
        raise ArithmeticError(fault.text)
    return list(fault.grads[-1])


def factor(learner: Learner, tried: Sequence[Tried]) -> float | None:
    """The number that every gradient is multiplied by, if there is one."""
    ratios = []
    for expression, grads in tried:
        for x, y, size in zip(grads[0], right_gradients(expression)[0], scales(expression)[0], strict=True):
            if abs(y) > 1e-3 * size:
                ratios.append(x / y)
    if ratios and all(close(ratio, ratios[0], 10.0 * learner.within, 1.0) for ratio in ratios):
        return ratios[0]
    return None


# --- facts, where there is no name ----------------------------------------------------------------------------


def paths_fact(learner: Learner, expression: Expression, rng: random.Random) -> tuple[str, str] | None:
    """Which paths from the root to a leaf count, if the engine's gradients are whole multiples of them.

    Returns the key and the sentence, for one leaf with a wrong gradient.
    """
    if len(expression.walks) > 1:
        return None
    samples = [expression, *_with_other_numbers(expression, rng, learner.whole)]
    given = [learner.gradients(one).grads for one in samples]
    if len(samples) < 3 or not all(given):
        return None
    written = [text for text, _, _ in expression.texts()]
    for leaf in range(len(expression.numbers)):
        ways = list(_paths(expression, leaf))
        if not 0 < len(ways) <= MOST_PATHS:
            continue
        sizes = [[_along(one, way) for way in ways] for one in samples]
        counts = _counts(sizes, [grads[-1][leaf] for grads in given], learner.within)
        if counts is None or set(counts) == {1}:
            continue
        k = next(k for k, count in enumerate(counts) if count != 1)
        name, way = NAMES[leaf], ways[k]
        through = " and ".join(f"`{written[i]}`" for i, _ in way[1:])
        path = f"the path from the root to {name}" + (f" through {through}" if through else "")
        often = {0: "does not count", 2: "counts twice"}.get(counts[k], f"counts {counts[k]} times")
        total = f"Of {len(ways)} paths from the root to {name}, " if len(ways) > 1 else ""
        key = "lost-contribution" if counts[k] == 0 else "extra-contribution"
        path = path if not total else f"the one through {through}" if through else "the direct one"
        return key, f"{total}{path} {often}.".replace("the path", "The path", 0 if total else 1)
    return None


def _with_other_numbers(expression: Expression, rng: random.Random, whole: bool) -> Iterator[Expression]:
    source = Source(rng, (), whole)
    for _ in range(60):
        other = expression._replace(numbers=tuple(source.number() for _ in expression.numbers))
        if smooth(other) and len(set(other.numbers)) == len(other.numbers):
            yield other


def _paths(expression: Expression, leaf: int) -> Iterator[list[tuple[int, int]]]:
    """Every path from the root to the leaf: nodes, and which operand of each comes next."""
    leaves = len(expression.numbers)

    def below(i: int) -> Iterator[list[tuple[int, int]]]:
        for at_operand, j in enumerate(expression.steps[i - leaves].operands):
            if j == leaf:
                yield [(i, at_operand)]
            elif j >= leaves:
                for rest in below(j):
                    yield [(i, at_operand), *rest]

    yield from below(expression.walks[-1].root)


def _along(expression: Expression, way: Sequence[tuple[int, int]]) -> float:
    found = computed(expression)
    return math.prod(found.partials[i - len(expression.numbers)][k] for i, k in way)


def _counts(
    sizes: Sequence[Sequence[float]], given: Sequence[float], within: float
) -> tuple[int, ...] | None:
    """How often each path counts, if the same small numbers hold everywhere, and no others do."""
    found = [
        counts
        for counts in product(range(4 if len(sizes[0]) < 6 else 3), repeat=len(sizes[0]))
        if all(
            close(g, sum(c * x for c, x in zip(counts, xs, strict=True)), within, max(map(abs, xs)))
            for xs, g in zip(sizes, given, strict=True)
        )
    ]
    return found[0] if len(found) == 1 else None


def wrong_leaves(learner: Learner, expression: Expression, grads: Sequence[Sequence[float]]) -> str:
    """The wrong gradients after the first backward pass that has one: "a.grad is 1 and b.grad is 0"."""
    for given, right, size in zip(grads, right_gradients(expression), scales(expression), strict=True):
        off = [
            f"{name}.grad is {x:.6g}"
            for name, x, y, s in zip(NAMES, given, right, size, strict=False)
            if not close(x, y, learner.within, s)
        ]
        if off:
            return off[0] if len(off) == 1 else f"{', '.join(off[:-1])} and {off[-1]}"
    return "the gradients differ from one time to the next"


def root_gradient(
    value: Callable[[Any], Any], walk: Callable[[Any], object], expression: Expression, preset: bool
) -> tuple[Any, list[Any]]:
    """The root after a backward pass, and the leaves; `preset` puts 1 into its gradient before."""
    nodes = [value(x) for x in expression.numbers]
    leaves = nodes[:]
    for step in expression.steps:
        operands = [nodes[i] for i in step.operands]
        nodes.append(step.operation.apply(*step.operation.filled(operands, step.number)))
    if preset:
        with contextlib.suppress(Exception):
            nodes[-1].grad = 1.0
    walk(nodes[-1])
    return nodes[-1], leaves
