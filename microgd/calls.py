"""A call of a `Function`, and what the chain rule multiplies on its way through it.

A primitive has partials, one number for each operand. A Function has a backward, which is any function of the
upstream gradients of all its outputs. Still the chain rule needs no second loop for it. A call stands in the
graph as one hidden node between the inputs and the outputs:

    inputs  ->  call  ->  outputs

The upstream gradient of the call is an `Upstreams`: one number for each output. The partial from an output to
the call is a `Place`: times a number it is an `Upstreams` with that number at its place. The partial from the
call to an input is an `Answer`: times an `Upstreams` it is what backward returns for that input. Such
products are what the chain rule adds up.

This module uses `autograd`, `value`, `tensor`, `table` and `recording`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .autograd import no_grad
from .recording import is_grad_enabled, looked_at, scoped, state
from .shapes import broadcast, spread
from .table import TABLE, Primitive, as_float, flat, is_number, is_sequence, same
from .tensor import Tensor, shape
from .value import Value, _node, _unrecorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import NoReturn

    from .function import Context, Function


class Upstreams:
    """The upstream gradients of all outputs of one call; None for an output that was not reached.

    Backward runs when they are complete, and only once: its answers are kept here.
    """

    __slots__ = ("answers", "numbers")

    def __init__(self, numbers: tuple[Any, ...]) -> None:
        self.numbers = numbers
        self.answers: list[float] | None = None

    def __add__(self, other: Any) -> Upstreams:
        if not isinstance(other, Upstreams):  # the 0 that a sum starts from
            return self
        pairs = zip(self.numbers, other.numbers, strict=True)
        return Upstreams(tuple(b if a is None else a if b is None else a + b for a, b in pairs))

    __radd__ = __add__

    def __float__(self) -> float:
        return sum((x for x in self.numbers if x is not None), 0.0)


class Place:
    """The partial from an output to its call."""

    __slots__ = ("count", "index")

    def __init__(self, index: int, count: int) -> None:
        self.index, self.count = index, count

    def __mul__(self, upstream: Any) -> Upstreams:
        return Upstreams(tuple(upstream if k == self.index else None for k in range(self.count)))

    def __abs__(self) -> Place:
        return self


class Answer:
    """The partial from a call to one of its inputs."""

    __slots__ = ("call", "slot")

    def __init__(self, call: Call, slot: int) -> None:
        self.call, self.slot = call, slot

    def __mul__(self, upstreams: Any) -> float:
        if not isinstance(upstreams, Upstreams):  # the tangent of an input, in forward mode
            self.call.refuse()
        if upstreams.answers is None:
            upstreams.answers = self.call.backward(upstreams.numbers)
        return upstreams.answers[self.slot]

    def __abs__(self) -> Answer:
        return Size(self.call, self.slot)

    def __repr__(self) -> str:
        return "what its backward returns"


class Size(Answer):
    """The sum of the sizes of the answers to each output's upstream gradient alone."""

    __slots__ = ()

    def __mul__(self, upstreams: Any) -> float:
        n, sizes = len(upstreams.numbers), 0.0
        for k, number in enumerate(upstreams.numbers):
            if number is not None:
                sizes += abs(self.call.backward((Place(k, n) * number).numbers)[self.slot])
        return sizes


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
                    name = self.name if len(numbers) == 1 else f"{self.name}[{place}]"
                    row = Output(name, self._unasked, None)
                    elements.append(_node(row, number, node, None, Place(place, len(numbers)), None, kind))
                place += 1
            made.append(_put_back(output, elements))
        if isinstance(self.results, (tuple, list)):
            return tuple(made)
        return made[0]

    def backward(self, upstreams: Sequence[float | None]) -> list[float]:
        """The gradient of each operand, as the Function's backward finds it."""
        rest = iter(upstreams)
        grads: list[Any] = []
        for output in self.outputs():
            own = [next(rest) for _ in elements_of(output)]
            if not own or (all(g is None for g in own) and not self.context._materialize):
                grads.append(None)
            else:
                grads.append(_put_back(output, [0.0 if g is None else g for g in own], constant=True))
        with no_grad():
            answer = self.function.backward(self.context, *grads)
        answers = list(answer) if isinstance(answer, tuple) else [answer]
        count = len(self.arguments)
        if len(answers) < count or any(x is not None for x in answers[count:]):
            raise RuntimeError(
                f"function {self.function.__name__}Backward returned an incorrect number of gradients"
                f" (expected {count}, got {len(answers)})"
            )
        return [g for k, x in enumerate(self.arguments) for g in self._understood(k, x, answers[k])]

    def _understood(self, position: int, argument: Any, answer: Any) -> list[float]:
        """The numbers in what backward returned for one input."""
        size = len(elements_of(argument))
        if not size or answer is None:
            return [0.0] * size
        numbers = flat(answer) if is_sequence(answer) else [answer]
        if len(numbers) > size and hasattr(answer, "shape"):
            numbers = _summed(numbers, shape(answer), shape(argument))
        if len(numbers) != size:
            raise RuntimeError(
                f"Function {self.function.__name__}Backward returned an invalid gradient at index"
                f" {position} - got {len(numbers)} numbers but expected {size}"
            )
        try:
            return [_float(x) for x in numbers]
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
        """RuntimeError: what a backward of floats cannot do."""
        raise RuntimeError(
            f"{self.function.__name__} is an autograd.Function: its backward takes and returns plain numbers,"
            " so that it has no second derivatives (create_graph=True) and no forward mode (jvp). For these,"
            " write the operation with microgd's functions, or with @microgd.primitive."
        )

    # as a row of the table

    def partials_at(self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]) -> list[Any]:  # noqa: D102
        self.refuse()

    def holds(self, data: Sequence[float], out: float, partials: Sequence[Any]) -> bool:  # noqa: D102
        return all(map(same, data, self.operands()))

    def __reduce__(self) -> tuple[Any, ...]:
        slots = ("arguments", "context", "function", "results", "wanted", "name")
        return _call, tuple((name, getattr(self, name)) for name in slots)


def _call(*facts: tuple[str, Any]) -> Call:
    """A `Call` from a pickle."""
    call = Call.__new__(Call)
    call.value, call.partials = Call._unasked, None
    for name, fact in facts:
        setattr(call, name, fact)
    return call


class Output(Primitive):
    """The operation of an output. Its only operand is the hidden node of the call."""

    __slots__ = ()

    def partials_at(self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]) -> list[Any]:  # noqa: D102
        return operands[0]._row.partials_at(operands, out, wanted)

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
    sums: dict[int, float] = {}
    for position, x in zip(spread(wanted, lengths), numbers, strict=True):
        sums[position] = sums.get(position, 0.0) + _float(x)
    return [sums[position] for position in sorted(sums)]


def _float(x: Any) -> float:
    """A number that forward or backward returned, which may be a tensor of one element."""
    if hasattr(x, "item") and getattr(x, "ndim", 0) >= 0:
        x = x.item()
    return as_float(x)
