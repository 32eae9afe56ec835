"""What is said about an engine that goes wrong.

It uses `trial`, and asks `naming`, `lost` and `facts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..diagnosis import Diagnosis
from .broken import AGAIN, BROKEN
from .expressions import Step
from .facts import called_at_once, one_node_fact, paths_fact, wrong_leaves, zeros_fact
from .learner import EXACT, STORED
from .lost import lost_fact, order_fact
from .naming import Pool, Tried, factor, limit, limit_inside, rule_of
from .right import smooth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .expressions import Expression
    from .facts import Answer
    from .learner import Fault
    from .trial import Trial

KEYS = {
    "raises": "raises",
    "not_a_number": "not_a_number",
    "data": "wrong_data",
    "changed": "changes-data",
    "reset": "reset-at-forward",
}
"""The key for each kind of fault that is no wrong gradient."""


class Seen(NamedTuple):
    """What is known when a name is looked for.

    expression  the smallest that goes wrong; `fault` is what happens there
    wrong       all that have a wrong gradient, the smallest first
    right       expressions of the same operations that are right
    plain       whether there is nothing but + and * in them
    """

    trial: Trial
    expression: Expression
    fault: Fault
    wrong: list[Tried]
    right: list[Tried]
    plain: bool

    @property
    def pool(self) -> Pool:
        """What a known mistake must explain."""
        return Pool(self.wrong, self.right, self.trial.learner.within)


def named(
    trial: Trial, wrong: list[tuple[Expression, Fault]], right: list[Tried], plain: bool = True
) -> Diagnosis:
    """The mistake that shows in one backward pass."""
    trial.demand_no_memory()
    expression, fault = trial.smallest(wrong)
    if fault.kind != "wrong":
        return _other_fault(expression, fault)
    faults = [Tried(expression, fault.grads), *sorted(faulty(wrong), key=lambda one: one.expression.size)]
    seen = Seen(trial, expression, fault, faults, right, plain)
    for question in QUESTIONS:
        found = question(seen)
        if found is not None:
            key, inputs, text = found
            return Diagnosis(False, key, inputs, f"{_example(trial, expression, fault)} {text}")
    ask = "Can you follow backward through it by hand, step by step?"
    return Diagnosis(False, "unknown", (), f"{_example(trial, expression, fault)} {ask}")


def _known(seen: Seen) -> Answer | None:
    """A known mistake in the walk."""
    learner = seen.trial.learner
    key = seen.pool.known(BROKEN, lambda: _a_second_time(seen), any_order=seen.plain)
    if key is None or (key == "seeded-all" and learner.begins):  # every node begins with that
        return None
    key, message = zeros_fact(learner, seen.expression) if key == "no-seed" else (key, "")
    return key, (), message or BROKEN[key].message


def _of_all_gradients(seen: Seen) -> Answer | None:
    """A number that all gradients have in common."""
    learner, every = seen.trial.learner, [*seen.wrong, *seen.right]
    most = limit(every)
    if most is not None:
        fact = f"No gradient is larger than {most:.6g} in size, and those that should be are {most:.6g}."
        return "clipped", (), f"{fact} Is something limited or clipped?"
    inside = limit_inside(seen.pool)
    if inside is not None:
        return "clipped", (), f"{inside}. Is something limited inside the walk?"
    times = factor(learner, every)
    if times is not None:
        fact = f"Every gradient is {times:.6g} times what it should be."
        return "seed", (), f"{fact} With which number does the root begin?"
    if learner.begins:
        fact = f"Before any backward pass, .grad of a leaf is {learner.begins:.6g}. Should it begin with 0?"
        return "initial-grad", (), fact
    return None


def _of_one_operation(seen: Seen) -> Answer | None:
    """A mistake in the nodes of one operation: a known one, or its rule."""
    trial, steps = seen.trial, seen.expression.steps
    rows = list(dict.fromkeys(step.operation.row for step in steps))
    in_one = seen.pool.in_one_operation(rows, any_order=seen.plain)
    if in_one is not None:
        key, row, message = in_one
        return key, (), f"It is so for {row} alone. {message}"
    for step in steps if not seen.plain else ():
        found = None if step.operation in trial.learner.operations[:2] else _of_rule(trial, step)
        if found is not None and not found.ok and found.key not in ("unknown", "raises"):
            return f"{step.operation.row}-rule", found.inputs, f"{_alone(trial, step)}: {found.message}"
    return None


def _unsteady(seen: Seen) -> Answer | None:
    """Whether the same expression has other gradients from one time to the next."""
    if seen.trial.is_steady(seen.expression, seen.fault):
        return None
    fact = "It has other gradients from one time to the next, with the same numbers."
    return "nondeterministic", (), f"{fact} Does the order of a set, or of id(), decide what comes first?"


def _of_one_node_twice(seen: Seen) -> Answer | None:
    """Whether one operation goes wrong where both operands are one node."""
    return one_node_fact(seen.trial.learner, seen.expression)


def _where_it_is_lost(seen: Seen) -> Answer | None:
    """What all lost contributions have in common."""
    return lost_fact(seen.wrong, seen.right, seen.trial.learner.within)


def _order(seen: Seen) -> Answer | None:
    """Nodes that pass nothing on, or that come too early."""
    return order_fact(seen.wrong, seen.trial.learner.within)


def _paths(seen: Seen) -> Answer | None:
    """A path from the root to a leaf that does not count once."""
    return paths_fact(seen.trial.learner, seen.expression, seen.trial.rng)


def _example(trial: Trial, expression: Expression, fault: Fault) -> str:
    off = wrong_leaves(trial.learner, expression, fault.grads)
    return f"`{expression}` goes wrong: with {expression.at()}, {off}."


def _a_second_time(seen: Seen) -> Pool | None:
    """What the engine has after a second backward pass; None if it refuses one."""
    tried = []
    for one in (*seen.wrong, *seen.right[::10]):
        twice = one.expression._replace(walks=one.expression.walks * 2)
        fault = seen.trial.learner.gradients(twice)
        if fault.kind:
            return None
        tried.append(Tried(twice, fault.grads))
    return Pool(tried, [], seen.trial.learner.within)


def _other_fault(expression: Expression, fault: Fault) -> Diagnosis:
    """An exception, a wrong value, something that is no number."""
    text, key = fault.text, KEYS[fault.kind]
    if fault.kind == "data":
        text = f"`{expression}` goes wrong: with {expression.at()}, {text}. What should it be?"
    elif STORED in text:
        key = "called-at-once"
    elif 0.0 in expression.numbers:
        text = f"{text} It does with {expression.at()}. Is something divided by an operand that is 0?"
    return Diagnosis(False, key, (), text)


def _rule(seen: Seen) -> Answer | None:
    """What is wrong in an operation that goes wrong alone."""
    trial, expression = seen.trial, seen.expression
    if not expression.is_single:
        return None
    called = "" if any(seen.fault.grads[0]) else called_at_once(trial.learner, expression)
    if called:
        return "called-at-once", (), called
    step = expression.steps[0]
    operation = step.operation
    key = f"{operation.row}-rule"
    singles = {one.expression.steps[0].operation for one in seen.wrong if one.expression.is_single}
    also = [
        f"`{other.text}`"
        for other in trial.learner.operations
        if other in singles and other.row != operation.row
    ]
    rest = f" and {len(also) - 4} more" if len(also) > 4 else ""
    more = f"So do {', '.join(also[:4])}{rest}. " if also else ""
    start = f"{more}No node is used twice there, so the walk is hardly the cause."
    found = _of_rule(trial, step)
    if found is not None and found.ok:
        special = _where_it_is_lost(seen) or _of_equal_values(seen)
        if special is not None:
            return special if also else (key, (), f"{start} {special[2]}")
        start = f"{start} It is right with other numbers: is there a division, or a case of its own?"
    elif found is not None and found.key != "unknown":
        start = f"{start} {_alone(trial, step)}: {found.message}"
        if "?" in found.message:
            return key, found.inputs, start
    return key, (), f"{start} Is the rule of {operation.sign} right?"


def _of_equal_values(seen: Seen) -> Answer | None:
    """Whether an operation goes wrong where its operands are equal, and is right where they differ."""
    learner, expression = seen.trial.learner, seen.expression
    if len(expression.numbers) != 2 or len(set(expression.numbers)) != 1:
        return None
    x = expression.numbers[0]
    for y in (x + 1, x + 2):
        other = expression._replace(numbers=(x, y))
        if not smooth(other) or learner.judged(other).kind:
            return None
    fact = "It goes wrong where a and b are equal, and is right where they differ."
    return "by-value", (), f"{fact} Are two nodes with equal values taken for one?"


def _of_rule(trial: Trial, step: Step) -> Diagnosis | None:
    """What `diagnose` says about the rule of this operation, asked with other upstream gradients."""
    if trial.learner.within > EXACT or trial.learner.whole:
        return None
    values = step.operation._replace(number_at=None)
    if values in trial.learner.operations:
        step = Step(values, (), None)
    return rule_of(trial.learner, step, trial.seed)


def _alone(trial: Trial, step: Step) -> str:
    operation = step.operation
    both = operation._replace(number_at=None) in trial.learner.operations
    x = (
        " (x is its operand)"
        if operation.values == 1 and not (both and operation.number_at is not None)
        else ""
    )
    return f"The rule of {operation.sign} alone{x}"


QUESTIONS = (
    _known,
    _of_all_gradients,
    _rule,
    _of_one_operation,
    _unsteady,
    _of_one_node_twice,
    _where_it_is_lost,
    _order,
    _paths,
)
"""What is asked when something goes wrong in one backward pass. The first answer is said."""


def named_again(trial: Trial, wrong: list[tuple[Expression, Fault]], right: list[Tried]) -> Diagnosis:
    """The mistake that shows in several backward passes only."""
    trial.demand_no_memory()
    expression, fault = trial.smallest(wrong)
    if fault.kind != "wrong":
        return _other_fault(expression, fault)
    if len(expression.walks) == 1:
        return named(trial, [(expression, fault)], [])
    faults = [Tried(expression, fault.grads), *faulty(wrong)]
    key = Pool(faults, right, trial.learner.within).known(AGAIN)
    return Diagnosis(False, key or "again", (), _again(trial, expression, fault, key))


def named_nested(trial: Trial, wrong: list[tuple[Expression, Fault]]) -> Diagnosis:
    """The mistake that shows only where nothing but the graph holds the results in between."""
    expression, fault = trial.smallest(wrong)
    trial.learner.nested = False
    if trial.learner.judged(expression).kind:  # it is not the names
        return named(trial, [(expression, fault)], [])
    if fault.kind == "wrong":
        said = _example(trial, expression, fault)
    else:
        said = fault.text if fault.kind != "data" else f"`{expression}` goes wrong: {fault.text}."
    fact = "It is right if each result between the leaves and the root has a name."
    ask = "Does the graph itself hold them, or does it have weak references, or ids?"
    return Diagnosis(False, "not-held", (), f"{said} {fact} {ask}")


def _again(trial: Trial, expression: Expression, fault: Fault, key: str | None) -> str:
    once = expression.walks[0]
    if expression.walks == (once, once) and once.root == expression.last:
        text = str(expression.once())
        if fault.grads[0] == fault.grads[1]:
            fact = f"A second backward of `{text}` changes nothing."
        else:
            fact = f"After a second backward of `{text}` the gradients are not twice the first."
    else:
        fact = _example(trial, expression, fault) + " Each backward alone is right."
    ask = AGAIN[key].message if key else "What is left of the first backward when the next one begins?"
    return f"{fact} {ask}"


def faulty(wrong: Sequence[tuple[Expression, Fault]]) -> list[Tried]:
    """Those with a wrong gradient."""
    return [Tried(expression, fault.grads) for expression, fault in wrong if fault.kind == "wrong"]
