"""Facts about a wrong engine: which gradients are off, which paths count, what the root has.

It uses `learner` and `right`.
"""

from __future__ import annotations

import contextlib
import math
import sys
from itertools import product
from typing import TYPE_CHECKING, Any

from .drawn import Source
from .expressions import NAMES, Expression, Step
from .learner import STORED
from .right import close, computed, right_gradients, scales, smooth

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from .learner import Learner

Answer = tuple[str, tuple[int, ...], str]
"""The key, the operands whose gradients are wrong, and what to say after the example."""

MOST_PATHS = 7  # more are not told apart
ASK = "Is a node visited before it is complete, or twice?"


def paths_fact(learner: Learner, expression: Expression, rng: random.Random) -> Answer | None:
    """Which paths from the root to a leaf count, if the engine's gradients are whole multiples of them.

    It is said for one leaf with a wrong gradient.
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
        got = [grads[-1][leaf] for grads in given]
        if any(got) and all(size == sizes[0] for size in sizes):
            continue  # the partials do not depend on the numbers: any number would be a count
        found = _counts(sizes, got, learner.within)
        totals = {sum(counts) for counts in found}
        name, n = NAMES[leaf], len(ways)
        if len(found) == 1 and set(counts := found[0]) != {1}:
            k = next(k for k, count in enumerate(counts) if count != 1)
            through = " and ".join(f"`{written[i]}`" for i, _ in ways[k][1:])
            often = {0: "does not count", 2: "counts twice"}.get(counts[k], f"counts {counts[k]} times")
            which = f"the one through {through}" if through else "the direct one"
            start = (
                f"Of {n} paths from the root to {name}, "
                if n > 1
                else f"Of the paths from the root to {name}, "
            )
            return _key(counts[k] - 1), (), f"{start}{which} {often}. {ASK}"
        if len(totals) == 1 and (total := totals.pop()) != n:
            fact = f"From the root to {name} there are {n} paths, and they count as {total}."
            return _key(total - n), (), f"{fact} {ASK}"
    return None


def _key(more: int) -> str:
    return "extra-contribution" if more > 0 else "lost-contribution"


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


def _counts(sizes: Sequence[Sequence[float]], given: Sequence[float], within: float) -> list[tuple[int, ...]]:
    """How often each path may count: the small whole numbers that hold everywhere."""
    return [
        counts
        for counts in product(range(5 if len(sizes[0]) < 5 else 3), repeat=len(sizes[0]))
        if all(
            close(g, sum(c * x for c, x in zip(counts, xs, strict=True)), within, max(map(abs, xs)))
            for xs, g in zip(sizes, given, strict=True)
        )
    ]


def one_node_fact(learner: Learner, expression: Expression) -> Answer | None:
    """Whether one operation goes wrong where both operands are one node, and is right where they are two."""
    step, (x, *others) = expression.steps[0], expression.numbers
    if others or len(expression.steps) > 1 or len(expression.walks) > 1 or step.operands != (0, 0):
        return None
    rest = (o for o in learner.operations if o.values == 2 and o.row != step.operation.row)
    for operation in rest:
        one = expression._replace(steps=(Step(operation, (0, 0)),))
        if smooth(one) and learner.judged(one).kind:
            return None  # it is not this operation alone
    for y in (x, x + 1):
        if learner.judged(Expression((x, y), (step._replace(operands=(0, 1)),), ()).once()).kind:
            return None
    fact = "It is right where its operands are two nodes, even of equal values, and wrong where they are one."
    ask = f"Does {step.operation.sign} have a case of its own for that?"
    return f"{step.operation.row}-rule", (), f"{fact} {ask}"


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


def zeros_fact(learner: Learner, expression: Expression) -> tuple[str, str]:
    """Why all gradients are 0: the key, and what to say. It looks at the root, and gives it a 1 before."""
    try:
        root, ends_with, _ = _root_after(learner, expression)
        _, with_one, leaves = _root_after(learner, expression, 1.0)
    except Exception:
        return "no-seed", ""
    fact = "All gradients are 0"
    if ends_with:
        fact = f"{fact}, except that of the root, which is {ends_with:.6g}: nothing is passed on."
        name = _none_for_a_function(learner, root)
        if name:
            fact = f"{fact} The `{name}` of a leaf is a function, and that of the root is None."
            return "called-at-once", f"{fact} {STORED}"
        return (
            "zero",
            f"{fact} Does the walk come to the root, and does its backward step add to the operands?",
        )
    if with_one == 0.0:
        fact = f"{fact}, even if the root has 1 before backward. After it, the root has 0."
        if any(leaves):
            return "no-seed", f"{fact} Is its gradient set to 1, and after the others are set to 0?"
        fact = f"{fact[:-1]}, and a leaf that had 1 has 0."
        return "erased", f"{fact} Are gradients set to 0 after the walk began, or does the root get no 1?"
    return "no-seed", ""


def _root_after(
    learner: Learner, expression: Expression, before: float | None = None
) -> tuple[Any, float, list[float]]:
    """The root after a backward pass, its gradient, and the leaves'; with `before` in all of them before."""
    leaves = [learner.value(x) for x in expression.numbers]
    nodes = list(leaves)
    for step in expression.steps:
        operands = [nodes[i] for i in step.operands]
        nodes.append(step.operation.apply(*step.operation.filled(operands, step.number)))
    root = nodes[-1]
    if before is not None:
        for node in (*leaves, root):
            with contextlib.suppress(Exception):
                node.grad = before
        if learner.gradient(root, expression) != before:
            return root, before, []
    learner.walk(root)
    return root, learner.gradient(root, expression), [learner.gradient(x, expression) for x in leaves]


def called_at_once(learner: Learner, expression: Expression) -> str:
    """The backward step that building the expression calls, in a sentence; "" if it calls none."""
    nodes = [learner.value(x) for x in expression.numbers]
    step, called = expression.steps[0], set()

    def profile(frame: Any, event: str, _: Any) -> None:
        if event == "call" and "backward" in frame.f_code.co_name:
            called.add(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        step.operation.apply(*step.operation.filled([nodes[i] for i in step.operands], step.number))
    finally:
        sys.setprofile(before)
    return f"Building `{expression}` calls {min(called)}(). {STORED}" if called else ""


def _none_for_a_function(learner: Learner, root: Any) -> str:
    """The attribute that is None in the root, and a function in a leaf."""
    leaf = learner.value(2 if learner.whole else 2.0)
    names = (name for name, found in getattr(root, "__dict__", {}).items() if found is None)
    return next((name for name in names if callable(getattr(leaf, name, None))), "")
