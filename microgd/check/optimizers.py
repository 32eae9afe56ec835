"""Which mistake is in this optimizer?

It uses `parameters` and `naming`. The learner's optimizer takes a few steps on two parameters, several times:
on a loss that both share, on a gradient of 1 followed by zeros, and with a second value of each option. The
rule that takes the same steps in all of these runs is looked for in `naming`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis, Stopped, described
from .optimizer.facts import Run
from .optimizer.naming import named
from .optimizer.parameters import Log, add_gradients, made_for, numbers, tried
from .optimizer.trials import STEPS, Loss, checked, impulse
from .optimizer.updates import Rule, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .optimizer.updates import Gradient, Trace


def diagnose_optimizer(
    optimizer: Callable[..., Any], kind: str = "sgd", seed: int = 0, **options: Any
) -> Diagnosis:
    """Find the mistake in an optimizer, by its first steps on two parameters.

        diagnose_optimizer(MySGD, "sgd", lr=0.1, momentum=0.9)

    optimizer  optimizer(parameters, **options) makes an object with step() and zero_grad(); a
               parameter has `.data` and `.grad`. Classes of microgd.optim and of torch.optim, and what is
               derived from them, get parameters of their own kind
    kind       which rule it should follow: "sgd", "adam", "adamw", "rmsprop" or "adagrad"
    options    torch's names; what is not given has torch's default. Each number that is given is also tried
               with a second value. A mistake in momentum shows only if momentum is given, one in weight
               decay only if that is
    """
    options = checked(kind, options)
    loss = Loss(seed)
    try:
        learner = _Learner(optimizer, options)
        runs = [
            learner.run("", options, loss.start, loss.gradient),
            *(
                learner.run(f" with {said}", others, loss.start, loss.gradient)
                for said, others in seconds(kind, options)
            ),
        ]
        if simulate(Rule, kind, options, loss.start, impulse, STEPS) is not None:
            runs.append(learner.run(" where a gradient is 0.5 once and then 0", options, loss.start, impulse))
        if learner.changes_again(runs[0]):
            return Diagnosis(False, "shared-state", (), SHARED)
        diagnosis = named(kind, runs)
        if diagnosis.ok and learner.is_read_once(runs[0]):
            return diagnosis._replace(message=f"{diagnosis.message} {READ_ONCE}")
        more = learner.seen(diagnosis)
        return diagnosis if more is None else more
    except Stopped as stopped:
        return stopped.diagnosis


def seconds(kind: str, options: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """A second value of every number that is given, one at a time. What is 0 stays off."""
    found = []
    for name, value in options.items():
        if isinstance(value, bool) or not value:
            continue
        other: Any
        if name == "betas":
            other = (0.7 * value[0], 0.9 * value[1])
        elif name == "eps":
            other = max(3.0 * value, 1e-2)
        else:
            other = 0.63 * value
        found.append((f"{name}={other}", {**options, name: other}))
    return found


class _Learner:
    """A learner's optimizer, and what it did with its parameters."""

    def __init__(self, optimizer: Callable[..., Any], options: dict[str, Any]) -> None:
        self.optimizer, self.log = optimizer, Log()
        kinds = made_for(optimizer)
        for make in kinds:
            self.make = make
            try:
                optimizer(make([1.0, -1.0], Log()), **options)
                return
            except TypeError:  # it may want another kind of parameters
                continue
            except (Exception, SystemExit):
                break
        self.make = kinds[0] if make is kinds[-1] else make

    def run(
        self,
        said: str,
        options: dict[str, Any],
        start: Sequence[float],
        gradient: Gradient,
        lazy: bool = False,
    ) -> Run:
        log = Log()
        parameters = self.make(start, log)
        given = iter(parameters) if lazy else list(parameters)
        made = tried(f"making the optimizer{said}", lambda: self.optimizer(given, **options))
        if not hasattr(made, "step"):
            raise Stopped("raises", f"The optimizer is {described(made)}, and has no step().")
        trace: Trace = []
        for step in range(1, STEPS + 1):
            if hasattr(made, "zero_grad"):
                here = numbers(parameters, step - 1)
                tried(f"zero_grad() before step {step}{said}", made.zero_grad)
                if numbers(parameters, step - 1) != here:
                    raise Stopped(
                        "zero-grad-data", "zero_grad() changes .data. Is it .grad that it should set?"
                    )
            add_gradients(parameters, gradient(trace[-1] if trace else start, step))
            log.append(("step", step))
            tried(f"step {step}{said}", made.step)
            log.append(("done", step))
            trace.append(numbers(parameters, step))
        self.log = self.log or log
        return Run(said, options, list(start), gradient, trace)

    def seen(self, diagnosis: Diagnosis) -> Diagnosis | None:
        """What the order of its writing tells beyond the numbers."""
        if diagnosis.key != "frozen":
            return None
        names = [name for name, _ in self.log[self.log.index(("step", 1)) : self.log.index(("done", 1))]]
        if "grad" in names and "data" not in names:
            return Diagnosis(
                False,
                "grad-written",
                (),
                "The parameters do not move: step() writes .grad. Is it .data that should change?",
            )
        if "grad" in names and names.index("grad") < names.index("data"):
            return Diagnosis(
                False,
                "zeroed-first",
                (),
                "The parameters do not move: step() writes the gradients before it writes .data. Are they"
                " set to 0 before they are used?",
            )
        return None

    def changes_again(self, first: Run) -> bool:
        """Whether a second optimizer takes other steps."""
        return self.run("", first.options, first.start, first.gradient).trace != first.trace

    def is_read_once(self, first: Run) -> bool:
        """Whether parameters from an iterator stop to move, where those of a list go on."""
        try:
            lazy = self.run("", first.options, first.start, first.gradient, lazy=True)
        except Stopped:  # it asks for a list, and says so
            return False
        return lazy.trace[-1] == lazy.trace[0] != first.trace[-1]


SHARED = (
    "A second optimizer of the same class takes other steps than the first. Is what it remembers kept in the"
    " class, or in a default argument?"
)
READ_ONCE = (
    "Given a generator, only the first loop finds parameters, and then none of them moves. Is list() missing?"
)
