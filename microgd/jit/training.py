"""A compiled training loop: forward pass, backward pass and the optimizer's step as generated code.

The optimizer's own `formula` is traced, as the loss is. Inside of the loop all numbers are in flat buffers.
They are written back to the Values and to `optimizer.state` at its end, and whenever somebody looks.

This module uses `compiled`, `version`, `program` and `symbol`. Optimizers and schedulers are given to it.
"""

from __future__ import annotations

import warnings
from _operator import is_not
from array import array
from itertools import repeat
from random import Random

from .. import ops
from ..tensor import values
from ..value import Value
from .compiled import KEPT, Compiled
from .forms import Batch, buffer
from .program import Program, Routine
from .symbol import Symbol
from .version import Version, built

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

_data: Any = Value.__dict__[
    "_data"
]  # the slots behind `.data` and `.grad`: to write them runs no Python code
_grad: Any = Value.__dict__["_grad"]


class Training:
    """What `microgd.compile(loss, optimizer=optimizer)` returns: a loop that trains.

        train = microgd.compile(loss, optimizer=optimizer)
        losses = train(points, labels, steps=1000)

    It does what this loop does, to the last bit:

        for step in range(steps):
            optimizer.zero_grad()
            value = loss(points, labels)
            value.backward()
            optimizer.step()
    """

    def __init__(self, loss: Compiled, optimizer: Any) -> None:
        if not hasattr(optimizer, "param_groups"):
            raise TypeError(
                f"optimizer={optimizer!r}: it is one of microgd.optim, with the parameters of a model"
            )
        self.loss = loss
        self.optimizer = optimizer
        self._versions: dict[Any, list[Version]] = {}
        self._formulas: dict[Any, Any] = {}

    def version(self, batch: Batch) -> Version:
        """The loss, compiled so that the parameters are in the order of the optimizer."""
        trained = values(group["params"] for group in self.optimizer.param_groups)
        key = batch.forms, tuple(map(id, trained))
        versions = self._versions.setdefault(key, [])
        version = next((version for version in versions if version.is_current()), None)
        if version is None:
            plain = (False,) * len(batch.forms)
            version = Version(self.loss, batch.forms, plain, trained, self.optimizer.tensors)
            versions[:] = [version, *versions[: KEPT - 1]]
        self.loss._last = version  # for its `source`
        return version

    def formula(self, group: dict[str, Any], kind: Any, keys: Sequence[str], begun: tuple[bool, ...]) -> Any:
        """The formula of the optimizer, ready to run. One trace serves all options of a kind."""
        found = self._formulas.get((kind, begun))
        if found is None:
            routine = update_routine(self.optimizer, group, keys, begun)
            found = self._formulas[kind, begun] = built(routine, self.loss, "update")
        return found

    def __call__(
        self,
        *args: Any,
        steps: int,
        batch_size: int | None = None,
        shuffle: bool = False,
        seed: int = 0,
        scheduler: Any = None,
        before_step: Callable[[], Any] | None = None,
        callback: Callable[[int, float], Any] | None = None,
        every: int = 1,
    ) -> list[float]:
        """Train, and return the loss of each step (before the step).

        args         what the loss is called with. Of arguments with in_dims=0, all samples
        steps        how many steps of the optimizer
        batch_size   how many samples a step sees: the first ones, the next ones ..., then from the start
                     again. The last batch of a round may be smaller. None: all samples
        shuffle      True: each round is in a new random order, which depends on `seed`
        scheduler    one of optim.lr_scheduler, or several: its step() is called after each step
        before_step  is called when the gradients are there, and may change them: lambda:
                     nn.utils.clip_grad_norm_(model.parameters(), 1.0). None counts as 0
        callback     callback(step, loss) is called after every `every`-th step, counted from 1. The model is
                     up to date then. If it returns True, training stops

        After an interrupt (Ctrl-C) or an error, the model and the optimizer are as after the last whole step.
        A warning says so if a loss is nan.
        """
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
            raise ValueError(f"steps={steps!r}: it is a whole number of steps")
        loop = _Loop(self, args, batch_size, shuffle, seed)
        schedulers = (
            list(scheduler) if isinstance(scheduler, (list, tuple)) else [scheduler] * (scheduler is not None)
        )
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise ValueError(f"every={every!r}: it is a whole number of steps, at least 1")
        losses: list[float] = []
        try:
            for step in range(1, steps + 1):
                loop.step(before_step, losses)
                self.optimizer._opt_called = True
                for each in schedulers:
                    _step_of(each, losses[-1])
                if schedulers:
                    loop = loop.read_options()
                if callback is not None and step % every == 0:
                    loop.write_back()
                    if callback(step, losses[-1]) is True:
                        break
                    loop = loop.read_again()
        finally:
            loop.write_back()
        wrong = next((k for k, x in enumerate(losses) if x != x), None)
        if wrong is not None:
            warnings.warn(
                f"the loss is nan from step {wrong + 1} on: try a smaller lr", RuntimeWarning, stacklevel=2
            )
        return losses

    def __repr__(self) -> str:
        optimizer = type(self.optimizer).__name__
        return f"<compiled training of {self.loss.__name__} by {optimizer}: {self.loss.backend}>"


def _step_of(scheduler: Any, loss: float) -> None:
    code = getattr(scheduler.step, "__code__", None) or scheduler.step.__func__.__code__
    if "metrics" in code.co_varnames[: code.co_argcount]:  # ReduceLROnPlateau
        scheduler.step(loss)
    else:
        scheduler.step()


class _Loop:
    """The buffers of a training loop, and the code that is bound to them.

    All that changes has two buffers. A step reads one and writes the other; then `done` grows by one, which
    says which is the right one. So there is no half step, whenever an interrupt comes.
    """

    def __init__(
        self,
        training: Training,
        args: Sequence[Any],
        batch_size: int | None = None,
        shuffle: bool = False,
        seed: int = 0,
        previous: _Loop | None = None,
    ) -> None:
        """`previous`: the loop that this one continues, with the batches that follow."""
        self.training, self.args = training, args
        loss, optimizer = training.loss, training.optimizer
        self.batch = batch = Batch(loss.in_dims, args, loss.__name__)
        self.version = version = training.version(batch)
        trained = values(group["params"] for group in optimizer.param_groups)
        if not {*map(id, version.parameters)} & {*map(id, trained)}:
            raise ValueError(
                f"{loss.__name__} uses none of the optimizer's parameters that require grad: is it the same"
                " model?"
            )
        if len(version.value_slots) != 1 or not version.carried or not version.is_value[0]:
            raise RuntimeError(f"{loss.__name__} must return one Value to be trained: give reduce='mean'")
        numbers, columns = batch.shared(), [buffer(column) for column in batch.columns()]
        self.first = len(numbers)
        numbers.fromlist([x._data for x in version.captured] + [0.0] * version.mean)
        version.ask(numbers, columns)
        self.shared = buffer(numbers), buffer(numbers)
        self.sums = buffer([0.0] * len(version.routine.sums))
        self.zeros = buffer(self.sums)
        self.each = version.routine.buffers(1)
        size = batch.n if batch_size is None else batch_size
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"batch_size={batch_size!r}: it is a whole number of samples, at least 1")
        self.order = array("q", range(batch.n)) if shuffle else None
        self.batches = _batches(batch.n, size, self.order, Random(seed))
        if previous is not None:
            self.order, self.batches = previous.order, previous.batches
        self.run = [version.built.bind(own, columns, self.order, self.sums, self.each) for own in self.shared]
        self.done = 0
        self.size = 0
        self.trained = trained
        self.places = {x: self.first + k for k, x in enumerate(version.captured)}
        self.slots = {x: slot for x, slot in zip(version.parameters, version.slots[0]) if slot is not None}
        self.counters = {version.parameters[j]: slot for j, slot in version.counters[0].items()}
        self.updates = [update for group in optimizer.param_groups for update in _updates(self, group)]

    def step(self, before_step: Callable[[], Any] | None, losses: list[float]) -> None:
        """One step: the loss and its gradient, then each parameter's update."""
        now = self.done & 1
        if not self.done:
            self.training.optimizer.zero_grad()  # also of parameters that the loss does not use
        start, n = next(self.batches)
        if n != self.size and self.version.mean:
            self.shared[0][-1] = self.shared[1][-1] = 1.0 / n
            self.size = n
        self.sums[:] = self.zeros
        self.run[now](start, n)
        slot = self.version.value_slots[0]
        value = self.sums[slot] if slot >= 0 else self.each[0][~slot]
        if before_step is not None:
            for update in self.updates:
                any(map(_grad.__set__, update.params, update.gradient()))
            before_step()
            self._read_gradients()
        for update in self.updates:
            update.run(now)
        losses.append(value / n if self.version.mean else value)
        self.done += 1

    # --- between the buffers and the Values ---

    def write_back(self) -> None:
        """Give all numbers to the Values and to the optimizer. An interrupt comes after it."""
        now = self.done & 1
        try:
            for update in self.updates:
                update.write_back(now)
        except BaseException:
            for update in self.updates:  # again: this time without an interrupt
                update.write_back(now)
            raise

    def _read_gradients(self) -> None:
        for update in self.updates:
            update.gradients[:] = array("d", [0.0 if x._grad is None else x._grad for x in update.params])

    def _is_as_written(self) -> bool:
        """Whether the optimizer still has the parameters of this loop, and the states that were written."""
        optimizer = self.training.optimizer
        trained = values(group["params"] for group in optimizer.param_groups)
        if len(trained) != len(self.trained) or any(map(is_not, trained, self.trained)):
            return False
        states = optimizer.state
        return all(states.get(x) is own for update in self.updates for x, own in update.written)

    def read_options(self) -> _Loop:
        """This loop with the options that the optimizer has now: a scheduler may have changed them."""
        if not all(update.remembers_enough() for update in self.updates):
            self.write_back()
            return _Loop(self.training, self.args, previous=self)
        for update in self.updates:
            update.read_options()
        return self

    def read_again(self) -> _Loop:
        """This loop with what a callback may have changed: numbers, options, modes, flags, and in the
        optimizer parameters and states.
        """
        if not (self.version.is_current() and self._is_as_written()):
            return _Loop(self.training, self.args, previous=self)
        numbers = buffer([x._data for x in self.version.captured])
        for own in self.shared:
            own[self.first : self.first + len(numbers)] = numbers
        return self.read_options()


def _batches(n: int, size: int, order: Any, rng: Random) -> Iterator[tuple[int, int]]:
    """Where each batch starts, and how many samples it has. At the start of a round, `order` is shuffled."""
    while True:
        if order is not None:
            shuffled = list(range(n))
            rng.shuffle(shuffled)
            order[:] = array("q", shuffled)
        for start in range(0, n, size):
            yield start, min(size, n - start)


class _Option(Symbol):
    """An option of an optimizer: a number that may change between steps, but not whether it is 0."""

    __slots__ = ("number",)

    def __init__(self, program: Program, index: int, number: float) -> None:
        super().__init__(program, index)
        self.number = number

    def __bool__(self) -> bool:  # type: ignore[override]
        return bool(self.number)


class _Update:
    """The update of parameters that take their steps together.

    params   Values whose numbers are next to each other among the shared inputs of the loss, and whose
             gradients are next to each other in its sums; or the loss reaches none of them
    reached  the sums of the loss that say whether a step changes them: one is not 0. None: each step does
    """

    def __init__(
        self, loop: _Loop, group: dict[str, Any], params: list[Value], reached: frozenset[int] | None
    ) -> None:
        self.loop, self.group, self.params, self.reached = loop, group, params, reached
        self.optimizer = loop.training.optimizer
        start = self.optimizer.initial_state(group)
        states = [{**start, **self.optimizer.state.get(x, {})} for x in params]
        self.keys = [key for key in start if key != "step"]
        self.begun = [states[0][key] is not None for key in self.keys]
        self.counts = "step" in start
        self.before = states[0].get("step", 0.0)
        self.taken = [0.0, 0.0]  # steps of this loop, as of either buffer
        n = len(params)
        place = loop.places[params[0]]
        self.numbers = [memoryview(own)[place : place + n] for own in loop.shared]
        self.has_gradient = params[0] in loop.slots
        sums, slot = (loop.sums, loop.slots[params[0]]) if self.has_gradient else (buffer([0.0] * n), 0)
        self.gradients = memoryview(sums)[slot : slot + n]
        self.counters = [loop.counters.get(x) for x in params]
        columns = [buffer([state[key] or 0.0 for state in states]) for key in self.keys]
        self.states = columns, [buffer(column) for column in columns]
        self.written: list[tuple[Value, dict[str, Any] | None]] = []
        self.options = buffer([])
        self._kind: Any = None
        self.read_options()

    def remembers_enough(self) -> bool:
        """Whether the state has all that the options ask for now. Momentum may have been turned on."""
        return {*self.optimizer.initial_state(self.group)} <= {"step", *self.keys}

    def read_options(self) -> None:
        """Read the options of the group, and trace the formula if it is another one now."""
        names = [key for key in self.group if key not in ("params", "param_names")]
        numbers = [x for key in names for x in numbers_of(self.group[key])]
        kind = tuple([(key, _kind(self.group[key])) for key in names])
        if kind == self._kind:
            self.options[:-1] = buffer(numbers)
            return
        self._kind = kind
        self.options = buffer([*numbers, 1.0])
        self._bind()

    def _bind(self) -> None:
        built = self.loop.training.formula(self.group, self._kind, self.keys, tuple(self.begun))
        self._calls = []
        for now in (0, 1):
            known = [x for x, begun in zip(self.states[now], self.begun) if begun]
            samples = [self.numbers[now], self.gradients, *known]
            results = [self.numbers[1 - now], *self.states[1 - now]]
            self._calls.append(built.bind(self.options, samples, None, buffer([]), results))

    def run(self, now: int) -> None:
        """Compute the new numbers and states into the other buffers."""
        if not (self.reached is None or any(map(self.loop.sums.__getitem__, self.reached))):
            self.numbers[1 - now][:] = self.numbers[now]
            for old, new in zip(self.states[now], self.states[1 - now]):
                new[:] = old
            self.taken[1 - now] = self.taken[now]
            return
        if self.taken[now] and not all(self.begun):
            self.begun = [True] * len(self.begun)
            self._bind()
        self.taken[1 - now] = self.taken[now] + 1.0
        if self.counts:
            self.options[-1] = self.before + self.taken[1 - now]
        self._calls[now](0, len(self.params))

    def gradient(self) -> list[float | None]:
        """The gradients of the last step; None for what it has not reached."""
        if not self.has_gradient:
            return [None] * len(self.params)
        sums = self.loop.sums
        pairs = zip(self.gradients.tolist(), self.counters)
        return [g if counter is None or sums[counter] else None for g, counter in pairs]

    def write_back(self, now: int) -> None:
        """Give the numbers to the Values, and the states to the optimizer."""
        any(map(_data.__set__, self.params, self.numbers[now].tolist()))
        if self.loop.done:
            any(map(_grad.__set__, self.params, self.gradient()))
        states = self.optimizer.state
        if self.taken[now]:
            steps = {"step": self.before + self.taken[now]} if self.counts else {}
            rows = zip(*(column.tolist() for column in self.states[now])) if self.keys else repeat(())
            for x, numbers in zip(self.params, rows):
                states.setdefault(x, {}).update(steps, **dict(zip(self.keys, numbers)))
        self.written = [(x, states.get(x)) for x in self.params]


def _updates(loop: _Loop, group: dict[str, Any]) -> Iterator[_Update]:
    """The updates of a group: usually one. Parameters that no step changes have none."""
    optimizer, places, slots = loop.training.optimizer, loop.places, loop.slots
    params = values(group["params"])
    reached = _reached(loop, params)
    start = optimizer.initial_state(group)

    def kind(x: Value) -> list[Any]:
        state = {**start, **optimizer.state.get(x, {})}
        return [reached[x], x in slots, state.get("step"), *(state[key] is None for key in start)]

    def follows(x: Value, last: Value) -> bool:
        """Whether x takes its steps together with the parameter before it."""
        near = places[x] == places[last] + 1 and slots.get(x, 1) == slots.get(last, 0) + 1
        return near and kind(x) == kind(last)

    runs: list[list[Value]] = []
    for x in params:
        if x in reached:
            if runs and follows(x, runs[-1][-1]):
                runs[-1].append(x)
            else:
                runs.append([x])
    for run in runs:
        yield _Update(loop, group, run, reached[run[0]])


def _reached(loop: _Loop, params: Sequence[Value]) -> dict[Value, frozenset[int] | None]:
    """For each parameter that steps change: the sums of the loss that say which ones do. None: each step.

    If a step reaches one element of a Tensor that the optimizer was given, it changes all of them.
    """
    reached: dict[Value, frozenset[int] | None] = {}
    for x in params:
        if x in loop.slots:
            reached[x] = frozenset([loop.counters[x]]) if x in loop.counters else None
    for tensor in loop.training.optimizer.tensors:
        found = [reached[x] for x in tensor if x in reached]
        if found:
            several = [own for own in found if own is not None]
            whole = frozenset[int]().union(*several) if len(several) == len(found) else None
            reached.update((x, whole) for x in tensor if x.requires_grad)
    return reached


def numbers_of(option: Any) -> Sequence[Any]:
    """The numbers of an option: one, several (as betas), or none (a flag)."""
    if isinstance(option, (int, float)) and not isinstance(option, bool):
        return (option,)
    several = isinstance(option, (tuple, list)) and all(isinstance(x, (int, float)) for x in option)
    return option if several else ()


def _kind(option: Any) -> Any:
    """What a trace of the formula depends on: which numbers are 0, and everything that is no number."""
    numbers = numbers_of(option)
    return tuple(map(bool, numbers)) if len(numbers) else repr(option)


def update_routine(
    optimizer: Any, group: dict[str, Any], keys: Sequence[str], begun: Sequence[bool]
) -> Routine:
    """The optimizer's formula as a routine.

    It has as shared inputs the options and the number of the step, and for each parameter its number, its
    gradient, and what is remembered of it, if it has begun. The results are the new number, and what is to be
    remembered.
    """
    program = Program()

    def symbol() -> Any:
        return Symbol(program, program.input())

    def option(x: Any) -> Any:
        found = [_Option(program, program.input(), number) for number in numbers_of(x)]
        return tuple(found) if isinstance(x, (tuple, list)) else found[0] if found else x

    options = {key: x if key in ("params", "param_names") else option(x) for key, x in group.items()}
    t = symbol()
    shared = len(program.inputs)
    x, g = symbol(), symbol()
    state = {key: symbol() if known else None for key, known in zip(keys, begun)}
    new = optimizer.formula(options, t, ops.sqrt)(x, -g if group.get("maximize") else g, state)
    found = [new, *map(state.get, keys)]
    each = [y.index if isinstance(y, Symbol) else program.constant(float(y)) for y in found]
    return Routine(program, shared, len(program.inputs) - shared, [], each, columns=True)
