"""Which mistake is in this autograd engine?

The learner's engine and this package's own compute the gradients of random small expressions, of every
operation that the engine has. If they differ, the expression is made as small as it can be, and only then
it is asked what the mistake is: a known one, the rule of one operation, or, if nothing is known, which paths
through the graph do not count as they should. The package `engine` has a module for each of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis, Stopped
from .engine.drawn import Source
from .engine.learner import Learner
from .engine.trial import CHAIN, Trial
from .engine.verdicts import named, named_again, named_nested

if TYPE_CHECKING:
    from collections.abc import Callable

    from .engine.naming import Tried

PLAIN_GRAPHS = 900  # of + and * alone
ALL_GRAPHS = 500  # of all operations
AGAIN_GRAPHS = 250  # with several backward passes
NESTED_GRAPHS = 30  # whose results between the leaves and the root have no name
FEW = 10  # with several backward passes, at first
RARE = 15  # faults: with fewer, more and larger expressions are needed
LARGE_GRAPHS = 40  # more, when it is wrong: large ones tell mistakes apart


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
        return _diagnosis(Trial(learner, seed), twice)
    except Stopped as stopped:
        return stopped.diagnosis


def _diagnosis(trial: Trial, twice: bool) -> Diagnosis:
    operations = trial.learner.operations
    plain = operations[:2]
    trial.tried(trial.singles(plain))
    few = 1
    if twice and trial.tried(trial.graphs(plain, FEW, again=True))[0]:
        few = 2  # what is kept from one pass to the next may grow, and make it slow
    passed: list[Tried] = []
    for chosen, graphs in ((plain, PLAIN_GRAPHS // few), (operations, ALL_GRAPHS // few)):
        wrong, right = trial.tried(trial.singles(chosen))
        more_wrong, more_right = trial.tried(trial.graphs(chosen, graphs), graphs)
        wrong, right = wrong + more_wrong, right + more_right
        if wrong and chosen is not plain:
            wrong = trial.not_rounded(wrong)
        if wrong:
            source = Source(trial.rng, chosen, trial.learner.whole)
            most, times = (9, 3) if len(wrong) < RARE else (6, 1)
            large = (source.draw(trial.rng.randint(4, most), 2) for _ in range(times * LARGE_GRAPHS))
            more_wrong, more_right = trial.tried(large)
            return named(trial, wrong + more_wrong, passed + right + more_right, chosen is plain)
        passed += right
    if twice:
        for chosen in (plain, operations):
            wrong, right = trial.tried(trial.graphs(chosen, AGAIN_GRAPHS, again=True), AGAIN_GRAPHS)
            if wrong:
                return named_again(trial, wrong, right)
    if trial.learner.judged(trial.chain(operations[0])).kind == "wrong":
        off = f"A chain of {CHAIN} operations goes wrong, and all small expressions are right."
        return Diagnosis(False, "unknown", (), f"{off} Does the walk end after some number of nodes?")
    trial.learner.nested = True
    wrong, _ = trial.tried(trial.graphs(operations, NESTED_GRAPHS))
    if wrong:
        return named_nested(trial, wrong)
    return Diagnosis(True, "ok", (), _all_right(trial, twice))


def _all_right(trial: Trial, twice: bool) -> str:
    signs = [operation.sign for operation in trial.learner.operations]
    again = ", also in several backward passes" if twice else ""
    remarks = "".join(f" {remark}." for remark in dict.fromkeys(trial.learner.remarks)).replace("?.", "?")
    return f"Right on all {trial.count} expressions of {' '.join(dict.fromkeys(signs))}{again}.{remarks}"
