"""Which mistake is in this autograd engine?

The learner's engine and this package's own compute the gradients of random small expressions, of every
operation that the engine has. If they differ, the expression is made as small as it can be, and only then
it is asked what the mistake is: a known one, the rule of one operation, or, if nothing is known, which paths
through the graph do not count as they should. The package `engine` has a module for each of these.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis, Stopped
from .engine.broken import AGAIN, BROKEN
from .engine.drawn import Source
from .engine.expressions import Expression, Operation, Step
from .engine.facts import called_at_once, paths_fact, wrong_leaves, zeros_fact
from .engine.learner import EXACT, POINTS, ROUNDED, STORED, WHOLE_POINTS, Fault, Learner
from .engine.lost import lost_fact, order_fact
from .engine.naming import Pool, Tried, factor, rule_of
from .engine.right import smooth
from .engine.shrinking import shrunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PLAIN_GRAPHS = 900  # of + and * alone
ALL_GRAPHS = 500  # of all operations
AGAIN_GRAPHS = 250  # with several backward passes
ENOUGH = 40  # faults
LARGE_GRAPHS = 40  # more, when it is wrong: large ones tell mistakes apart
FIRST = 10  # expressions that are tried again at the end
FEW = 10  # with several backward passes, at first
SLOW = 1.0  # seconds, after which fewer expressions are tried, if one has gone wrong
SHARE = 0.4  # seconds for each group of random expressions; a slow engine is tried with fewer
CHAIN = 120  # operations in a row
KEYS = {
    "raises": "raises",
    "not_a_number": "not_a_number",
    "data": "wrong_data",
    "changed": "changes-data",
    "reset": "reset-at-forward",
}
"""The key for each kind of fault that is no wrong gradient."""


def diagnose_engine(
    value: Callable[[float], Any],
    backward: Callable[[Any], object] | None = None,
    twice: bool = True,
    seed: int = 0,
) -> Diagnosis:
    """Find the mistake in an autograd engine.

        diagnose_engine(MyValue)

    value     value(number) makes a leaf. `+` and `*` join what it makes; what else it can do is found out.
              `.grad` (a number or None) is read after backward
    backward  backward(root) fills in the gradients; without it, root.backward()
    twice     whether a second backward() must add the same again, of the same root or of another: for
              x**3, 3 x**2 and then 6 x**2
    seed      chooses the expressions

    The message names a smallest expression that goes wrong.
    """
    walk = backward or (lambda root: root.backward())
    learner = Learner(value, walk)
    try:
        learner.discover()
        return _Trial(learner, twice, seed).diagnosis()
    except Stopped as stopped:
        return stopped.diagnosis


class _Trial:
    """The expressions that a learner's engine is tried with, and what it made of them."""

    def __init__(self, learner: Learner, twice: bool, seed: int) -> None:
        self.learner, self.twice, self.seed = learner, twice, seed
        self.rng = random.Random(f"engine {seed}")
        self.first: list[Expression] = []  # the first that were right
        self.count = 0
        self.started = time.process_time()

    def diagnosis(self) -> Diagnosis:
        operations = self.learner.operations
        plain = operations[:2]
        self._tried(self._singles(plain))
        few = 1
        if self.twice and self._tried(self._graphs(plain, FEW, again=True))[0]:
            few = 2  # what is kept from one pass to the next may grow, and make it slow
        passed: list[Tried] = []
        for chosen, graphs in ((plain, PLAIN_GRAPHS // few), (operations, ALL_GRAPHS // few)):
            wrong, right = self._tried(self._singles(chosen))
            more_wrong, more_right = self._tried(self._graphs(chosen, graphs), graphs)
            wrong, right = wrong + more_wrong, right + more_right
            if wrong and chosen is not plain:
                wrong = self._not_rounded(wrong)
            if wrong:
                source = Source(self.rng, chosen, self.learner.whole)
                large = [source.draw(self.rng.randint(4, 6), 2) for _ in range(LARGE_GRAPHS)]
                more_wrong, more_right = self._tried(large)
                return self._named(wrong + more_wrong, passed + right + more_right, chosen is plain)
            passed += right
        if self.twice:
            for chosen in (plain, operations):
                wrong, right = self._tried(self._graphs(chosen, AGAIN_GRAPHS, again=True), AGAIN_GRAPHS)
                if wrong:
                    return self._named_again(wrong, right)
        chain = self._chain(operations[0])
        fault = self.learner.judged(chain)
        if fault.kind == "wrong":
            off = f"A chain of {CHAIN} operations goes wrong, and all small expressions are right."
            return Diagnosis(False, "unknown", (), f"{off} Does the walk end after some number of nodes?")
        return Diagnosis(True, "ok", (), self._all_right())

    def _all_right(self) -> str:
        signs = [operation.sign for operation in self.learner.operations]
        again = ", also in several backward passes" if self.twice else ""
        remarks = "".join(f" {remark}." for remark in dict.fromkeys(self.learner.remarks)).replace("?.", "?")
        return f"Right on all {self.count} expressions of {' '.join(dict.fromkeys(signs))}{again}.{remarks}"

    # --- expressions ---

    def _singles(self, operations: Sequence[Operation]) -> Iterator[Expression]:
        """Each operation alone."""
        for operation in operations:
            for x, y in WHOLE_POINTS if self.learner.whole else POINTS:
                n = operation.values
                number = None if operation.number_at is None else 2 if operation.whole else y
                expression = Expression((x, y)[:n], (Step(operation, (0, 1)[:n], number),), ()).once()
                if smooth(expression):
                    yield expression

    def _graphs(
        self, operations: Sequence[Operation], count: int, again: bool = False
    ) -> Iterator[Expression]:
        """Random ones; the first are small, and in the last third large, where rare mistakes show."""
        source = Source(self.rng, operations, self.learner.whole)
        for k in range(count):
            large = 3 * k >= 2 * count and not again
            steps = self.rng.randint(*(6, 12) if large else (1 if again else 2, 2 + 6 * k // count))
            drawn = source.draw(steps, self.rng.randint(1, 3), self.rng.choice((2, 2, 3)) if again else 1)
            yield source.with_zero(drawn) if k % 4 == 3 else drawn

    def _chain(self, operation: Operation) -> Expression:
        steps = tuple(Step(operation, (k + 1 if k else 0, 1)) for k in range(CHAIN))
        return Expression((2, 1) if self.learner.whole else (0.5, 0.25), steps, ()).once()

    def _tried(
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
            if wrong and self._is_slow():
                break
        return wrong, right

    def _is_slow(self) -> bool:
        """Whether the engine takes so long that what has been seen must do."""
        return time.process_time() - self.started > SLOW

    def _not_rounded(self, wrong: list[tuple[Expression, Fault]]) -> list[tuple[Expression, Fault]]:
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

    # --- one backward pass ---

    def _named(
        self, wrong: list[tuple[Expression, Fault]], right: list[Tried], plain: bool = True
    ) -> Diagnosis:
        learner = self.learner
        self._demand_no_memory()
        expression, fault = self._smallest(wrong)
        if fault.kind != "wrong":
            return self._other_fault(expression, fault)
        example = self._example(expression, fault)
        pool = Pool(faulty(wrong), right, learner.within)
        key = pool.known(BROKEN, lambda: self._a_second_time(expression, wrong, right), any_order=plain)
        if key == "seeded-all" and learner.begins:
            key = None  # as every node begins with that
        if key is not None:
            key, message = zeros_fact(learner, expression) if key == "no-seed" else (key, "")
            return Diagnosis(False, key, (), f"{example} {message or BROKEN[key].message}")
        times = factor(learner, [*faulty(wrong), *right])
        if times is not None:
            fact = f"Every gradient is {times:.6g} times what it should be."
            ask = "With which number does the root begin?"
            return Diagnosis(False, "seed", (), f"{example} {fact} {ask}")
        if learner.begins:
            fact = (
                f"Before any backward pass, .grad of a leaf is {learner.begins:.6g}. Should it begin with 0?"
            )
            return Diagnosis(False, "initial-grad", (), f"{example} {fact}")
        if expression.is_single:
            called = "" if any(fault.grads[0]) else called_at_once(learner, expression)
            if called:
                return Diagnosis(False, "called-at-once", (), f"{example} {called}")
            return self._rule(expression, example, wrong)
        rows = list(dict.fromkeys(step.operation.row for step in expression.steps))
        in_one = pool.in_one_operation(rows, any_order=plain)
        if in_one is not None:
            key, row, message = in_one
            return Diagnosis(False, key, (), f"{example} It is so for {row} alone. {message}")
        for step in expression.steps:
            found = None if step.operation in learner.operations[:2] else self._of_rule(step)
            if not plain and found is not None and not found.ok and found.key not in ("unknown", "raises"):
                text = f"{example} {self._alone(step)}: {found.message}"
                return Diagnosis(False, f"{step.operation.row}-rule", found.inputs, text)
        if not self._is_steady(expression, fault):
            return self._unsteady(expression)
        faults = [Tried(expression, fault.grads), *sorted(faulty(wrong), key=lambda one: one.expression.size)]
        found = order_fact(faults, learner.within) or lost_fact(faults, right, learner.within)
        if found is None:
            found = paths_fact(learner, expression, self.rng)
        if found is not None:
            return Diagnosis(False, found[0], (), f"{example} {found[1]}")
        ask = "Can you follow backward through it by hand, step by step?"
        return Diagnosis(False, "unknown", (), f"{example} {ask}")

    def _smallest(self, wrong: list[tuple[Expression, Fault]]) -> tuple[Expression, Fault]:
        """The smallest expression with a fault, made still smaller; the fault stays of its kind."""
        found = []
        operations = self.learner.operations

        def size(one: tuple[Expression, Fault]) -> tuple[int, ...]:
            *size, _ = one[0].size
            first = operations.index(one[0].steps[0].operation) if one[0].is_single else 0
            return (*size, first, *one[0].size)

        for expression, fault in sorted(wrong, key=size)[: 1 if self._is_slow() else 4]:

            def fails(smaller: Expression, fault: Fault = fault) -> bool:
                return self.learner.judged(smaller)[::3] == fault[::3]

            small = shrunk(expression, fails)
            again = self.learner.judged(small)
            found.append((small, again) if again[::3] == fault[::3] else (expression, fault))
        return min(found, key=size)

    def _example(self, expression: Expression, fault: Fault) -> str:
        off = wrong_leaves(self.learner, expression, fault.grads)
        return f"`{expression}` goes wrong: with {expression.at()}, {off}."

    def _a_second_time(
        self, expression: Expression, wrong: list[tuple[Expression, Fault]], right: Sequence[Tried]
    ) -> Pool | None:
        """What the engine has after a second backward pass; None if it refuses one."""
        tried = []
        for one in (expression, *(one for one, _ in wrong), *(one.expression for one in right[::10])):
            twice = one._replace(walks=one.walks * 2)
            fault = self.learner.gradients(twice)
            if fault.kind:
                return None
            tried.append(Tried(twice, fault.grads))
        return Pool(tried, [], self.learner.within)

    def _other_fault(self, expression: Expression, fault: Fault) -> Diagnosis:
        """An exception, a wrong value, something that is no number."""
        text, key = fault.text, KEYS[fault.kind]
        if fault.kind == "data":
            text = f"`{expression}` goes wrong: with {expression.at()}, {text}. What should it be?"
        elif STORED in text:
            key = "called-at-once"
        elif 0.0 in expression.numbers:
            text = f"{text} It does with {expression.at()}. Is something divided by an operand that is 0?"
        return Diagnosis(False, key, (), text)

    def _rule(
        self, expression: Expression, example: str, wrong: Sequence[tuple[Expression, Fault]]
    ) -> Diagnosis:
        operation = expression.steps[0].operation
        sign = operation.sign
        singles = dict.fromkeys(one.steps[0].operation for one, _ in wrong if one.is_single)
        also = [f"`{other.text}`" for other in singles if other.row != operation.row]
        rest = f" and {len(also) - 4} more" if len(also) > 4 else ""
        more = f" So do {', '.join(also[:4])}{rest}." if also else ""
        start = f"{example}{more} No node is used twice there, so the walk is hardly the cause."
        found = self._of_rule(expression.steps[0])
        if found is not None and found.ok:
            start = f"{start} It is right with other numbers: is there a division, or a case of its own?"
        elif found is not None and found.key != "unknown":
            start = f"{start} {self._alone(expression.steps[0])}: {found.message}"
            if "?" in found.message:
                return Diagnosis(False, f"{operation.row}-rule", found.inputs, start)
        return Diagnosis(False, f"{operation.row}-rule", (), f"{start} Is the rule of {sign} right?")

    def _of_rule(self, step: Step) -> Diagnosis | None:
        """What `diagnose` says about the rule of this operation, asked with other upstream gradients."""
        if self.learner.within > EXACT or self.learner.whole:
            return None
        values = step.operation._replace(number_at=None)
        if values in self.learner.operations:
            step = Step(values, (), None)
        return rule_of(self.learner, step, self.seed)

    def _alone(self, step: Step) -> str:
        operation = step.operation
        both = operation._replace(number_at=None) in self.learner.operations
        x = (
            " (x is its operand)"
            if operation.values == 1 and not (both and operation.number_at is not None)
            else ""
        )
        return f"The rule of {operation.sign} alone{x}"

    # --- what changes from one time to the next ---

    def _demand_no_memory(self) -> None:
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

    def _is_steady(self, expression: Expression, fault: Fault) -> bool:
        return all(self.learner.judged(expression).grads == fault.grads for _ in range(8))

    def _unsteady(self, expression: Expression) -> Diagnosis:
        return Diagnosis(
            False,
            "nondeterministic",
            (),
            f"`{expression}` has other gradients from one time to the next, with the same {expression.at()}."
            " Does the order of a set, or of id(), decide what comes first?",
        )

    # --- several backward passes ---

    def _named_again(self, wrong: list[tuple[Expression, Fault]], right: list[Tried]) -> Diagnosis:
        self._demand_no_memory()
        expression, fault = self._smallest(wrong)
        if fault.kind != "wrong":
            return self._other_fault(expression, fault)
        if len(expression.walks) == 1:
            return self._named([(expression, fault)], [])
        key = Pool(faulty(wrong), right, self.learner.within).known(AGAIN)
        return Diagnosis(False, key or "again", (), self._again(expression, fault, key))

    def _again(self, expression: Expression, fault: Fault, key: str | None) -> str:
        once = expression.walks[0]
        if expression.walks == (once, once) and once.root == expression.last:
            text = str(expression.once())
            if fault.grads[0] == fault.grads[1]:
                fact = f"A second backward of `{text}` changes nothing."
            else:
                fact = f"After a second backward of `{text}` the gradients are not twice the first."
        else:
            fact = self._example(expression, fault) + " Each backward alone is right."
        ask = AGAIN[key].message if key else "What is left of the first backward when the next one begins?"
        return f"{fact} {ask}"


def faulty(wrong: Sequence[tuple[Expression, Fault]]) -> list[Tried]:
    """Those with a wrong gradient."""
    return [Tried(expression, fault.grads) for expression, fault in wrong if fault.kind == "wrong"]
