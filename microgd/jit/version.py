"""A compiled function for arguments of one form: from its trace to a routine, and what a run of it gives.

This module uses `trace`, `references`, `program`, and one of the printers.
"""

from __future__ import annotations

from .. import autograd, ops
from ..ops import Primitive
from ..recording import enable_grad, is_grad_enabled
from ..value import Value, recorded
from . import python
from .forms import Batch, as_array, buffer, leaves, mapped_by, put_together, taken_apart
from .program import Routine
from .references import References
from .symbol import Symbol
from .trace import Traced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from .compiled import Compiled
    from .forms import Form

_data: Any = Value.__dict__["_data"]  # the slot behind `.data`


class Version:
    """A compiled function for arguments of one form.

    parameters   the captured Values that require grad; none, if arguments are differentiated instead
    targets      what the results are differentiated with respect to: `parameters`, and variables among the
                 arguments that all samples use. They are Values of the trace
    own_targets  the same among the arguments of each sample

    counters     for each result the targets that only some calls reach: rows of a table that are picked by
                 an index. The slot of each says how many samples pick it. If none does, its partial is None

    A slot says where a number is after a run. j: it is the j-th sum. ~j: it is the j-th result of a sample.
    """

    def __init__(
        self,
        compiled: Compiled,
        forms: Sequence[Form],
        grads: Sequence[bool],
        first: Sequence[Value] = (),
        tensors: Sequence[Sequence[Value]] = (),
    ) -> None:
        """Trace the function.

        grads    for each argument whether numbers in it are variables, too
        first    the parameters in this order, before others
        tensors  if one of these elements is a parameter, all elements of its Tensor are captured
        """
        self.compiled = compiled
        self.changes = autograd.flag_changes
        mapped = mapped_by(compiled.in_dims, len(forms), compiled.__name__)
        self.batched = any(mapped)
        self.carried = not self.batched or compiled.reduce is not None  # gradients are sums over samples
        self.mean = self.batched and compiled.reduce == "mean"
        self.traced = Traced(compiled.__wrapped__, forms, grads)
        trace = self.traced.trace
        self.references = References(compiled.__wrapped__, trace.modules)
        results: list[Any] = []
        self.form = self._form_of_results(results)
        for x in results:
            self.traced.operation(x)  # a Value that is only returned is captured, too
        for tensor in tensors:
            if any(x.requires_grad and trace.symbol_of(x) is not None for x in tensor):
                for x in tensor:
                    self.traced.operation(x)
        self.captured = trace.in_order(first)
        self.flags = [x.requires_grad for x in self.captured]
        self.is_value = [isinstance(x, Value) for x in results]

        arguments = list(zip(self.traced.variables, mapped))
        self.parameters = [] if any(grads) else [x for x in self.captured if x.requires_grad]
        self.targets = [*self.parameters, *(x for own, m in arguments if not m for x in own)]
        self.own_targets = [x for own, m in arguments if m for x in own]
        weight = trace.input() if self.mean else 1.0
        self._sums: list[tuple[int, ...]] = []
        self._each: list[int] = []
        self.slots = [self._differentiated(x, weight) for x in results]
        self.counters = [self._counted(x) for x in results]
        self.value_slots = [self._value(x) for x in results]
        self.reached = [[j for j, slot in enumerate(slots) if slot is not None] for slots in self.slots]
        # Whether the gradient of a result is the first sums, one for each target: the usual case.
        self.is_plain = [slots == list(range(len(self.targets))) for slots in self.slots]

        symbols: list[Any] = [s for own, m in zip(self.traced.arguments, mapped) if not m for s in own]
        symbols += [trace.symbol_of(x) for x in self.captured]
        symbols += [weight] if self.mean else []
        own = [s for own, m in zip(self.traced.arguments, mapped) if m for s in own]
        self.routine = self._routine(symbols, own)
        self.places = self._positions(symbols, own)
        self.names = self._names(mapped)
        self.traced.out = None  # its graph of symbols is not needed any more
        self._built: Any = None
        self._idle: dict[int, list[Workspace]] = {}
        self._derivatives: dict[int, Compiled] = {}

    # --- from the trace to a routine ---

    def _form_of_results(self, results: list[Any]) -> Form:
        """The form of what the function returned, whose numbers are added to a list."""
        name, out = self.compiled.__name__, self.traced.out
        try:
            form = taken_apart(out, results)
        except TypeError:
            hint = ": does it end without a return?" if out is None else ""
            raise TypeError(
                f"a compiled function returns numbers, Values, Tensors, and lists, tuples and dicts of them;"
                f" {name} returned {out!r}{hint}"
            ) from None
        if self.batched and self.carried and len(results) != 1:
            raise ValueError(
                f"reduce={self.compiled.reduce!r} expects one number for each sample, and {name} returned"
                f" {len(results)}: return their sum, or leave reduce out"
            )
        return form

    def _differentiated(self, x: Any, weight: Any) -> list[int | None]:
        """The slots of the gradient of one result; None where there is no path."""
        targets = [*self.targets, *self.own_targets]
        if not isinstance(x, Value) or not x.requires_grad:
            return [None] * len(targets)
        trace = self.traced.trace
        begun = [trace.input() for _ in self.targets] if self.carried else []
        slots: list[int | None] = []
        for k, total in enumerate(self.traced.gradient(x, weight, targets, begun)):
            if total is None:
                slots.append(None)
            elif k < len(begun):
                slots.append(len(self._sums))
                self._sums.append(self.traced.terms(total, begun[k]))
            else:
                slots.append(~len(self._each))
                self._each.append(self.traced.operation(total))
        return slots

    def _value(self, x: Any) -> int:
        """The slot of one result."""
        return self._slot(self.traced.operation(x), self.batched and self.carried)

    def _slot(self, i: int, summed: bool) -> int:
        if summed:
            self._sums.append((i,))
            return len(self._sums) - 1
        self._each.append(i)
        return ~(len(self._each) - 1)

    def _counted(self, x: Any) -> dict[int, int]:
        """The counters of one result: by the number of the target, a slot."""
        known: dict[int, int] = {}
        counters: dict[int, int] = {}
        if isinstance(x, Value) and x.requires_grad:
            for j, condition in enumerate(self.traced.picked(x, self.targets)):
                if condition is not None:
                    if condition.index not in known:
                        known[condition.index] = self._slot((condition * 1.0).index, self.carried)
                    counters[j] = known[condition.index]
        return counters

    def _routine(self, shared: Sequence[Symbol], own: Sequence[Symbol]) -> Routine:
        program = self.traced.trace.program
        program.inputs = [s.index for s in (*shared, *own)]
        for k, i in enumerate(program.inputs):
            program.operands[i] = (k,)
        routine = Routine(program, len(shared), len(own), self._sums, self._each, columns=self.batched)
        program.closed = True
        return routine

    def _positions(self, shared: Sequence[Symbol], own: Sequence[Symbol]) -> list[int]:
        """For each target which input it is."""
        place = {s.index: k for k, s in enumerate((*shared, *own))}
        return [place[self.traced.operation(x)] for x in (*self.targets, *self.own_targets)]

    # --- the code ---

    @property
    def source(self) -> str:
        """The code as readable Python."""
        return python.printed(self.routine, self.compiled.__name__, *self.names)

    @property
    def built(self) -> Any:
        """The routine, ready to run."""
        if self._built is None:
            self._built = built(self.routine, self.compiled, self.compiled.__name__, *self.names)
        return self._built

    def _names(self, mapped: Sequence[bool]) -> tuple[list[str], list[str]]:
        """Names for the inputs and the sums of the code."""
        code = getattr(self.compiled.__wrapped__, "__code__", None)
        is_method = hasattr(self.compiled.__wrapped__, "__self__")
        given = code.co_varnames[is_method : code.co_argcount] if code else ()
        arguments: dict[bool, list[str]] = {True: [], False: []}
        for k, (own, m) in enumerate(zip(self.traced.arguments, mapped)):
            name = given[k] if k < len(given) else f"argument{k}"
            arguments[m] += [name] if len(own) == 1 else [f"{name}{i}" for i in range(len(own))]
        known = self.traced.trace.names
        captured = [known.get(id(x)) or str(x.label) or f"w{k}" for k, x in enumerate(self.captured)]
        inputs = [*arguments[False], *captured, *(["one_over_n"] if self.mean else []), *arguments[True]]
        sums = ["total"] * len(self.routine.sums)
        for slots in self.slots:
            for place, slot in zip(self.places, slots):
                if slot is not None and slot >= 0:
                    sums[slot] = f"d_{python.identifier(inputs[place])}"
        return inputs, sums

    # --- running ---

    def is_current(self) -> bool:
        """Whether a new trace would be the same: no Value has changed its flag, no Module its mode, and what
        the function refers to is what it was.
        """
        if self.changes != autograd.flag_changes:
            if [x.requires_grad for x in self.captured] != self.flags:
                return False
            self.changes = autograd.flag_changes
        return self.references.changed() is None

    def run(self, batch: Batch) -> Run:
        """Run the code for these arguments."""
        numbers = batch.shared()
        numbers.fromlist([*map(_data.__get__, self.captured)])
        if self.mean:
            numbers.append(1.0 / batch.n)
        return self.run_on(numbers, batch.columns(), batch.n)

    def run_on(self, numbers: Any, columns: Sequence[Any], n: int) -> Run:
        """The same, given a buffer of the shared inputs and, for each input of the samples, a buffer."""
        if self.routine.program.demands:
            self.ask(numbers, columns)
        try:
            space = self._idle[n].pop()  # a workspace serves one call at a time, on whatever thread
        except (KeyError, IndexError):
            space = Workspace(self, n)
        run = space.run(numbers, columns)
        self._idle.setdefault(n, []).append(space)
        return run

    def ask(self, numbers: Sequence[float], columns: Sequence[Any]) -> None:
        """Check what the function demands of its arguments: probabilities, class indices."""
        program = self.routine.program
        for i, holds, complaint in program.demands:
            k = program.operands[i][0]
            for x in columns[k - self.routine.shared] if k >= self.routine.shared else (numbers[k],):
                if not holds(x):
                    raise complaint(x)

    def value_and_gradient(self, batch: Batch) -> tuple[float, Any, list[Any]]:
        """The one result; a buffer of its gradient with respect to the targets; columns for own targets."""
        if len(self.value_slots) != 1 or not self.carried:
            raise RuntimeError(
                f"value_and_grad expects one number as the result of {self.compiled.__name__}: give"
                " reduce=, or differentiate with microgd.func.jacrev"
            )
        run = self.run(batch)
        slots, split = self.slots[0], len(self.targets)
        zero = buffer([0.0])
        if self.is_plain[0]:
            shared = run.sums[:split]
        else:
            shared = buffer([0.0 if slot is None else run.number(slot) for slot in slots[:split]])
        own = [zero * batch.n if slot is None else run.each[~slot] for slot in slots[split:]]
        return run.value(self.value_slots[0]), shared, own

    def results(self, batch: Batch) -> Any:
        """What the function returns: nodes for its Values, floats for its numbers."""
        run = self.run(batch)
        if not self.batched and not any(self.is_value):
            if self.form[0] == "array":
                return as_array(run.each[0], self.form[1])
            return put_together(self.form, iter(run.each[0].tolist()))
        if not self.carried:
            return [self._result(batch, run, range(k, k + 1)) for k in range(batch.n)]
        return self._result(batch, run, range(batch.n))

    def _result(self, batch: Batch, run: Run, samples: range) -> Any:
        """What these samples return."""
        recording = is_grad_enabled()
        variables: Any = None
        items: list[Any] = []
        for k, slot in enumerate(self.value_slots):
            out = run.value(slot, samples[0])
            if not self.is_value[k]:
                items.append(out)
            elif not recording or not self.reached[k]:
                items.append(Value(out, requires_grad=False))
            else:
                variables = variables or self._variables(batch)
                call = Call(run, k, samples)
                items.append(recorded(Value, call, out, call.of_targets(*variables), call.recorded()))
        return put_together(self.form, iter(items))

    def _variables(self, batch: Batch) -> tuple[list[Value], list[list[Value]]]:
        """The Values of a call that are targets: those of all samples, and columns of the others."""
        shared, own = list(self.parameters), []
        for values, form, mapped in zip(batch.values, batch.forms, batch.mapped):
            kinds = leaves(form)
            for i, kind in enumerate(kinds):
                if kind == "variable":
                    if mapped:
                        own.append(values[i :: len(kinds)])
                    else:
                        shared.append(values[i])
        return shared, own

    # --- derivatives of derivatives ---

    def again(self, k: int, numbers: Sequence[Any], columns: Sequence[Sequence[Any]], samples: range) -> Any:
        """The k-th result for other inputs, which may be Values, computed one operation after another."""
        slot = self.value_slots[k]
        i = self._sums[slot][0] if slot >= 0 else self._each[~slot]
        program, now = self.traced.trace.program.finished([i])
        rows = [[column[s] for column in columns] for s in samples]
        found = [program.run([*numbers, *row])[now[i]] for row in rows]
        if not self.batched or not self.carried:
            return found[0]
        return ops.mean(found) if self.mean else ops.sum(found)

    def derivative(self, k: int) -> Compiled:
        """The gradient of the k-th result as a compiled function of the shared inputs. Without samples."""
        if k not in self._derivatives:

            def gradient(numbers: list[Any]) -> list[Any]:
                return _gradient(self.again(k, numbers, (), range(1)), numbers)

            self._derivatives[k] = self.compiled.like(gradient)
        return self._derivatives[k]


def built(routine: Routine, compiled: Compiled, *names: Any) -> Any:
    """A routine, made ready to run by the backend of a compiled function."""
    if compiled.backend == "llvm":
        from . import llvm

        return llvm.built(routine, fast=compiled.fast)
    return python.built(routine, *names)


def _gradient(result: Any, operands: Sequence[Any]) -> list[Any]:
    """The derivatives of a result by those operands that require grad, as graphs."""
    variables = [x for x in operands if _is_variable(x)]
    if not isinstance(result, Value) or not result.requires_grad:
        return [0.0] * len(variables)
    found = autograd.grad(result, variables, create_graph=True, allow_unused=True)
    return [0.0 if x is None else x for x in found]


def _is_variable(x: Any) -> bool:
    return isinstance(x, Value) and x.requires_grad


class Workspace:
    """The buffers for a run of n samples, and the code that is bound to them."""

    def __init__(self, version: Version, n: int) -> None:
        routine = version.routine
        self.version, self.n = version, n
        self.shared, self.sums, self.zeros = (
            buffer([0.0] * count) for count in (routine.shared, len(routine.sums), len(routine.sums))
        )
        self.columns = [buffer([0.0] * n) for _ in range(routine.own)]
        self.each = routine.buffers(n)
        self.call = version.built.bind(self.shared, self.columns, None, self.sums, self.each)
        self._views = [memoryview(column) for column in self.columns]

    def run(self, numbers: Any, columns: Sequence[Any]) -> Run:
        """Run the code on these numbers."""
        self.shared[:] = numbers
        for view, column in zip(self._views, columns):
            view[:] = column
        self.sums[:] = self.zeros
        self.call(0, self.n)
        # Copies: the next call writes into the same buffers.
        each = [results[:] for results in self.each]
        return Run(self.version, numbers, [own[:] for own in self.columns], self.n, self.sums[:], each)


class Run:
    """What was given to a run, and what came out."""

    __slots__ = ("columns", "each", "n", "numbers", "sums", "version")

    def __init__(
        self,
        version: Version,
        numbers: Any,
        columns: Sequence[Any],
        n: int,
        sums: Any,
        each: Sequence[Any],
    ) -> None:
        self.version, self.numbers, self.columns, self.n = version, numbers, columns, n
        self.sums, self.each = sums, each

    def number(self, slot: int, sample: int = 0) -> float:
        """The number in a slot."""
        if slot >= 0:
            return self.sums[slot]
        return self.each[~slot][sample] if self.version.batched else self.each[0][~slot]

    def value(self, slot: int, sample: int = 0) -> float:
        """A result of the function."""
        return self.sums[slot] / self.n if self.version.mean else self.number(slot, sample)


class Call(Primitive):
    """The operation of a node that a compiled call returns: the k-th result of a run, for some samples.

    Its operands are the targets that are reached: those of all samples, then those of each sample.
    """

    __slots__ = ("_k", "_reached", "_run", "_samples")

    def __init__(self, run: Run, k: int, samples: range) -> None:
        self.name = run.version.compiled.__name__
        self._run, self._k, self._samples = run, k, samples
        self._reached = run.version.reached[k]
        counters = run.version.counters[k]
        if counters:
            self._reached = [
                j for j in self._reached if j not in counters or run.number(counters[j], samples[0])
            ]

    def of_targets(self, shared: Sequence[Any], own: Sequence[Sequence[Any]]) -> list[Any]:
        """What belongs to the operands, given what belongs to the targets, and columns of it for own ones."""
        split = len(shared)
        reached = self._reached
        found = [shared[j] for j in reached if j < split]
        columns = [own[j - split] for j in reached if j >= split]
        return found + [column[s] for s in (self._samples if columns else ()) for column in columns]

    def recorded(self, run: Run | None = None) -> list[Any]:
        """The partials that the run computed."""
        run = run or self._run
        slots, split = run.version.slots[self._k], len(run.version.targets)
        if run.version.is_plain[self._k] and len(self._reached) == split:
            return run.sums[:split].tolist()
        shared = [None if slot is None else run.number(slot, self._samples[0]) for slot in slots[:split]]
        own = [() if slot is None else run.each[~slot] for slot in slots[split:]]
        return self.of_targets(shared, own)

    def _inputs(self, operands: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """The inputs of the run, with other operands."""
        run = self._run
        version = run.version
        numbers: list[Any] = list(run.numbers)
        columns: list[Any] = [list(column) for column in run.columns]
        split, first = len(version.targets), version.routine.shared
        places = version.places
        own = [[(place - first, s) for s in range(run.n)] for place in places[split:]]
        for x, place in zip(operands, self.of_targets(places[:split], own), strict=True):
            if isinstance(place, int):
                numbers[place] = x
            else:
                columns[place[0]][place[1]] = x
        return numbers, columns

    def _rerun(self, operands: Sequence[float]) -> Run:
        numbers, columns = self._inputs(operands)
        columns = [buffer(column) for column in columns]
        return self._run.version.run_on(buffer(numbers), columns, self._run.n)

    def value(self, *operands: float) -> float:
        """The result for other operands."""
        version = self._run.version
        return self._rerun(operands).value(version.value_slots[self._k], self._samples[0])

    def partials(self, operands: Sequence[Any], out: Any) -> list[Any]:
        """The partials for other operands, which may be Values: then they are graphs."""
        if all(type(x) is float for x in operands):
            return self.recorded(self._rerun(operands))
        with enable_grad():
            # Variables of its own: one operand may be another once more, or made of it.
            asked = [
                x * 1.0 if _is_variable(x) else Value(x.data if isinstance(x, Value) else x) for x in operands
            ]
            numbers, columns = self._inputs(asked)
            version = self._run.version
            if version.batched:
                partials = _gradient(version.again(self._k, numbers, columns, self._samples), asked)
            else:
                found = iter(version.derivative(self._k)(numbers))
                by_number = [next(found) if isinstance(x, Value) else 0.0 for x in numbers]
                partials = [by_number[place] for place in self.of_targets(version.places, ())]
        for new, x in zip(asked, operands):
            if not _is_variable(x):
                new._row = None  # a constant, as x is
        return partials

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"the graph of {self.name}, a compiled function, cannot be pickled: detach() it first"
        )
