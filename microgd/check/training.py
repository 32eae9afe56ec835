"""Which mistake is in this training loop?

It uses `parameters`, `trials` and `naming`. The learner's loop is run for 1 to 6 steps, each time from the
same start, and if these are right, once for many. A log of what it calls and writes tells more than its
numbers: a loss that is asked only once, gradients that are set to 0 before they are used, one step too many.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis, Stopped, number
from .optimizer.facts import Run, equal, listed
from .optimizer.means import EfficientForm
from .optimizer.naming import follows, named
from .optimizer.parameters import Log, Parameter, add_gradients, finite, numbers, tried
from .optimizer.trials import STEPS, Loss, checked
from .optimizer.updates import Rule, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONG = 100  # steps of one more run, when the first are right
NUDGE = 1e-6  # of the start: how far it leads away is what rounding may do, in float32 too

FACTS: dict[str, str] = {
    "no-backward": "backward() is never called, so that no gradient is ever computed. Where is it missing?",
    "rebound": "The parameters do not move: `p - ...` makes a new object, and the parameter is the old one."
    " Is it p.data that should change?",
    "stale_loss": "backward() runs on a loss that was computed before the parameters moved. Is loss() called"
    " anew in each step?",
    "zeroed-first": "The gradients are set after backward() and before the parameters move. Are they set to"
    " 0 before they are used?",
    "step-first": "The parameters move before the first backward(). Which comes first?",
    "moves-twice": "Each parameter moves twice in every step, with one gradient. Is the update called twice?",
    "in-sequence": "A parameter moves before the gradient of the next one is computed. Should all gradients"
    " be taken at the same place?",
    "nondeterministic": "The same loop from the same start ends somewhere else the second time. Is there"
    " chance in it, or something kept from the last run?",
}
"""What the log tells of a loop, by key. The other keys are those of `KNOWN`."""


def diagnose_training(
    train: Callable[..., Any], kind: str = "sgd", seed: int = 0, **options: Any
) -> Diagnosis:
    """Find the mistake in a training loop.

        def train(parameters, loss, steps):
            for _ in range(steps):
                for p in parameters:
                    p.grad = 0.0
                loss().backward()
                for p in parameters:
                    p.data -= 0.1 * p.grad

        diagnose_training(train, lr=0.1)

    train    train(parameters, loss, steps); loss() returns an object whose backward() adds to the
             gradient of each parameter
    kind     which rule the loop should follow, with which options
    """
    options = checked(kind, options)
    loss = Loss(seed)
    try:
        trained = [_Trained(train, loss, steps) for steps in range(1, STEPS + 1)]
        run = Run("", options, loss.start, loss.gradient, [each.end for each in trained])
        diagnosis = named(kind, [run])
        if diagnosis.ok:
            later = _later(train, loss, kind, run)
            return diagnosis if later is None else later
        if _Trained(train, loss, STEPS).end != trained[-1].end:
            return _fact("nondeterministic")
    except Stopped as stopped:
        return stopped.diagnosis
    found = trained[-1].seen() if diagnosis.key != "sgd-no-zero" else None
    if found is None:
        found = _changed(trained[-1], kind, run)
    if found is None:
        found = _count(kind, run)
    if found is None:
        found = _averaged(kind, run)
    return diagnosis if found is None else found


class _Trained:
    """A learner's loop after its run, and the log of it."""

    def __init__(self, train: Callable[..., Any], loss: Loss, steps: int) -> None:
        log = self.log = Log()
        self.steps = steps
        self.summed: list[list[float]]
        self.parameters = [Parameter(p, k, log) for k, p in enumerate(loss.start)]
        given, parameters = list(self.parameters), self.parameters
        summed = self.summed = []  # the gradients after each backward()

        class Computed:
            """The loss at the place where the parameters are now."""

            def __init__(self) -> None:
                log.append(("loss", 0))
                self._at = [finite(p.data, 0) for p in parameters]
                self.data = loss.value(self._at)

            def backward(self) -> None:
                log.append(("backward", 0 if self._at == [finite(p.data, 0) for p in parameters] else 1))
                add_gradients(parameters, loss.gradient(self._at))
                summed.append([finite(p.grad, 0, ".grad") for p in parameters])

            def item(self) -> float:
                return self.data

            def __float__(self) -> float:
                return self.data

        tried(f"training for {steps} steps", lambda: train(given, Computed, steps))
        self.rebound = any(a is not b for a, b in zip(given, parameters, strict=False))
        self.end = numbers(parameters, steps)

    def seen(self) -> Diagnosis | None:
        """What the log tells."""
        names = [name for name, _ in self.log]
        backwards = [k for k, name in enumerate(names) if name == "backward"]
        moves = [k for k, name in enumerate(names) if name == "data"]
        if not moves:
            return _fact("rebound") if self.rebound or "made" in names else _frozen(backwards)
        if not backwards:
            return _fact("no-backward")
        if any(self.log[k][1] for k in backwards):
            return _fact("stale_loss")
        if moves[0] < backwards[0]:
            return _fact("step-first")
        last = max(k for k in backwards if k < moves[0])
        used = [number(p.used[0]) for p in self.parameters if p.used]
        if "grad" in names[last : moves[0]] and not any(used):
            return _fact("zeroed-first")
        if len(moves) == 2 * self.steps * len(self.parameters) and len(backwards) == self.steps:
            return _fact("moves-twice")
        order = [(name, k) for name, k in self.log if name in ("backward", "data")]
        if order[:4] == [("backward", 0), ("data", 0), ("backward", 0), ("data", 1)]:
            return _fact("in-sequence")
        return self._many(len(backwards))

    def used(self) -> list[list[float]]:
        """The gradients that each step used; nothing if a parameter does not move once in each."""
        if any(len(p.used) != self.steps for p in self.parameters) or len(self.summed) != self.steps:
            return []
        return [[number(p.used[step]) or 0.0 for p in self.parameters] for step in range(self.steps)]

    def _many(self, backwards: int) -> Diagnosis | None:
        names = [name for name, _ in self.log]
        before = names[names.index("backward") : names.index("data")]
        times, rest = divmod(backwards, self.steps)
        if rest or times < 2 or before.count("backward") != times or "grad" in before:
            return None
        return Diagnosis(
            False,
            "many-backwards",
            (),
            f"backward() runs {times} times before each step, and the gradients add up. Should the sum be"
            " divided, or set to 0 between?",
        )


def _fact(key: str) -> Diagnosis:
    return Diagnosis(False, key, (), FACTS[key])


def _frozen(backwards: list[int]) -> Diagnosis | None:
    return None if backwards else _fact("no-backward")


def _changed(trained: _Trained, kind: str, run: Run) -> Diagnosis | None:
    """Whether the steps are right for gradients that were changed between backward() and the move."""
    used = trained.used()
    if not used or used == trained.summed:
        return None

    class OfUsed(Rule):
        """The right update, with the gradients that the loop used."""

        def seen(self, gs: list[float], ps: Sequence[float]) -> list[float]:
            return super().seen(used[self.t - 1], ps)

    if not follows(OfUsed, kind, run):
        return None
    start = "The steps are right for the gradients that are used, but these were changed after backward()"
    return Diagnosis(False, "changed-gradients", (), f"{start}{_how(used, trained.summed)} Is that wanted?")


def _how(used: list[list[float]], right: list[list[float]]) -> str:
    """In which way gradients are limited or scaled."""
    pairs = [pair for xs, ys in zip(used, right, strict=True) for pair in zip(xs, ys, strict=True)]
    most, length = max(abs(x) for x, _ in pairs), max(math.hypot(*xs) for xs in used)
    if all(math.isclose(x, math.copysign(min(abs(y), most), y), rel_tol=1e-9) for x, y in pairs):
        return f": none is larger than {most:.6g}, and those that should be are {most:.6g}."
    if not all(y for _, y in pairs):
        return "."
    found = [equal([x / y for x, y in zip(xs, ys, strict=True)]) for xs, ys in zip(used, right, strict=True)]
    times = [x for x in found if x is not None]
    if len(times) < len(found):
        return "."
    if equal(times) is not None:
        return f": each is multiplied by {times[0]:.6g}."
    sizes = [min(math.hypot(*ys), length) for ys in right]
    if all(math.isclose(math.hypot(*xs), size, rel_tol=1e-9) for xs, size in zip(used, sizes, strict=True)):
        return f": their common length is never more than {length:.6g}."
    return f": step by step, they are multiplied by {listed(times)}."


def _count(kind: str, run: Run) -> Diagnosis | None:
    """Whether the loop takes right steps, and another number of them."""
    right = simulate(Rule, kind, run.options, run.start, run.gradient, 2 * STEPS + 2)
    if right is None:
        return None
    places = [run.start, *right]
    made = [
        next((m for m in range(len(places)) if _ends(kind, run, places, m, end)), None) for end in run.trace
    ]
    if None in made or not any(made):
        return None
    asked = max(k for k, m in enumerate(made, 1) if m != k)
    return Diagnosis(
        False,
        "count",
        (),
        f"The steps are right, but their number is not: where {asked} {'is' if asked == 1 else 'are'} asked,"
        f" {made[asked - 1]} {'is' if made[asked - 1] == 1 else 'are'} made. Where does the loop begin and"
        " end?",
    )


def _averaged(kind: str, run: Run) -> Diagnosis | None:
    """Whether the loop ends at the mean of the places that right steps lead to."""
    for with_start in (0, 1):
        places, before = [], [with_start * x for x in run.start]
        for step, end in enumerate(run.trace, 1):
            total = [x * (step + with_start) for x in end]
            places.append([x - y for x, y in zip(total, before, strict=True)])
            before = total
        if follows(Rule, kind, run._replace(trace=places)):
            fact = "The loop ends at the mean of all places on a right way, not at the last of them."
            return Diagnosis(False, "mean-of-places", (), f"{fact} What is done after the last step?")
    return None


def _later(train: Callable[..., Any], loss: Loss, kind: str, run: Run) -> Diagnosis | None:
    """Whether a loop whose first steps are right goes wrong in a longer run."""
    rule = next((form for form in (Rule, EfficientForm) if follows(form, kind, run)), Rule)
    right, near = (
        simulate(rule, kind, run.options, [p * (1.0 + off) for p in run.start], loss.gradient, LONG)
        for off in (0.0, NUDGE)
    )
    if right is None or near is None or not all(map(math.isfinite, (*right[-1], *near[-1]))):
        return None
    end = _Trained(train, loss, LONG).end
    least = [
        10.0 * max(abs(a[k] - b[k]) for a, b in zip(right, near, strict=True))
        + 1e-4 * sum(abs(b[k] - a[k]) for a, b in pairwise([run.start, *right]))
        for k in range(len(end))
    ]

    def is_there(place: list[float]) -> bool:
        return all(abs(x - y) <= most for x, y, most in zip(end, place, least, strict=True))

    if is_there(right[-1]):
        return None
    fact = f"The first {STEPS} steps are right. "
    nearest = min(range(LONG), key=lambda step: math.dist(right[step], end))
    if is_there(right[nearest]):
        fact += f"Where {LONG} are asked, the parameters end where they are after {nearest + 1}."
        return Diagnosis(False, "count", (), f"{fact} What ends the loop before its last step?")
    fact += f"After {LONG} steps the parameters are not where right steps lead."
    return Diagnosis(False, "later", (), f"{fact} What is different in later steps?")


def _ends(kind: str, run: Run, places: list[list[float]], steps: int, end: list[float]) -> bool:
    if not steps:
        return end == run.start
    return follows(Rule, kind, run._replace(trace=[*places[1:steps], end]))
