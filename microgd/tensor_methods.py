"""Tensor's operators, and its methods that come from tables: those of `ops`, twins in place, a Value's.

Arithmetic on Tensors is broadcast, and is that of their elements. What is made here is attached to Tensor
and to Value when this module is loaded; `attach` does so for the modules of `METHODS`. It uses `tensor`.
"""

from __future__ import annotations

import _operator as operator  # `operator` itself is slower to import
from functools import wraps

from . import ops
from .ops import TABLE, Primitive, as_float, is_number
from .recording import is_grad_enabled
from .shapes import bool_, broadcast, dtype, float64, int64
from .tensor import (
    IN_PLACE,
    LEAF_CHANGED,
    METHODS,
    OF_ONE,
    Tensor as Tensor,
    made,
    spread,
    stored,
    tensor as tensor,
)
from .tensor_storage import constants, kind_of
from .value import Value, in_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


# --- arithmetic -----------------------------------------------------------------------------------------


def _elementwise(
    function: Callable[[Any, Any], Any], a: Tensor, b: Any, result: dtype | None = None, whole: bool = False
) -> Any:
    """function(x, y) for the elements of `a` and of `b`, which is a Tensor, an array or a number.

    result  the kind of the result: without it float64, or if `whole`, int64 where both are whole
    """
    if isinstance(b, Tensor):
        kind = b.dtype
    elif is_number(b) or isinstance(b, Value) or hasattr(type(b), "_apply"):
        kind = kind_of(b)
        if isinstance(b, int) and b and a.dtype is float64:
            b = as_float(b)  # faster; but the 0 that `sum` starts from stays what it is
    elif hasattr(b, "dtype"):  # a NumPy array
        return _elementwise(function, a, tensor(b), result, whole)
    elif isinstance(b, (list, tuple)) and result is None:
        raise TypeError(f"unsupported operand types: Tensor and {type(b).__name__}; use Tensor({b!r})")
    else:
        return NotImplemented
    lengths = broadcast(a.shape, b.shape) if isinstance(b, Tensor) else a.shape
    xs = spread(a, lengths)
    ys: Iterable[Any] = spread(b, lengths) if isinstance(b, Tensor) else [b] * len(xs)
    if result is None:
        if whole and float64 not in (a.dtype, kind):
            try:
                results = list(map(function, xs, ys))
            except ZeroDivisionError:
                raise RuntimeError("ZeroDivisionError") from None
            return made(results, lengths, int64 if int64 in (a.dtype, kind) else bool_)
        xs = xs if a.dtype is float64 else constants(xs)
    return made(list(map(function, xs, ys)), lengths, result or float64)


def _floor_divided(x: Any, y: Any) -> Any:
    """x // y: of floats a constant, because its derivative is 0; where y is 0, IEEE's quotient."""
    a, b = (n.item() if isinstance(n, Value) else n for n in (x, y))
    if not isinstance(a, float) and not isinstance(b, float):
        return a // b
    return Value(a // b if b else ops.div(float(a), float(b)), "", False)


# --- methods from tables --------------------------------------------------------------------------------


def _attach() -> None:
    """The operators, and the functions of the table as methods."""
    for name, row in TABLE.items():
        if type(row.partials) is tuple and name != "where":
            setattr(Tensor, name, _method(row))
    named = {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow", "mod": "remainder"}
    for name in (*named, "and_", "or_", "xor"):
        _operators(name.rstrip("_"), getattr(operator, name), named.get(name))
    _operators("floordiv", _floor_divided, None)
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):  # by data; the hash stays identity
        setattr(Tensor, f"__{name}__", _comparison(getattr(operator, name)))
    of_one = {*OF_ONE, *(f"{name}_" for name in IN_PLACE)}
    for name in of_one - {*vars(Value)}:  # what a Value has of a Tensor
        made = _in_place_of_one(name) if name[-1] == "_" else _of_one(name)
        made.__name__, made.__qualname__ = name, f"Value.{name}"
        setattr(Value, name, made)
    for kind, names in ((float64, "float double"), (int64, "long int"), (bool_, "bool")):
        for name in names.split():
            setattr(Tensor, name, _conversion(kind))


def _operators(name: str, function: Callable[[Any, Any], Any], method: str | None) -> None:
    """An operator, reflected and in place; as methods too, if they have a name in PyTorch."""
    whole = name not in ("truediv", "pow")

    def forward(self: Tensor, other: Any) -> Any:
        return _elementwise(function, self, other, None, whole)

    def reflected(self: Tensor, other: Any) -> Any:
        return _elementwise(lambda x, y: function(y, x), self, other, None, whole)

    def in_place(self: Tensor, other: Any) -> Any:
        return self._become(forward(self, other))

    def named(self: Tensor, other: Any, alpha: Any = 1, rounding_mode: Any = None) -> Any:
        result = forward(self, other if alpha == 1 else other * alpha)
        if result is NotImplemented:
            raise TypeError(f"{method}(): expected a Tensor or a number, got {type(other).__name__}")
        kind = other.dtype if isinstance(other, Tensor) else kind_of(other)
        return result if rounding_mode is None else _rounded(result, rounding_mode, kind, self.dtype)

    def named_in_place(self: Tensor, other: Any, alpha: Any = 1, rounding_mode: Any = None) -> Any:
        return self._become(named(self, other, alpha, rounding_mode))

    setattr(Tensor, f"__{name}__", forward)
    setattr(Tensor, f"__r{name}__", reflected)
    setattr(Tensor, f"__i{name}__", in_place)
    if method:
        setattr(Tensor, method, named)
        setattr(Tensor, f"{method}_", named_in_place)


def _rounded(quotient: Any, mode: str, *kinds: dtype) -> Any:
    """A quotient without what follows the point, or the next whole number below; of whole numbers whole."""
    if mode not in ("trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'"
        )
    result = getattr(quotient, mode)()
    return result if float64 in kinds else result.to(int64)


def _comparison(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda self, other: _elementwise(function, self, other, bool_)


def _conversion(kind: dtype) -> Callable[..., Any]:
    return lambda self: self.to(kind)


def _method(row: Primitive) -> Callable[..., Any]:
    function = getattr(ops, row.name)

    def method(self: Tensor, *others: Any, **named: Any) -> Any:
        return function(self, *others, **named)

    return documented(method, row)


def twin_in_place(name: str) -> Callable[..., Any]:
    """The twin in place of the method that has this name without its last character."""

    def method(self: Tensor, *others: Any, **named: Any) -> Any:
        return self._become(getattr(self, name[:-1])(*others, **named))

    method.__name__, method.__qualname__ = name, f"Tensor.{name}"
    method.__doc__ = f"`{name[:-1]}` in place."
    return method


def whole(x: Any) -> Any:
    """A Tensor as it is; a Value or a number as one of no dimension; a nested sequence as a Tensor."""
    if isinstance(x, Tensor):
        return x
    return Tensor(x) if ops.is_sequence(x) else stored(constants([x]), (), float64)


def _of_one(name: str) -> Callable[..., Any]:
    """The method of a Value that is a Tensor's, of one of no dimension."""

    def method(self: Value, *others: Any, **named: Any) -> Any:
        single = whole(self)
        result = getattr(single, name)(*others, **named)
        return self if result is single else result

    return method


def _in_place_of_one(name: str) -> Callable[..., Any]:
    """A method that changes the number of a Value, if it is a leaf."""

    def method(self: Value, *others: Any, **named: Any) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                f"{self!r} is a result, which never changes in place: use the new number itself"
            )
        if self.requires_grad and is_grad_enabled():
            raise RuntimeError(LEAF_CHANGED)
        if name in OF_ONE:  # fill_, copy_, zero_
            new = whole(self.detach())
            getattr(new, name)(*others, **named)
            result = new._elements[0]
        else:
            result = getattr(self, name[:-1])(*others, **named)
        changed = in_place(self, None, result)
        if changed is not self:
            raise RuntimeError("a constant cannot become a result in place: write x = x + y")
        return self

    return method


def attach(namespace: dict[str, Any], module: str) -> None:
    """The functions of a module as methods; as functions they take Values and nested sequences, too.

    PyTorch takes NumPy's `axis` as another name for `dim`.
    """
    for name, owner in METHODS.items():
        if owner == module and name in namespace:
            code = namespace[name].__code__
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            if "dim" in names and "axis" not in names:
                namespace[name] = _with_axis(namespace[name])
            setattr(Tensor, name, namespace[name])
            namespace[name] = _of_anything(namespace[name])


def _with_axis(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def either(*operands: Any, **named: Any) -> Any:
        if "axis" in named:
            named["dim"] = named.pop("axis")
        return method(*operands, **named)

    return either


def _of_anything(method: Callable[..., Any]) -> Callable[..., Any]:
    def function(*operands: Any, **named: Any) -> Any:
        if operands:
            return method(whole(operands[0]), *operands[1:], **named)
        return method(**{k: whole(x) if k in ("input", "tensor") else x for k, x in named.items()})

    function.__name__, function.__doc__ = method.__name__, method.__doc__
    function.__module__, function.__wrapped__ = method.__module__, method  # type: ignore[attr-defined]
    return function


def documented(method: Any, row: Primitive) -> Any:
    """A method with the name and the text of a function of the table."""
    method.__name__, method.__doc__ = row.name, row.value.__doc__
    method.__qualname__ = f"Tensor.{row.name}"
    return method


_attach()
