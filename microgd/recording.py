"""What is recorded: no_grad and its relatives, the scope of a module, detect_anomaly, lines.

Each of these is a `with` block, inside of which operations behave differently. A block has an effect only
on the thread or the coroutine that enters it. While no block is open anywhere, blocks cost no time: the
engine only looks whether two lists, `switched` and `scoped`, are empty.

This module uses nothing else of ours.
"""

from __future__ import annotations

import math
import sys
from _contextvars import ContextVar  # `contextvars` is the same, one module slower to import

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import FrameType
    from typing import Any, Self, TypeVar

    from .ops import Primitive

    AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


class State:
    """What holds inside of a block.

    enabled  whether operations are recorded
    scope    the dotted name of the module that runs
    module   that module itself
    watched  whether each operation is checked for a nan or an inf of its own making
    lined    whether each Value remembers the line of the user's code that made it
    trace    the trace of a function that is being compiled, or None
    outer    the state around the block
    open     False after the block has ended. (A coroutine that started in it may still have this state)
    """

    __slots__ = ("enabled", "lined", "module", "open", "outer", "scope", "trace", "watched")

    def __init__(
        self,
        outer: State | None,
        enabled: bool,
        scope: str,
        module: Any,
        watched: bool,
        trace: Any,
        lined: bool = False,
    ) -> None:
        self.outer = outer
        self.enabled = enabled
        self.scope = scope
        self.module = module
        self.watched = watched
        self.trace = trace
        self.lined = lined
        self.open = True


_OUTSIDE = State(None, True, "", None, False, None)
_state: ContextVar[State] = ContextVar("microgd", default=_OUTSIDE)

switched: list[None] = []
"""One entry for each open block, on any thread, that turns recording off; and for each open `traced`."""

scoped: list[None] = []
"""One entry for each open `scope`, `detect_anomaly`, `lines` or `traced`, on any thread."""

tracing: list[None] = []
"""One entry for each open `traced`, on any thread."""


def state() -> State:
    """The state here: that of the innermost block that has not ended."""
    found = _state.get()
    while not found.open and found.outer is not None:
        found = found.outer
    return found


class _Block:
    """A `with` block that changes some fields of the state.

    gates  the lists that get an entry while the block is open. Without one, it only restores what is usual
    """

    def __init__(self, *gates: list[None], **fields: Any) -> None:
        self._gates = gates
        self._fields = fields
        self._entered: list[State] = []

    def __enter__(self) -> Self:
        outer = state()
        inner = State(
            outer, outer.enabled, outer.scope, outer.module, outer.watched, outer.trace, outer.lined
        )
        for name, new in self._fields.items():
            setattr(inner, name, new)
        for gate in self._gates:
            gate.append(None)
        self._entered.append(inner)
        _state.set(inner)
        return self

    def __exit__(self, *exception: object) -> None:
        here: State | None = _state.get()
        while here is not None and here not in self._entered:  # other threads may be in it too
            here = here.outer
        inner = here or self._entered[-1]
        self._entered.remove(inner)
        inner.open = False
        if _state.get() is inner:
            _state.set(inner.outer or _OUTSIDE)
        for gate in self._gates:
            gate.pop()


# --- is anything recorded? ---------------------------------------------------------------------------


def is_grad_enabled() -> bool:
    """Whether operations are recorded here: False inside of `no_grad`, else True."""
    return not switched or state().enabled


class _Mode(_Block):
    """A block that turns recording on or off. It can decorate a function or a generator function, too."""

    def __init__(self, enabled: bool) -> None:
        super().__init__(*([] if enabled else [switched]), enabled=enabled)
        self._enabled = enabled

    def __call__(self, function: AnyFunction) -> AnyFunction:
        """The function, run inside of a new block. A generator is inside only while it runs."""
        import functools
        import inspect

        def block() -> _Mode:
            return _Mode(self._enabled)

        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def steps(*args: Any, **named: Any) -> Generator[Any, Any, Any]:
                with block():
                    generator = function(*args, **named)
                advance: Callable[[], Any] = generator.__next__
                while True:
                    try:
                        with block():
                            item = advance()
                    except StopIteration as end:
                        return end.value
                    try:
                        sent = yield item
                        advance = functools.partial(generator.send, sent)
                    except GeneratorExit:
                        with block():
                            generator.close()
                        raise
                    except BaseException as error:
                        advance = functools.partial(generator.throw, error)

            return steps  # type: ignore[return-value]

        @functools.wraps(function)
        def inside(*args: Any, **named: Any) -> Any:
            with block():
                return function(*args, **named)

        return inside  # type: ignore[return-value]


class no_grad(_Mode):
    """Inside, nothing is recorded: results are constants, and parameters may be changed in place.

        with microgd.no_grad():
            w -= 0.1 * w.grad

    It has an effect only on the thread or the coroutine that enters it. It can decorate a function or a
    generator function: `@no_grad()`. But if a generator yields inside of a `with no_grad():` block, the block
    leaks to its caller until the generator goes on, as in PyTorch.
    """

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_Mode):
    """Inside, operations are recorded, even if there is a no_grad() block around it."""

    def __init__(self) -> None:
        super().__init__(True)


class inference_mode(_Mode):
    """The same as `no_grad`, under another name of PyTorch's. With mode=False it changes nothing."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode and is_grad_enabled())


class set_grad_enabled(_Mode):
    """Turn recording on (True) or off (False): from this call on, or inside of a `with` block."""

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        super().__enter__()

    def __enter__(self) -> Self:
        return self  # the call itself has entered

    def __call__(self, function: AnyFunction) -> AnyFunction:
        """As a decorator it has an effect only inside of the function."""
        self.__exit__()
        return super().__call__(function)


# --- where are we? --------------------------------------------------------------------------------------


class scope(_Block):
    """Nodes made inside belong to `module`, whose dotted name is `name`. Pictures group nodes by it."""

    def __init__(self, name: str, module: Any = None) -> None:
        super().__init__(scoped, scope=name, module=module)


class traced(_Block):
    """Inside, the trace of a function that is being compiled says what the number of a Value is.

    trace  its method read(x) returns the number of a Value x, a float or a symbol. Its method made(x) is
           called with each Value that is made
    """

    def __init__(self, trace: Any) -> None:
        super().__init__(tracing, switched, scoped, trace=trace, enabled=True, watched=False)


def current_trace() -> Any:
    """The trace here, or None."""
    return state().trace if tracing else None


# --- who made the first nan? ------------------------------------------------------------------------------


class detect_anomaly(_Block):
    """Stop at the first operation that makes a nan or an inf. Name it, and the line that called it.

        with microgd.detect_anomaly():
            loss = criterion(model(x), y)
            loss.backward()

    In the forward pass, this is an operation whose operands are finite and whose result is not. In the
    backward pass, it is one that makes a contribution that is not finite from an upstream gradient that is.
    This is slow: use it to find a mistake, not for training.
    """

    def __init__(self) -> None:
        super().__init__(scoped, watched=True, lined=True)


def looked_at(op: Primitive | None, out: float, operands: Sequence[Any]) -> str:
    """The scope with the user's line. Under detect_anomaly, check out = op(*operands): RuntimeError."""
    here = state()
    if here.watched:
        data = [getattr(x, "_data", x) for x in operands]
        if op is not None and not math.isfinite(out) and all(map(math.isfinite, data)):
            raise RuntimeError(
                f"{op.name} returned {out} at {user_line()}: its operands were {', '.join(map(repr, data))}"
            )
    return with_line(here.scope)


# --- which line made it? ----------------------------------------------------------------------------------


class lines(_Block):
    """Each Value made inside remembers the line of your code that made it. Films show this code.

        with microgd.lines():
            loss = criterion(model(x), y)
        microgd.play(loss)

    The line is that of the innermost call that is not in this package. Without the block, nothing is
    remembered.
    """

    def __init__(self) -> None:
        super().__init__(scoped, lined=True)


class _Line(str):
    """A scope that also knows a place in the user's code.

    place  the file, the number of the line, and the number of the instruction; None if it is unknown
    """

    __slots__ = ("place",)

    place: tuple[str, int, int] | None

    @property
    def line(self) -> str:
        """file:line"""
        return "an unknown line" if self.place is None else f"{self.place[0]}:{self.place[1]}"


def with_line(scope: str) -> _Line:
    """A scope with the line of the innermost frame that is not in this package."""
    frame: FrameType | None = sys._getframe(1)
    package = __name__.partition(".")[0]
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame = frame.f_back
    known = _Line(scope)
    known.place = (frame.f_code.co_filename, frame.f_lineno, frame.f_lasti) if frame else None
    return known


def user_line() -> str:
    """file:line of the innermost frame that is not in this package."""
    return with_line("").line
