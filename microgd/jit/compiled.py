"""A compiled function: it is traced at its first call, and runs as generated code from then on.

A call returns what the function would have returned. Each Value in it is one node, whose partials the
generated code has computed. So compiled and eager code can be mixed.

This module uses `trace`, `program`, and one of the printers.
"""

from __future__ import annotations

from array import array

from .. import autograd, ops
from ..ops import Primitive
from ..recording import current_trace, is_grad_enabled
from ..value import Value, recorded
from . import python
from .program import Routine
from .symbol import Symbol
from .trace import Traced, leaves, of_one_sample, put_together, size, taken_apart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

    from .trace import Form

_data: Any = Value.__dict__["_data"]  # the slot behind `.data`
REDUCTIONS = ("mean", "sum", None)
BACKENDS = ("auto", "python", "llvm")


class Compiled:
    """What `microgd.compile` returns. See there."""

    def __init__(
        self, function: Callable[..., Any], in_dims: Any, reduce: str | None, backend: str, fast: bool
    ) -> None:
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self.__doc__ = getattr(function, "__doc__", None)
        self.in_dims = in_dims
        self.reduce = reduce
        self.backend = _chosen(backend)
        self.fast = fast
        self._versions: dict[Any, Version] = {}
        self._last: Version | None = None

    def __call__(self, *args: Any) -> Any:
        """What the function returns for these arguments."""
        if current_trace() is not None:
            return self._inlined(args)
        batch = Batch(self, args)
        version = self._version(batch, (False,) * len(args))
        return version.results(batch)

    def value_and_grad(self, *args: Any, argnums: int | Sequence[int] | None = None) -> tuple[float, Any]:
        """(the result, its gradient) as plain numbers, for `scipy.optimize.minimize(..., jac=True)`.

        argnums  the position of the argument to differentiate with respect to, or several. Without it the
                 gradient is that of the parameters which the function captures, in the order of
                 `.parameters`; and if it captures none, that of its arguments

        The gradient of an argument has its form. Of a NumPy array it is an array.
        """
        batch = Batch(self, args)
        if argnums is None:
            version = self._version(batch, (False,) * len(args))
            if version.parameters:
                return version.value_and_gradient(batch)
            argnums = tuple(range(len(args))) if len(args) > 1 else 0
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for k in chosen:
            if not 0 <= k < len(args):
                raise ValueError(f"argnums={argnums} names no argument: there are {len(args)}")
        version = self._version(batch, tuple([k in chosen for k in range(len(args))]))
        value, found = version.value_and_gradient(batch)
        rest = iter(found)
        gradients: dict[int, Any] = {}
        for mapped in (False, True):  # the order of the targets
            for k in sorted(chosen):
                if batch.mapped[k] is mapped:
                    gradients[k] = _shaped(args[k], batch.forms[k], mapped, batch.n, rest)
        return value, gradients[argnums] if isinstance(argnums, int) else tuple(
            [gradients[k] for k in chosen]
        )

    @property
    def parameters(self) -> list[Value]:
        """The Values that require grad and that the function captured in its last trace."""
        return list(self._traced().parameters)

    @property
    def source(self) -> str:
        """The last trace as readable Python. (Whatever the backend, its results are those of this code)"""
        return self._traced().source

    def _traced(self) -> Version:
        if self._last is None:
            raise RuntimeError(f"{self.__name__} has not been traced yet: call it once, then look at it")
        return self._last

    def _inlined(self, args: Sequence[Any]) -> Any:
        """A call inside of a function that is traced itself: the same, without code of its own."""
        mapped = _mapped(self.in_dims, len(args), self.__name__)
        if not any(mapped):
            return self.__wrapped__(*args)
        lengths = [len(arg) for arg, m in zip(args, mapped) if m]
        results = [
            self.__wrapped__(*(arg[i] if m else arg for arg, m in zip(args, mapped)))
            for i in range(lengths[0])
        ]
        return results if self.reduce is None else getattr(ops, self.reduce)(results)

    def _version(self, batch: Batch, grads: tuple[bool, ...]) -> Version:
        key = batch.forms, grads
        version = self._versions.get(key)
        if version is None or not version.is_current():
            version = self._versions[key] = Version(self, batch.forms, grads)
        self._last = version
        return version

    def __repr__(self) -> str:
        hint = "" if self.backend == "llvm" else '; pip install "microgd[jit]" makes it faster'
        return f"<compiled {self.__name__}: {self.backend}{hint}>"


class Batch:
    """The arguments of one call: their forms, and their numbers.

    n       the number of samples
    forms   of each argument (of one sample)
    values  of each argument what it is made of: numbers and Values
    """

    def __init__(self, compiled: Compiled, args: Sequence[Any]) -> None:
        self.mapped = _mapped(compiled.in_dims, len(args), compiled.__name__)
        self.values: list[list[Any]] = []
        forms, lengths = [], []
        for arg, mapped in zip(args, self.mapped):
            numbers: list[Any] = []
            form = taken_apart(arg, numbers)
            if mapped:
                n, form = of_one_sample(form)
                lengths.append(n)
            forms.append(form)
            self.values.append(numbers)
        if lengths and lengths.count(lengths[0]) != len(lengths):
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension,"
                f" got sizes {lengths} for the mapped dimension"
            )
        self.n = lengths[0] if lengths else 1
        if not self.n:
            raise ValueError(f"{compiled.__name__} got a batch without samples")
        self.forms = tuple(forms)

    def columns(self) -> list[Any]:
        """For each number of a sample a buffer with that number of all samples."""
        found = []
        for values, form, mapped in zip(self.values, self.forms, self.mapped):
            if mapped:
                width = size(form)
                if {*map(type, values)} - {float, int}:
                    values = list(map(_number, values))
                found += [_buffer(values[k::width]) for k in range(width)]
        return found

    def shared(self) -> list[float]:
        """The numbers of the arguments that all samples use."""
        found = [x for values, mapped in zip(self.values, self.mapped) if not mapped for x in values]
        return [x if type(x) is float else _number(x) for x in found]


class Version:
    """A compiled function for arguments of one form.

    parameters   the captured Values that require grad; none, if arguments are differentiated instead
    targets      what the results are differentiated with respect to: `parameters`, and variables among the
                 arguments that all samples use. They are Values of the trace
    own_targets  the same among the arguments of each sample

    A slot says where a number is after a run. j: in the j-th sum. ~j: in the j-th buffer, sample by sample.
    """

    def __init__(self, compiled: Compiled, forms: Sequence[Form], grads: Sequence[bool]) -> None:
        self.compiled = compiled
        self.changes = autograd.flag_changes
        mapped = _mapped(compiled.in_dims, len(forms), compiled.__name__)
        self.batched = any(mapped)
        self.carried = self.batched and compiled.reduce is not None
        self.mean = self.batched and compiled.reduce == "mean"
        self.traced = Traced(compiled.__wrapped__, forms, grads)
        trace = self.traced.trace
        results: list[Any] = []
        self.form = taken_apart(self.traced.out, results)
        for x in results:
            self.traced.operation(x)  # a Value that is only returned is captured, too
        self.captured = trace.in_order()
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
        self.value_slots = [self._value(x) for x in results]
        self.reached = [[j for j, slot in enumerate(slots) if slot is not None] for slots in self.slots]

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
        i = self.traced.operation(x)
        if self.carried:
            self._sums.append((i,))
            return len(self._sums) - 1
        self._each.append(i)
        return ~(len(self._each) - 1)

    def _routine(self, shared: Sequence[Symbol], own: Sequence[Symbol]) -> Routine:
        program = self.traced.trace.program
        program.inputs = [s.index for s in (*shared, *own)]
        for k, i in enumerate(program.inputs):
            program.operands[i] = (k,)
        return Routine(program, len(shared), len(own), self._sums, self._each, columns=True)

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
            if self.compiled.backend == "llvm":
                from . import llvm

                self._built = llvm.built(self.routine, fast=self.compiled.fast)
            else:
                self._built = python.built(self.routine, self.compiled.__name__, *self.names)
        return self._built

    def _names(self, mapped: Sequence[bool]) -> tuple[list[str], list[str]]:
        """Names for the inputs and the sums of the code."""
        code = getattr(self.compiled.__wrapped__, "__code__", None)
        given = code.co_varnames[: code.co_argcount] if code else ()
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
                    sums[slot] = f"d_{inputs[place]}"
        return inputs, sums

    # --- running ---

    def is_current(self) -> bool:
        """Whether a new trace would be the same: no Module has changed its mode, no Value its flag."""
        if any(module.training is not flag for module, flag in self.traced.trace.modules.items()):
            return False
        if self.changes != autograd.flag_changes:
            if [x.requires_grad for x in self.captured] != self.flags:
                return False
            self.changes = autograd.flag_changes
        return True

    def run(self, batch: Batch) -> Run:
        """Run the code for these arguments."""
        numbers = batch.shared()
        numbers += map(_data.__get__, self.captured)
        if self.mean:
            numbers.append(1.0 / batch.n)
        return self.run_on(numbers, batch.columns(), batch.n)

    def run_on(self, numbers: list[float], columns: list[Any], n: int) -> Run:
        """The same, given the shared inputs and, for each input of the samples, a buffer."""
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

    def value_and_gradient(self, batch: Batch) -> tuple[float, list[float]]:
        """The one result, and its gradient with respect to all targets, as numbers."""
        if len(self.value_slots) != 1 or (self.batched and not self.carried):
            raise RuntimeError(
                f"value_and_grad expects one number as the result of {self.compiled.__name__}: give"
                " reduce=, or differentiate with microgd.func.jacrev"
            )
        run = self.run(batch)
        slots, split = self.slots[0], len(self.targets)
        gradient = [0.0 if slot is None else run.number(slot) for slot in slots[:split]]
        for sample in range(batch.n if self.own_targets else 0):
            gradient += [0.0 if slot is None else run.number(slot, sample) for slot in slots[split:]]
        return run.value(self.value_slots[0]), gradient

    def results(self, batch: Batch) -> Any:
        """What the function returns: nodes for its Values, floats for its numbers."""
        run = self.run(batch)
        if self.batched and not self.carried:
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
        if not self.carried:
            return found[0]
        return ops.mean(found) if self.mean else ops.sum(found)

    def derivative(self, k: int) -> Compiled:
        """The gradient of the k-th result as a compiled function of the shared inputs. Without samples."""
        if k not in self._derivatives:

            def gradient(numbers: list[Any]) -> list[Any]:
                return _gradient(self.again(k, numbers, (), range(1)), numbers)

            self._derivatives[k] = Compiled(gradient, None, None, self.compiled.backend, self.compiled.fast)
        return self._derivatives[k]


def _gradient(result: Any, operands: Sequence[Any]) -> list[Any]:
    """The derivatives of a result by those operands that require grad, as graphs."""
    variables = [x for x in operands if isinstance(x, Value) and x.requires_grad]
    if not isinstance(result, Value) or not result.requires_grad:
        return [0.0] * len(variables)
    found = autograd.grad(result, variables, create_graph=True, allow_unused=True)
    return [0.0 if x is None else x for x in found]


class Workspace:
    """The buffers for a run of n samples, and the code that is bound to them."""

    def __init__(self, version: Version, n: int) -> None:
        routine = version.routine
        self.version, self.n = version, n
        self.shared, self.sums, self.zeros = (
            _buffer([0.0] * count) for count in (routine.shared, len(routine.sums), len(routine.sums))
        )
        self.columns = [_buffer([0.0] * n) for _ in range(routine.own)]
        self.each = [_buffer([0.0] * n) for _ in routine.each]
        self.call = version.built.bind(self.shared, self.columns, None, self.sums, self.each)

    def run(self, numbers: list[float], columns: list[Any]) -> Run:
        """Run the code on these numbers."""
        self.shared[:] = _buffer(numbers)
        for own, column in zip(self.columns, columns):
            own[:] = column
        self.sums[:] = self.zeros
        self.call(0, self.n)
        each = [column.tolist() for column in self.each]
        return Run(self.version, numbers, columns, self.n, self.sums.tolist(), each)


class Run:
    """What was given to a run, and what came out."""

    __slots__ = ("columns", "each", "n", "numbers", "sums", "version")

    def __init__(
        self,
        version: Version,
        numbers: list[float],
        columns: list[Any],
        n: int,
        sums: list[float],
        each: list[list[float]],
    ) -> None:
        self.version, self.numbers, self.columns, self.n = version, numbers, columns, n
        self.sums, self.each = sums, each

    def number(self, slot: int, sample: int = 0) -> float:
        """The number in a slot."""
        return self.sums[slot] if slot >= 0 else self.each[~slot][sample]

    def value(self, slot: int, sample: int = 0) -> float:
        """A result of the function."""
        return self.sums[slot] / self.n if self.version.mean else self.number(slot, sample)


class Call(Primitive):
    """The operation of a node that a compiled call returns: the k-th result of a run, for some samples.

    Its operands are the targets that are reached: those of all samples, then those of each sample.
    """

    __slots__ = ("_k", "_run", "_samples")

    def __init__(self, run: Run, k: int, samples: range) -> None:
        self.name = run.version.compiled.__name__
        self._run, self._k, self._samples = run, k, samples

    def of_targets(self, shared: Sequence[Any], own: Sequence[Sequence[Any]]) -> list[Any]:
        """What belongs to the operands, given what belongs to the targets, and columns of it for own ones."""
        split = len(shared)
        reached = self._run.version.reached[self._k]
        found = [shared[j] for j in reached if j < split]
        columns = [own[j - split] for j in reached if j >= split]
        return found + [column[s] for s in (self._samples if columns else ()) for column in columns]

    def recorded(self, run: Run | None = None) -> list[float]:
        """The partials that the run computed."""
        run = run or self._run
        slots, split = run.version.slots[self._k], len(run.version.targets)
        shared = [None if slot is None else run.number(slot) for slot in slots[:split]]
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
        return self._run.version.run_on(numbers, [_buffer(column) for column in columns], self._run.n)

    def value(self, *operands: float) -> float:
        """The result for other operands."""
        version = self._run.version
        return self._rerun(operands).value(version.value_slots[self._k], self._samples[0])

    def partials(self, operands: Sequence[Any], out: Any) -> list[Any]:
        """The partials for other operands, which may be Values: then they are graphs."""
        if all(type(x) is float for x in operands):
            return self.recorded(self._rerun(operands))
        numbers, columns = self._inputs(operands)
        version = self._run.version
        if version.batched:
            found = _gradient(version.again(self._k, numbers, columns, self._samples), operands)
        else:
            found = version.derivative(self._k)(numbers)
        partials = iter(found)
        return [next(partials) if isinstance(x, Value) and x.requires_grad else 0.0 for x in operands]

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"the graph of {self.name}, a compiled function, cannot be pickled: detach() it first"
        )


def _buffer(numbers: Any) -> Any:
    return array("d", numbers)


def _number(x: Any) -> float:
    return x._data if isinstance(x, Value) else float(x)


# --- arguments and options --------------------------------------------------------------------------------


def _mapped(in_dims: Any, count: int, name: str) -> tuple[bool, ...]:
    """For each argument whether it holds a sample for each."""
    if in_dims is None:
        return (False,) * count
    dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,) * count
    if len(dims) != count:
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): in_dims is not compatible with the structure of"
            f" inputs: it has {len(dims)} entries, and there are {count} arguments"
        )
    if any(not (dim is None or (dim == 0 and not isinstance(dim, bool))) for dim in dims):
        raise ValueError(
            f"in_dims={in_dims}: each entry is 0 (the argument holds samples, in a list or in the rows of an"
            " array) or None (all samples use the same argument)"
        )
    if count and all(dim is None for dim in dims):
        raise ValueError(f"in_dims={in_dims}: at least one argument must hold samples; or leave in_dims out")
    return tuple([dim is not None for dim in dims])


def _shaped(arg: Any, form: Form, mapped: bool, n: int, rest: Any) -> Any:
    """The gradient of an argument in the form of the argument."""
    if hasattr(arg, "tolist") and hasattr(arg, "astype"):
        from numpy import array as numpy_array

        return numpy_array([next(rest) for _ in range(arg.size)]).reshape(arg.shape)
    own = [put_together(_plain(form), rest) for _ in range(n if mapped else 1)]
    return own if mapped else own[0]


def _plain(form: Form) -> Form:
    """The same form with plain numbers instead of Values."""
    if isinstance(form, str):
        return "number"
    return tuple([_plain(x) if isinstance(x, (tuple, str)) and x in _KINDS else x for x in form])


_KINDS = ("constant", "variable")


def demand_options(in_dims: Any, reduce: Any, backend: Any) -> None:
    """ValueError for options that make no sense."""
    if reduce not in REDUCTIONS:
        raise ValueError(f"reduce={reduce!r}: it is 'mean', 'sum' or None")
    if reduce is not None and in_dims is None:
        raise ValueError(
            f"reduce={reduce!r} without in_dims: in_dims=(0, ...) says which arguments hold samples"
        )
    if backend not in BACKENDS:
        raise ValueError(f"backend={backend!r}: it is one of {', '.join(map(repr, BACKENDS))}")


def _chosen(backend: str) -> str:
    """The backend to use: "auto" is machine code if llvmlite is there, else Python."""
    if backend != "auto":
        return backend
    from importlib.util import find_spec

    return "llvm" if find_spec("llvmlite") else "python"
