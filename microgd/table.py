"""The table itself: what a primitive is, and how its function meets floats, Values and Tensors.

The rows of the table are in `ops`, which is the file to read first. This module imports nothing of ours.
"""

from __future__ import annotations

import builtins
from math import nan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol, overload

    from .tensor import Tensor
    from .value import Value

    class Function(Protocol):
        """What a function of the table takes and gives, for editors and type checkers.

        Floats in, a float out; with a Value among the operands a Value, with a Tensor a Tensor.
        """

        @overload
        def __call__(self, *operands: float, **named: float) -> float: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, *operands: Value | float, **named: Value | float) -> Value: ...
        @overload
        def __call__(self, *operands: Tensor | Value | float, **named: Any) -> Tensor: ...
        @overload
        def __call__(self, *operands: Any, **named: Any) -> Any: ...

    class Reduction(Protocol):
        """The same for a function of any number of operands, one by one or in a sequence."""

        @overload
        def __call__(self, *operands: float | Sequence[float]) -> float: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, *operands: Value | float | Sequence[Value | float] | Tensor) -> Value: ...
        @overload
        def __call__(self, *operands: Any) -> Any: ...

    class Selection(Protocol):
        """The same for `where`."""

        @overload
        def __call__(self, condition: bool, input: float, other: float) -> float: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, condition: Value | bool, input: Value | float, other: Value | float) -> Value: ...
        @overload
        def __call__(self, condition: Any, input: Any, other: Any) -> Any: ...


class Primitive:
    """One row of the table.

    name      what the function is called, here, on `Value` and in a picture
    value     (*floats) -> float
    partials  for each operand, in order, a function (*operands, out) -> d out / d operand. A reduction
              takes any number of operands, and has one function for all of them:
              (operands, out) -> [d out / d operand, ...]

    A call computes the value: of floats at once, of other operands by their method `_apply`.
    """

    __slots__ = ("name", "partials", "value")

    hidden = False
    """Whether people do not see a node of this operation, but only what is made of it: see `function`."""

    name: str
    value: Callable[..., float]
    partials: Any

    def __init__(self, name: str, value: Callable[..., float], partials: Any) -> None:
        self.name = name
        self.value = value
        self.partials = partials

    def __call__(self, *operands: Any) -> Any:  # noqa: D102  (the class says it)
        for x in operands:
            if type(x) is not float:
                return dispatched(self, operands)
        return self.value(*operands)

    def partials_at(self, operands: Sequence[Any], out: Any, wanted: Sequence[bool]) -> list[Any]:
        """The partials at `operands`, with None for each operand whose partial is not wanted."""
        if type(self.partials) is tuple:
            return [
                partial(*operands, out) if want else None
                for partial, want in zip(self.partials, wanted, strict=True)
            ]
        every = self.partials(operands, out)
        if False in wanted:
            return [partial if want else None for partial, want in zip(every, wanted, strict=True)]
        return every

    def holds(self, data: Sequence[float], out: float, partials: Sequence[Any]) -> bool:
        """Whether operands of these data give this result and, where they are not None, these partials."""
        if not same(self.value(*data), out):
            return False
        return all(map(same, self.partials_at(data, out, [d is not None for d in partials]), partials))

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return row_named, (self.name, self.value.__module__)


TABLE: dict[str, Primitive] = {}

OPS = f"{__name__.rpartition('.')[0]}.ops"
"""The module of the package's own primitives; those of other modules are held to what these promise."""


def row_named(name: str, module: str = "") -> Primitive:
    """The row of this name. A pickle names the module that defines it, which is imported if necessary."""
    if name not in TABLE and module:
        __import__(module)
    if name not in TABLE:
        raise LookupError(f"no primitive is called {name!r}: import the module that defines it first")
    return TABLE[name]


class _Off(float):
    """The partial of a branch that is not taken: 0, and 0 times anything is 0 again.

    In IEEE arithmetic 0 * inf is nan. But no gradient should flow into a branch that is not taken, not
    even an infinite one: the gradient of sqrt(relu(x)) at x = -1 is 0, although the partial of sqrt at 0
    is infinite.
    """

    __slots__ = ()

    def __mul__(self, other: object) -> float:
        return 0.0

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return "0.0"


OFF = _Off(0.0)


# --- what is a number? ----------------------------------------------------------------------------------


def is_number(x: Any) -> bool:
    """Whether x is a plain number: a float, an int, a bool, a NumPy scalar or an array of no dimension.

    Anything with a `backward` method is not: as a float it would lose its graph, and nobody would notice.
    """
    if isinstance(x, (float, int)):
        return True
    if not hasattr(x, "__float__") or hasattr(x, "backward") or isinstance(x, (str, bytes)):
        return False
    return getattr(getattr(x, "dtype", None), "kind", "f") in "fiub" and getattr(x, "shape", ()) == ()


def as_float(x: Any) -> float:
    """A plain number (see `is_number`) as a Python float. TypeError if x is none."""
    if isinstance(x, float):
        return float(x)
    if not is_number(x):
        raise TypeError(f"expected a number (float, int, bool or NumPy scalar), got {_described(x)}")
    if hasattr(type(x), "_apply"):  # a symbol of a trace
        return x
    try:
        return float(x)
    except OverflowError:
        raise OverflowError(
            f"int too large to convert to float: expected at most 1.8e308, got {_described(x)}"
        ) from None


def is_sequence(x: Any) -> bool:
    """Whether x is a sequence: a list, a tuple, a Tensor, an array with dimensions. A text is none."""
    return hasattr(x, "__iter__") and not isinstance(x, (str, bytes)) and getattr(x, "shape", None) != ()


def flat(nested: Any) -> list[Any]:
    """The numbers of a nested sequence in one list, row by row. A single number gives a list of one."""
    if hasattr(nested, "_elements"):  # a Tensor
        return list(nested._elements)
    if not is_sequence(nested):
        return [nested]
    items = list(nested)
    rows = {kind for kind in {*map(type, items)} if hasattr(kind, "__iter__")}
    if not rows:
        return items
    numbers: list[Any] = []
    for x in items:
        numbers.extend(flat(x)) if type(x) in rows else numbers.append(x)
    return numbers


def same(x: float, y: float) -> bool:
    """Whether two floats are equal, or both are nan."""
    return x == y or (x != x and y != y)


def _described(x: object) -> str:
    if isinstance(x, int) and builtins.abs(x) > 1e300:
        return f"an int of about {len(hex(x)) * 1.2:.0f} digits"
    text = repr(x)
    return f"{type(x).__name__} {text if len(text) <= 40 else text[:37] + '...'}"


# --- how a function of the table meets its operands -----------------------------------------------------


def dispatched(row: Primitive, operands: Sequence[Any]) -> Any:
    """row(*operands) if not all are floats: the first operand with a method `_apply` computes it."""
    for x in operands:
        apply = getattr(type(x), "_apply", None)
        if apply is not None:
            result = apply(row, operands)
            if result is not NotImplemented:
                return result
    numbers = [x if hasattr(type(x), "_apply") else as_float(x) for x in operands]
    for x in numbers:
        if not isinstance(x, float):  # it has `_apply`, which said NotImplemented
            raise TypeError(f"{row.name} does not take {_described(x)} beside its other operands")
    return row.value(*numbers)


OPTIONS = {"add": "alpha", "sub": "alpha", "div": "rounding_mode"}
"""The option that an operation of Tensors has, as a method and as a function."""


def primitive(*partials: Callable[..., Any]) -> Callable[[Callable[..., Any]], Function]:
    """Make a primitive of the function below: enter it in the table, with a partial for each operand.

    The function takes floats and returns a float. Its name is the name of the operation. Each of
    `partials` takes the operands and the result, (*operands, out), and returns d out / d operand. Write
    it with microgd's functions and not with those of `math`, so that it can be differentiated again.

        @microgd.primitive(lambda x, out: 2.0 * x)
        def square(x):
            return x * x

        square(3.0)           # 9.0
        square(Value(3.0))    # a Value that knows its operand, and a partial of 6.0

    If `math` raises an error of domain or of range, the result is nan. TypeError if there is not one partial
    for each operand. ValueError if another function has the name already.
    """

    def enter(function: Callable[..., Any]) -> Function:
        row, defaults = _entered(function, partials)
        value = row.value

        def unary(x: Any) -> Any:
            return value(x) if type(x) is float else dispatched(row, (x,))

        def several(*operands: Any, **named: Any) -> Any:
            for x in operands:
                if type(x) is not float:
                    break
            else:
                if len(operands) == len(partials):
                    return value(*operands)
            if named or len(operands) != len(partials) or any(x is None for x in operands):
                if OPTIONS.get(row.name) in named and operands and hasattr(operands[0], "_elements"):
                    return getattr(operands[0], row.name)(*operands[1:], **named)
                operands = _bound(function, operands, named, defaults)
            return row(*operands)

        return _dressed(unary if len(partials) == 1 else several, function)

    return enter


def reduction(partials: Callable[..., Any]) -> Callable[[Callable[..., Any]], Reduction]:
    """Make a primitive of any number of operands. `partials(operands, out)` returns all partials.

    Users may give the numbers one by one, or in one (nested) sequence, as in `sum([a, b, c])`.
    """

    def enter(function: Callable[..., Any]) -> Reduction:
        row, _ = _entered(function, partials)

        def reduce(*operands: Any, **named: Any) -> Any:
            if operands and hasattr(operands[0], "_elements"):  # a Tensor, perhaps with dimensions
                return getattr(operands[0], row.name)(*operands[1:], **named)
            return row(*flat(operands), **named)

        return _dressed(reduce, function)

    return enter


def _entered(function: Callable[..., Any], partials: Any) -> tuple[Primitive, list[Any]]:
    """Enter a function in the table. Returns its row, and the defaults of its last operands."""
    name, code = function.__name__, function.__code__
    defaults = list(function.__defaults__ or ())
    if type(partials) is tuple and len(partials) != code.co_argcount:
        raise TypeError(
            f"{name} has {code.co_argcount} operands and {len(partials)} partials: give one for each operand"
        )
    value = function
    if function.__module__ != OPS:
        known = TABLE.get(name)
        if known is not None and _origin(known.value) != _origin(function):
            raise ValueError(f"a primitive called {name!r} is there already: choose another name")
        value = _checked(function)
        if type(partials) is tuple:
            partials = tuple(_explained(partial, name) for partial in partials)
    row = TABLE[name] = Primitive(name, value, partials)
    return row, defaults


def _origin(function: Callable[..., Any]) -> tuple[str, str]:
    return function.__module__, function.__qualname__


def _checked(function: Callable[..., Any]) -> Callable[..., float]:
    """A function from outside of this module, made to keep the promises of the table's own functions."""

    def value(*operands: float) -> float:
        try:
            out = function(*operands)
        except (ValueError, ArithmeticError):
            return nan
        if type(out) is float:
            return out
        if type(out) is int or not is_number(out):
            raise TypeError(f"{function.__name__} returned {_described(out)}: a primitive returns a float")
        return as_float(out)

    return _dressed(value, function)


def _explained(partial: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A partial from outside of this module: `math`'s errors become nan, a TypeError is explained."""

    def checked(*operands: Any) -> Any:
        try:
            return partial(*operands)
        except (ValueError, ArithmeticError):
            return nan
        except TypeError as error:
            raise TypeError(
                f"a partial of {name} cannot be computed at {', '.join(map(repr, operands[:-1]))}: {error}"
                " (write partials with microgd's functions, microgd.cos for math.cos)"
            ) from error

    return checked


def _bound(
    function: Callable[..., Any], operands: tuple[Any, ...], named: dict[str, Any], defaults: list[Any]
) -> tuple[Any, ...]:
    """The operands in order, with names and defaults filled in. None also means the default."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    missing = [name for name in names[len(operands) : len(names) - len(defaults)] if name not in named]
    unknown = [name for name in named if name not in names[len(operands) :]]
    if missing or unknown or len(operands) > len(names):
        raise TypeError(
            f"{function.__name__}() takes the operands {', '.join(names)}; got {len(operands)} in order"
            + "".join(f", {name}=" for name in named)
        )
    given = dict(zip(names, operands)) | named
    default = dict(zip(names[len(names) - len(defaults) :], defaults))
    return tuple(default.get(name) if given.get(name) is None else given[name] for name in names)


def _dressed(function: Any, served: Callable[..., Any]) -> Any:
    """`function`, with the name, the docstring and the signature of `served`."""
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(function, name, getattr(served, name))
    function.__wrapped__ = served
    return function
