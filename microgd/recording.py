"""What is recorded: no_grad and its relatives, the scope of a module, detect_anomaly.

Each of these is a block of code in which operations behave differently. A block holds for the thread
or the coroutine that enters it, and for nobody else. Looking is free while no block is open anywhere:
two lists, `switched` and `scoped`, are empty then, and the engine asks nothing else.

This module uses `ops` alone.
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
    outer    the state around the block
    open     False once the block has ended: a coroutine that it started may still hold the state
    """

    __slots__ = ("enabled", "module", "open", "outer", "scope", "watched")

    def __init__(self, outer: State | None, enabled: bool, scope: str, module: Any, watched: bool) -> None:
        self.outer = outer
        self.enabled = enabled
        self.scope = scope
        self.module = module
        self.watched = watched
        self.open = True


_OUTSIDE = State(None, True, "", None, False)
_state: ContextVar[State] = ContextVar("microgd", default=_OUTSIDE)

switched: list[None] = []
"""One entry for each open block that changes what is recorded, on any thread."""

scoped: list[None] = []
"""One entry for each open block that operations must look at: a module that runs, detect_anomaly."""


def state() -> State:
    """What holds here: the state of the innermost block that has not ended."""
    found = _state.get()
    while not found.open and found.outer is not None:
        found = found.outer
    return found


class _Block:
    """A `with` block inside of which some fields of the state are others."""

    _gate = switched

    def __init__(self, **fields: Any) -> None:
        self._fields = fields
        self._entered: list[State] = []

    def __enter__(self) -> Self:
        outer = state()
        fields = {"scope": outer.scope, "module": outer.module, "watched": outer.watched}
        inner = State(outer, **{"enabled": outer.enabled, **fields, **self._fields})
        self._gate.append(None)
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
        self._gate.pop()


# --- is anything recorded? ---------------------------------------------------------------------------


def is_grad_enabled() -> bool:
    """Whether operations are recorded here: True outside of `no_grad`."""
    return not switched or state().enabled


class _Mode(_Block):
    """A block that is a decorator too: of a function, or of a generator function."""

    def __call__(self, function: AnyFunction) -> AnyFunction:
        """The function, run inside of such a block; a generator while it runs, not between its steps."""
        import functools
        import inspect

        def block() -> _Mode:
            return _Mode(**self._fields)

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
    """Nothing is recorded inside: results are constants, and parameters may be changed in place.

        with microgd.no_grad():
            w -= 0.1 * w.grad

    It holds for the thread or the coroutine that enters it, ends with the block even on an exception,
    and decorates a function, `@no_grad()`, or a generator function. (A bare `with no_grad():` around a
    `yield` leaks to the caller until the generator goes on, as in PyTorch.)
    """

    def __init__(self) -> None:
        super().__init__(enabled=False)


class enable_grad(_Mode):
    """Operations are recorded again inside, whatever no_grad() blocks there are around it."""

    def __init__(self) -> None:
        super().__init__(enabled=True)


class inference_mode(_Mode):
    """`no_grad` under the name that PyTorch's evaluation loops use; mode=False changes nothing."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__(**({"enabled": False} if mode else {}))


class set_grad_enabled(_Mode):
    """Record (True) or do not (False): from this call on, or, as a `with` block, inside of it."""

    def __init__(self, mode: bool) -> None:
        super().__init__(enabled=bool(mode))
        super().__enter__()

    def __enter__(self) -> Self:
        return self  # the call itself has entered

    def __call__(self, function: AnyFunction) -> AnyFunction:
        """As a decorator it changes nothing outside of the function."""
        self.__exit__()
        return super().__call__(function)


# --- where are we? --------------------------------------------------------------------------------------


class scope(_Block):
    """The nodes made inside belong to `module`, whose dotted name is `name`: pictures group them."""

    _gate = scoped

    def __init__(self, name: str, module: Any = None) -> None:
        super().__init__(scope=name, module=module)


# --- who made the first nan? ------------------------------------------------------------------------------


class detect_anomaly(_Block):
    """Stop at the operation that first makes a nan or an inf, and name it and the line that called it.

        with microgd.detect_anomaly():
            loss = criterion(model(x), y)
            loss.backward()

    In the forward pass the operation is named that makes one out of finite operands; in the backward
    pass the one whose partial derivative does. Slow: for finding a mistake, not for training.
    """

    _gate = scoped

    def __init__(self) -> None:
        super().__init__(watched=True)


class _Line(str):
    """A scope that also knows the user's source line."""

    line: str


def looked_at(op: Primitive | None, out: float, operands: Sequence[Any]) -> str:
    """Under detect_anomaly: op(*operands) = out has just been computed. Its scope, or a RuntimeError."""
    data = [getattr(x, "_data", x) for x in operands]
    if op is not None and not math.isfinite(out) and all(map(math.isfinite, data)):
        raise RuntimeError(
            f"{op.name} returned {out} at {user_line()}: its operands were {', '.join(map(repr, data))}"
        )
    known = _Line(state().scope)
    known.line = user_line()
    return known


def user_line() -> str:
    """file:line of the innermost frame outside of this package."""
    frame: FrameType | None = sys._getframe(1)
    package = __name__.partition(".")[0]
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown line"
