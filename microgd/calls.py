"""A call of a `Function`, as one hidden node of the graph.

`call_partials` says how the chain rule goes through it. This module uses `call_partials`, `kept`, `autograd`,
`value`, `tensor`, `table` and `recording`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import kept
from .autograd import enable_grad, no_grad, record
from .call_partials import Answer as Answer, Place as Place, Recorded, Upstreams
from .recording import is_grad_enabled, looked_at, scoped, state
from .shapes import broadcast, spread
from .table import TABLE, Primitive, as_float, flat, is_number, is_sequence, same
from .tensor import Tensor, shape
from .value import Value, _node, _unrecorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import NoReturn

    from .function import Context, Function


class Call(Primitive):
    """One call of a Function: the operation of its hidden node.

    function   the subclass of Function
    arguments  what forward got, with numbers for Values
    wanted     for each operand, the Values of the arguments one after another, whether it requires grad
    context    ctx
    results    what forward returned
    """

    hidden = True

    __slots__ = ("arguments", "context", "function", "results", "wanted")

    def __init__(
        self, function: type[Function], context: Context, arguments: tuple[Any, ...], wanted: list[bool]
    ) -> None:
        name = function.__name__
        super().__init__(f"{name}.apply" if name in TABLE else name, self._unasked, None)
        self.function, self.context, self.arguments, self.wanted = function, context, arguments, wanted
        with no_grad():
            self.results = function.forward(context, *arguments)

    @staticmethod
    def _unasked(*operands: float) -> float:
        return 0.0

    def outputs(self) -> tuple[Any, ...]:
        """What forward returned, as a tuple."""
        several = isinstance(self.results, (tuple, list))
        return tuple(self.results) if several else (self.results,)

    def numbers(self) -> list[float]:
        """The numbers in the outputs, one after another."""
        return [x for output in self.outputs() for x in map(_float, elements_of(output))]

    def recorded(self, operands: Sequence[Any]) -> Any:
        """The outputs as Values: nodes above a hidden node for this call, or constants."""
        numbers = self.numbers()
        kind = next((type(x) for x in operands if isinstance(x, Value)), Value)
        node: Any = None
        if True in self.wanted and is_grad_enabled():
            if scoped and state().watched:
                for number in numbers:
                    looked_at(self, number, operands)
            partials = tuple(Answer(self, i) if want else None for i, want in enumerate(self.wanted))
            node = _node(self, 0.0, tuple(operands), None, partials, None, kind)
        made, place = [], 0
        for output in self.outputs():
            constant = any(output is x for x in self.context._constants)
            elements = []
            for number in map(_float, elements_of(output)):
                if node is None or constant:
                    elements.append(_unrecorded(kind, self, number))
                else:
                    elements.append(self._output(node, number, place, len(numbers)))
                place += 1
            made.append(_put_back(output, elements))
        if isinstance(self.results, (tuple, list)):
            return tuple(made)
        return made[0]

    def _output(self, node: Any, number: float, place: int, count: int) -> Value:
        """An output, above the hidden node."""
        row = Output(self.name if count == 1 else f"{self.name}[{place}]", self._unasked, None)
        made: Value = _node(row, number, node, None, Place(place, count), None, type(node))
        return made

    def backward(self, upstreams: Sequence[float | None]) -> list[float]:
        """The gradient of each operand, as the Function's backward finds it."""
        with no_grad():
            answer = self.function.backward(self.context, *self._upstreams(upstreams))
        return self._understood(answer, _float)

    def recorded_backward(self, node: Value, upstreams: Upstreams) -> list[Any]:
        """The same as graphs: what forward kept of inputs and outputs has its graph, and so have the
        upstream gradients. `node` is the hidden node of the call.
        """
        if hasattr(self.function.backward, "once_differentiable"):
            raise RuntimeError(
                f"{self.function.__name__}.backward was marked with @once_differentiable: so it has no second"
                " derivatives (create_graph=True)"
            )
        grads = self._upstreams([None if g is None else _constant(g) for g in upstreams.numbers])
        with enable_grad():
            context = self._context_at(node, upstreams.outputs or {})
            try:
                answer = self.function.backward(context, *grads)
            except TypeError as error:
                raise TypeError(
                    f"{self.function.__name__}.backward cannot be recorded for second derivatives: {error}"
                ) from error
            return self._understood(answer, _number)

    def _context_at(self, node: Value, reached: dict[int, Value]) -> Context:
        """ctx with the inputs and the outputs themselves, where forward kept their numbers."""
        rest, values = iter(record(node)[0]), []
        for x in self.arguments:
            values.append(_put_back(x, [next(rest) for _ in elements_of(x)], constant=True))
        numbers, outputs, place = self.numbers(), [], 0
        for x in self.outputs():
            own = range(place, place := place + len(elements_of(x)))
            made = [
                reached[p] if p in reached else self._output(node, numbers[p], p, len(numbers)) for p in own
            ]
            outputs.append(_put_back(x, made))
        known = kept.places(self)

        def itself(x: Any) -> Any:
            found = known.get(id(x))
            return x if found is None else (outputs if found.output else values)[found.number]

        context: Context = kept.with_kept(self.context, itself)
        return context

    def _upstreams(self, upstreams: Sequence[Any]) -> list[Any]:
        """The upstream gradient of each output, from those of the numbers in them."""
        rest = iter(upstreams)
        grads: list[Any] = []
        for output in self.outputs():
            own = [next(rest) for _ in elements_of(output)]
            if not own or (all(g is None for g in own) and not self.context._materialize):
                grads.append(None)
            else:
                grads.append(_put_back(output, [0.0 if g is None else g for g in own], constant=True))
        return grads

    def _understood(self, answer: Any, number: Callable[[Any], Any]) -> list[Any]:
        """The gradient of each operand in what backward returned."""
        answers = list(answer) if isinstance(answer, tuple) else [answer]
        count = len(self.arguments)
        if len(answers) < count or any(x is not None for x in answers[count:]):
            raise RuntimeError(
                f"function {self.function.__name__}Backward returned an incorrect number of gradients"
                f" (expected {count}, got {len(answers)})"
            )
        return [g for k, x in enumerate(self.arguments) for g in self._answer(k, x, answers[k], number)]

    def _answer(self, position: int, argument: Any, answer: Any, number: Callable[[Any], Any]) -> list[Any]:
        """The numbers in what backward returned for one input."""
        size = len(elements_of(argument))
        if not size or answer is None:
            return [0.0] * size
        numbers = flat(answer) if is_sequence(answer) else [answer]
        if len(numbers) > size and hasattr(answer, "shape"):
            numbers = _summed(list(map(number, numbers)), shape(answer), shape(argument))
        if len(numbers) != size:
            raise RuntimeError(
                f"Function {self.function.__name__}Backward returned an invalid gradient at index"
                f" {position} - got {len(numbers)} numbers but expected {size}"
            )
        try:
            return [number(x) for x in numbers]
        except TypeError as error:
            raise TypeError(
                f"{self.function.__name__}.backward should return a number or None for input {position}:"
                f" {error}"
            ) from None

    def jacobian(self, k: int) -> list[float | None]:
        """For each operand the derivative of output k, as backward says it for an upstream gradient of 1.

        For people to look at: nan if backward raises.
        """
        try:
            answers = self.backward((Place(k, len(self.numbers())) * 1.0).numbers)
        except Exception:
            answers = [float("nan")] * len(self.wanted)
        return [answer if want else None for answer, want in zip(answers, self.wanted, strict=True)]

    def again(self, xs: Iterable[float]) -> Call:
        """The same call with other numbers for the operands that require grad."""
        rest, wanted = iter(xs), iter(self.wanted)
        arguments = tuple(
            _put_back(x, [next(rest) if next(wanted) else y for y in elements_of(x)], constant=True)
            for x in self.arguments
        )
        context = type(self.context)(self.context.needs_input_grad)
        return Call(self.function, context, arguments, self.wanted)

    def operands(self) -> list[float]:
        """The numbers in the arguments, one after another."""
        return [_float(x) for argument in self.arguments for x in elements_of(argument)]

    def refuse(self) -> NoReturn:
        """RuntimeError: what a backward cannot do."""
        raise RuntimeError(
            f"{self.function.__name__} is an autograd.Function: it has a backward, so that it has no forward"
            " mode (jvp). For that, write the operation with microgd's functions, or with @microgd.primitive."
        )

    # as a row of the table

    def partials_at(self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]) -> list[Any]:  # noqa: D102
        return [Recorded(self, i, out) if want else None for i, want in enumerate(wanted)]

    def holds(self, data: Sequence[float], out: float, partials: Sequence[Any]) -> bool:  # noqa: D102
        return all(map(same, data, self.operands()))

    def __reduce__(self) -> tuple[Any, ...]:
        slots = ("arguments", "function", "results", "wanted", "name")
        return _call, (("context", kept.marked(self)), *((name, getattr(self, name)) for name in slots))


def _call(*facts: tuple[str, Any]) -> Call:
    """A `Call` from a pickle."""
    call = Call.__new__(Call)
    call.value, call.partials = Call._unasked, None
    for name, fact in facts:
        setattr(call, name, fact)
    call.context = kept.unmarked(call)
    return call


class Output(Primitive):
    """The operation of an output. Its only operand is the hidden node of the call."""

    __slots__ = ()

    def partials_at(self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]) -> list[Any]:  # noqa: D102
        return [Place(out._da.index, out._da.count, out)]

    def holds(self, data: Sequence[float], out: float, partials: Sequence[Any]) -> bool:  # noqa: D102
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        return Output, (self.name, Call._unasked, None)


# --- inputs and outputs, and the numbers in them --------------------------------------------------------


def elements_of(x: Any) -> list[Any]:
    """The numbers of an input or an output: those of a Tensor, or x itself if it is a Value or a number."""
    if isinstance(x, Tensor):
        return x._values
    return [x] if isinstance(x, Value) or (is_number(x) and not isinstance(x, bool)) else []


def _put_back(x: Any, numbers: list[Any], constant: bool = False) -> Any:
    """x with other numbers for its elements; with `constant`, a Tensor gets plain numbers."""
    if isinstance(x, Tensor):
        return x._with([_constant(n) for n in numbers] if constant else numbers)
    return numbers[0] if numbers else x


def _constant(x: Any) -> Value:
    return x if isinstance(x, Value) else Value(x, requires_grad=False)


def _summed(numbers: list[Any], lengths: tuple[int, ...], wanted: tuple[int, ...]) -> list[Any]:
    """The gradient of an input that was broadcast: the sum of the gradients of its copies.

    If the input cannot have been broadcast to `lengths`, the numbers are returned as they are.
    """
    try:
        if broadcast(wanted, lengths) != lengths:
            return numbers
    except RuntimeError:
        return numbers
    sums: dict[int, Any] = {}
    for position, x in zip(spread(wanted, lengths), numbers, strict=True):
        sums[position] = sums.get(position, 0.0) + x
    return [sums[position] for position in sorted(sums)]


def _number(x: Any) -> Any:
    """A number that a recorded backward returned: a Value, or a float."""
    if isinstance(x, Tensor):
        x = x._only("a Tensor with {} elements cannot be converted to Scalar")
    return x if isinstance(x, Value) else as_float(x)


def _float(x: Any) -> float:
    """A number that forward or backward returned, which may be a tensor of one element."""
    if hasattr(x, "item") and getattr(x, "ndim", 0) >= 0:
        x = x.item()
    return as_float(x)
