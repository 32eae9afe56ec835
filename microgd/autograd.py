"""The walk over a graph: the chain rule, and the switches that say what is recorded.

It stands on `ops` alone. It knows a node only by its record, the four slots that `Value` fills:

    _op                 the row of the table that made it; LEAF for a variable; None for a constant
    _a, _b, _da, _db    the two operands and the two partial derivatives. One operand leaves the
                        second pair None; a reduction holds a tuple of each in the first pair.

A partial derivative is None where the operand wants no gradient, so a walk never has to ask.
"""

from __future__ import annotations

import math
import sys
from _thread import get_ident

from .ops import Primitive, as_float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from types import FrameType
    from typing import Any, TypeVar

    from .value import Value

    AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])

LEAF = Primitive("", math.nan.__pos__, ())


def record(node: Value) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What `node` was made of: its operands (Values, or floats), and its partial derivatives."""
    if type(node._a) is tuple:
        return node._a, node._da
    if node._b is not None:
        return (node._a, node._b), (node._da, node._db)
    return ((node._a,), (node._da,)) if node._a is not None else ((), ())


def order(roots: Iterable[Value]) -> list[Value]:
    """Every node a gradient reaches from the roots, operands before the nodes made of them.

    A depth-first walk with a stack of its own. Below a None on the stack lies a node all of whose
    operands have been placed. Each node's `_sum` becomes 0.0, and the very same 0.0: who holds this one
    has been seen by this walk. What an interrupted walk leaves behind means nothing to the next.
    """
    placed: list[Value] = []
    place = placed.append
    stack: list[Any] = list(roots)
    pop, push = stack.pop, stack.append
    zero = float(0)  # a new object each time, unlike the constant 0.0
    while stack:
        node = pop()
        if node is None:
            place(pop())
        elif node._sum is not zero:
            node._sum = zero
            slope = node._da
            if slope is None and node._db is None:
                place(node)
                continue
            push(node)
            push(None)
            if type(slope) is tuple:
                stack += [x for x, d in zip(node._a, slope) if d is not None and x._sum is not zero]
            else:
                if slope is not None:
                    push(node._a)
                if node._db is not None:
                    push(node._b)
    return placed


def pull(nodes: Sequence[Value]) -> None:
    """The chain rule: from the last node to the first, each hands its operands their share.

        d loss / d operand  +=  d node / d operand  *  d loss / d node

    The sums are kept in `_sum`, beside `.grad`; `order` has set them to 0 and the caller the roots'.
    When a node is reached, all nodes made of it have been, so that its own sum is complete.
    """
    for node in reversed(nodes):
        slope = node._da
        if type(slope) is tuple:
            upstream = node._sum
            for operand, d in zip(node._a, slope):
                if d is not None:
                    operand._sum += d * upstream
        else:
            if slope is not None:
                node._a._sum += slope * node._sum
            slope = node._db
            if slope is not None:
                node._b._sum += slope * node._sum


def backward(root: Value, gradient: float = 1.0) -> None:
    """Add d root / d node, times `gradient`, to the `.grad` of every node under `root`.

    All or nothing: the sums are written at the end, by a single call that runs no Python code, so
    that an interrupt leaves every gradient as it was.
    """
    nodes = order((root,))
    root._sum = gradient
    pull(nodes)
    if _places:
        _check_gradients(nodes)
    sums = [n._sum if n.grad is None else n.grad + n._sum for n in nodes]
    write: Any = type(root).__dict__["grad"].__set__
    any(map(write, nodes, sums))


def pull_graph(nodes: Sequence[Value], sums: dict[int, Any]) -> None:
    """The chain rule again, in arithmetic that records itself: the gradients are graphs.

    The partial derivatives are read from the table anew, at Values; `sums` maps the id of a node to
    its gradient so far. It cannot be a slot of the node: the gradient refers to the node, and the
    graph would hold itself alive.
    """
    check_unmodified(nodes)
    for node in reversed(nodes):
        operands, partials = record(node)
        wanted = [d is not None for d in partials]
        slopes = node._op.slopes(operands, node, wanted) if operands else []
        upstream = sums[id(node)]
        for operand, d in zip(operands, slopes, strict=True):
            if d is not None:
                sums[id(operand)] = sums.get(id(operand), 0.0) + d * upstream


def push(nodes: Sequence[Value], tangents: dict[int, Any], create_graph: bool = False) -> None:
    """The chain rule forward: from the first node to the last, each adds up what its operands bring.

        tangent of node  =  sum of  d node / d operand  *  tangent of operand

    `tangents` maps the id of a node to its tangent, given for those to start from; the others that
    depend on them are added. With create_graph the partial derivatives are read from the table anew,
    at Values, so that the tangents have graphs of their own.
    """
    if create_graph:
        check_unmodified(nodes)
    for node in nodes:
        operands, slopes = record(node)
        moved = [d is not None and id(x) in tangents for x, d in zip(operands, slopes, strict=True)]
        if True in moved and id(node) not in tangents:
            if create_graph:
                slopes = tuple(node._op.slopes(operands, node, moved))
            tangent: Any = 0.0
            for x, d, counts in zip(operands, slopes, moved, strict=True):
                if counts:
                    tangent = tangent + d * tangents[id(x)]
            tangents[id(node)] = tangent


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the sum of `outputs` with respect to each of `inputs`, as torch.autograd.grad.

    outputs       a Value or a sequence of them; Tensors of one element count as their element
    inputs        a Value or Tensor, or a sequence of them; leaves or not. For each the result holds
                  one gradient of the same shape
    grad_outputs  for each output the number it is weighted with (1 without it)
    create_graph  True: the gradients have graphs of their own, and can be differentiated again
    allow_unused  True: an input the outputs do not depend on has gradient None; else it is an error

    No `.grad` is touched.
    """
    roots = [_scalar(x) for x in _sequence(outputs)]
    wanted = _sequence(inputs)
    weights: list[Any] = [1.0] * len(roots)
    if grad_outputs is not None:
        weights = [1.0 if w is None else w for w in _sequence(grad_outputs)]
    if len(weights) != len(roots):
        raise RuntimeError(
            f"got {len(roots)} outputs and {len(weights)} grad_outputs: give one for each output"
        )
    for root in roots:
        _demand_graph(root)
    nodes = order(roots)
    sums: dict[int, Any] = {}
    if create_graph:
        for root, weight in zip(roots, weights, strict=True):
            sums[id(root)] = sums.get(id(root), 0.0) + weight
        pull_graph(nodes, sums)
    else:
        for root, weight in zip(roots, weights, strict=True):
            root._sum += weight._data if isinstance(weight, type(root)) else as_float(weight)
        pull(nodes)
        if _places:
            _check_gradients(nodes)
        sums = {id(node): node._sum for node in nodes}

    make = type(roots[0])
    return tuple(_gradient(x, index, sums, allow_unused, make) for index, x in enumerate(wanted))


def _gradient(x: Any, index: int, sums: dict[int, Any], allow_unused: bool, make: Any) -> Any:
    """The gradient found for one of the inputs of `grad`, in that input's shape."""
    if isinstance(x, list):
        return type(x)([_gradient(element, index, sums, allow_unused, make) for element in x])
    if not x.requires_grad:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    found = sums.get(id(x))
    if found is None and not allow_unused:
        raise RuntimeError(
            f"The differentiated Tensor at index {index} appears to not have been used in the"
            " graph. Set allow_unused=True if this is the desired behavior."
        )
    return make(found, requires_grad=False) if isinstance(found, (float, int)) else found


def _sequence(x: Any) -> list[Any]:
    return [x] if hasattr(x, "backward") or isinstance(x, (float, int)) else list(x)


def _scalar(x: Any) -> Value:
    """A Value, or the one element of a Tensor."""
    while isinstance(x, list):
        if len(x) != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        x = x[0]
    return x


def _demand_graph(root: Value) -> None:
    if root._op is None:
        raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")


# --- is the record still true? ------------------------------------------------------------------------


def modified(nodes: Iterable[Value]) -> tuple[Value, list[Value]] | None:
    """The first node that its operands no longer give, with the operands to blame; None if all do."""
    for node in nodes:
        operands, partials = record(node)
        if operands:
            data = [x if isinstance(x, float) else x._data for x in operands]
            wanted = [d is not None for d in partials]
            fresh = node._op.slopes(data, node._data, wanted)
            if not _same(node._op.value(*data), node._data) or not all(map(_same, fresh, partials)):
                values = [x for x in operands if not isinstance(x, float)]
                return node, [x for x in values if x.is_leaf] or values
    return None


def _same(x: Any, y: Any) -> bool:
    return x == y or (x != x and y != y)


def check_unmodified(nodes: Iterable[Value]) -> None:
    """Before the rules are read again, at today's data: is it the data of the forward pass?"""
    found = modified(nodes)
    if found is not None:
        node, suspects = found
        names = " or ".join(x.label or repr(x) for x in suspects)
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace"
            f" operation: {names}, since {node.op} was computed from it. Compute the loss again"
            " after changing a value, or differentiate before."
        )


# --- what is recorded: each thread has its own switches --------------------------------------------------

_paused: dict[int, int] = {}
"""How many no_grad() blocks each thread is in. Empty almost always, so that looking is free."""


def is_grad_enabled() -> bool:
    """Whether operations are recorded on this thread: True outside of `no_grad`."""
    return not _paused or get_ident() not in _paused


class no_grad:
    """Nothing is recorded inside: results are constants, and parameters may be changed in place.

        with microgd.no_grad():
            w -= 0.1 * w.grad

    It holds for the current thread, ends with the block even on an exception, and decorates a
    function, `@no_grad()`, or a generator function: there it holds while the generator runs, not
    between. (A bare `with no_grad():` around a `yield` leaks to the caller, as in PyTorch.)
    """

    def __enter__(self) -> None:
        thread = get_ident()
        _paused[thread] = _paused.get(thread, 0) + 1

    def __exit__(self, *exception: object) -> None:
        thread = get_ident()
        depth = _paused.pop(thread, 0) - 1  # 0: a generator was entered on another thread
        if depth > 0:
            _paused[thread] = depth

    def __call__(self, function: AnyFunction) -> AnyFunction:
        """The function, run inside of no_grad."""
        import functools
        import inspect

        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def steps(*args: Any, **named: Any) -> Generator[Any, Any, Any]:
                with no_grad():
                    generator = function(*args, **named)
                advance: Callable[[], Any] = generator.__next__
                while True:
                    try:
                        with no_grad():
                            item = advance()
                    except StopIteration as end:
                        return end.value
                    try:
                        sent = yield item
                        advance = functools.partial(generator.send, sent)
                    except GeneratorExit:
                        with no_grad():
                            generator.close()
                        raise
                    except BaseException as error:
                        advance = functools.partial(generator.throw, error)

            return steps  # type: ignore[return-value]

        @functools.wraps(function)
        def quiet(*args: Any, **named: Any) -> Any:
            with no_grad():
                return function(*args, **named)

        return quiet  # type: ignore[return-value]


class enable_grad:
    """Operations are recorded again inside, whatever no_grad() blocks there are around it."""

    def __init__(self) -> None:
        self._before: list[int | None] = []

    def __enter__(self) -> None:
        self._before.append(_paused.pop(get_ident(), None))

    def __exit__(self, *exception: object) -> None:
        before = self._before.pop()
        if before is not None:
            _paused[get_ident()] = before


class Place:
    """Where on its way a thread is: in which module, and whether it is watched for nan and inf."""

    __slots__ = ("module", "scope", "watched")

    def __init__(self, scope: str = "", module: Any = None, watched: bool = False) -> None:
        self.scope = scope
        self.module = module
        self.watched = watched


_NOWHERE = Place()
_places: dict[int, Place] = {}
"""The place of each thread that is somewhere. Empty outside of modules and detect_anomaly()."""


def place() -> Place:
    """This thread's place."""
    return _places.get(get_ident(), _NOWHERE)


class _At:
    """A block that runs at another place."""

    def __init__(self, **changes: Any) -> None:
        self._changes = changes
        self._before: list[Place | None] = []

    def __enter__(self) -> None:
        thread = get_ident()
        before = _places.get(thread)
        self._before.append(before)
        here = before or _NOWHERE
        now = {"scope": here.scope, "module": here.module, "watched": here.watched}
        _places[thread] = Place(**(now | self._changes))

    def __exit__(self, *exception: object) -> None:
        before = self._before.pop()
        if before is None:
            del _places[get_ident()]
        else:
            _places[get_ident()] = before


class scope(_At):
    """The nodes made inside belong to `module`, whose dotted name is `name`: pictures group them."""

    def __init__(self, name: str, module: Any = None) -> None:
        super().__init__(scope=name, module=module)


# --- who made the first nan? ------------------------------------------------------------------------------


class detect_anomaly(_At):
    """Stop at the operation that first makes a nan or an inf, and name it and the line that called it.

        with microgd.detect_anomaly():
            loss = criterion(model(x), y)
            loss.backward()

    Forward, the operation is named that makes one out of finite operands; backward, the one whose
    derivative does. Slow: for finding a mistake, not for training.
    """

    def __init__(self) -> None:
        super().__init__(watched=True)


class _Line(str):
    """A scope that also knows the user's source line."""

    line: str


def watched_scope(node: Value) -> str:
    """The scope of a node just made; under detect_anomaly, look at the node first."""
    here = _places.get(get_ident())
    if here is None:
        return ""
    if not here.watched:
        return here.scope
    if node._op is not None:
        watch(node._op, node._data, [x if isinstance(x, float) else x._data for x in record(node)[0]])
    known = _Line(here.scope)
    known.line = _user_line()
    return known


def watch(op: Primitive, out: float, data: Sequence[float]) -> None:
    """Under detect_anomaly: did the operation just make a nan or an inf out of finite operands?"""
    if place().watched and not math.isfinite(out) and all(map(math.isfinite, data)):
        raise RuntimeError(
            f"{op.name} returned {out} at {_user_line()}: its operands were {', '.join(map(repr, data))}"
        )


def _check_gradients(nodes: Sequence[Value]) -> None:
    """After a backward pass under detect_anomaly: the first operation to turn a finite gradient bad."""
    if not place().watched:
        return
    for node in reversed(nodes):
        operands, partials = record(node)
        for operand, d in zip(operands, partials, strict=True):
            if d is not None and math.isfinite(node._sum) and not math.isfinite(d * node._sum):
                line = getattr(node._scope, "line", "a line outside of detect_anomaly()")
                raise RuntimeError(
                    f"the backward of {node.op} returned {d * node._sum} for operand"
                    f" {operand!r}: its derivative there is {d}; {node.op} was called at {line}"
                )


def _user_line() -> str:
    """file:line of the innermost frame outside of this package."""
    frame: FrameType | None = sys._getframe(1)
    package = __name__.partition(".")[0]
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown line"
