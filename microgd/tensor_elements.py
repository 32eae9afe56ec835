"""torch's functions of a Tensor's elements, one by one: comparisons by name, rounding, other names, formulas.

Each is a method of Tensor too. Those of the table of primitives are not here: they need no text of their own.
This module uses `ops`, `tensor` and `shapes`.
"""

from __future__ import annotations

import builtins
import math

from . import ops
from .shapes import bool_, broadcast, float64, int64
from .tensor import KIND_NAMES, Tensor, as_tensor, made, plain, spread
from .tensor_methods import attach
from .tensor_storage import cast, copies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


# --- comparisons ------------------------------------------------------------------------------------------


def eq(input: Tensor, other: Any) -> Any:
    """input == other."""
    return input == other


def ne(input: Tensor, other: Any) -> Any:
    """input != other."""
    return input != other


def lt(input: Tensor, other: Any) -> Any:
    """input < other."""
    return input < other


def le(input: Tensor, other: Any) -> Any:
    """input <= other."""
    return input <= other


def gt(input: Tensor, other: Any) -> Any:
    """input > other."""
    return input > other


def ge(input: Tensor, other: Any) -> Any:
    """input >= other."""
    return input >= other


def _truth(x: Any) -> Any:
    return made(cast(plain(x), bool_), x.shape, bool_)


def logical_and(input: Tensor, other: Any) -> Any:
    """True where both are not 0."""
    return _truth(input) & _truth(as_tensor(other))


def logical_or(input: Tensor, other: Any) -> Any:
    """True where one of them is not 0."""
    return _truth(input) | _truth(as_tensor(other))


def logical_xor(input: Tensor, other: Any) -> Any:
    """True where exactly one of them is not 0."""
    return _truth(input) ^ _truth(as_tensor(other))


def logical_not(input: Tensor) -> Any:
    """True where a number is 0."""
    return ~_truth(input)


def _holding(input: Tensor, condition: Callable[[Any], bool]) -> Any:
    return made(list(map(condition, plain(input))), input.shape, bool_)


def isnan(input: Tensor) -> Any:
    """True where a number is nan."""
    return _holding(input, math.isnan)


def isinf(input: Tensor) -> Any:
    """True where a number is inf or -inf."""
    return _holding(input, math.isinf)


def isfinite(input: Tensor) -> Any:
    """True where a number is neither nan nor infinite."""
    return _holding(input, math.isfinite)


def isclose(
    input: Tensor, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """True where |x - y| <= atol + rtol |y|."""
    other = as_tensor(other)
    lengths = broadcast(input.shape, other.shape)
    first, second = (made(plain(x), x.shape, int64) for x in (input, other))
    close = [
        x == y or abs(x - y) <= atol + rtol * abs(y) < math.inf or (equal_nan and x != x and y != y)
        for x, y in zip(spread(first, lengths), spread(second, lengths))
    ]
    return made(close, lengths, bool_)


def allclose(
    input: Tensor, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether |x - y| <= atol + rtol |y| everywhere."""
    return False not in plain(isclose(input, other, rtol, atol, equal_nan))


def equal(input: Tensor, other: Any) -> bool:
    """Whether the shapes are equal and all numbers are."""
    return input.shape == other.shape and plain(input) == plain(other)


# --- rounding: the derivative is 0, so that the results are constants -------------------------------------


def _rounded(input: Tensor, function: Callable[[float], float]) -> Any:
    if input.dtype is not float64:
        return input
    numbers = [math.copysign(function(x), x) if math.isfinite(x) else x for x in plain(input)]
    return made(cast(numbers, float64), input.shape)


def floor(input: Tensor) -> Any:
    """The largest whole number that is not above x: a constant."""
    return _rounded(input, math.floor)


def ceil(input: Tensor) -> Any:
    """The smallest whole number that is not below x: a constant."""
    return _rounded(input, math.ceil)


def trunc(input: Tensor) -> Any:
    """x without what follows the point: a constant."""
    return _rounded(input, math.trunc)


def round(input: Tensor, decimals: int = 0) -> Any:
    """The nearest whole number, the even one of two: a constant.

    decimals  how many digits after the point are kept
    """
    scale = 10.0 ** abs(decimals)
    if decimals < 0:
        return _rounded(input, lambda x: _nearest(x / scale) * scale)
    return _rounded(input, lambda x: _nearest(x * scale) / scale)


def _nearest(x: float) -> float:
    """The builtin round, which raises where x is infinite."""
    return float(builtins.round(x)) if math.isfinite(x) else x


def frac(input: Tensor) -> Any:
    """x - trunc(x)."""
    return input - trunc(input)


def floor_divide(input: Tensor, other: Any) -> Any:
    """input // other: a constant."""
    return input // other


# --- formulas ---------------------------------------------------------------------------------------------


def square(input: Tensor) -> Any:
    """x²."""
    return input * input if input.dtype is not float64 else input**2


def rsqrt(input: Tensor) -> Any:
    """1 / √x."""
    return 1.0 / ops.sqrt(input)


def reciprocal(input: Tensor) -> Any:
    """1 / x."""
    return 1.0 / input


def deg2rad(input: Tensor) -> Any:
    """An angle in degrees, in radians."""
    return input * (math.pi / 180.0)


def rad2deg(input: Tensor) -> Any:
    """An angle in radians, in degrees."""
    return input * (180.0 / math.pi)


def logit(input: Tensor, eps: Any = None) -> Any:
    """log(x / (1 - x)); with `eps`, x is kept between eps and 1 - eps."""
    x = input if eps is None else ops.clamp(input, eps, 1.0 - eps)
    return ops.log(x / (1.0 - x))


def xlogy(input: Tensor, other: Any) -> Any:
    """x · log(y), and 0 where x is 0, unless y is nan."""
    y = as_tensor(other)
    nothing = (input <= 0) & (input >= 0) & ((y <= 0) | (y == math.inf))
    return ops.where(nothing, 0.0, input * ops.log(ops.where(nothing, 1.0, y)))


def clamp_min(input: Tensor, min: Any) -> Any:
    """x, but at least `min`."""
    return ops.clamp(input, min=min)


def clamp_max(input: Tensor, max: Any) -> Any:
    """x, but at most `max`."""
    return ops.clamp(input, max=max)


def clip(input: Tensor, min: Any = None, max: Any = None) -> Any:
    """clamp."""
    return ops.clamp(input, min, max)


def lerp(input: Tensor, end: Any, weight: Any) -> Any:
    """input + weight · (end - input)."""
    return input + weight * (end - input)


def addcmul(input: Tensor, tensor1: Any, tensor2: Any, value: Any = 1) -> Any:
    """input + value · tensor1 · tensor2."""
    return input + value * tensor1 * tensor2


def addcdiv(input: Tensor, tensor1: Any, tensor2: Any, value: Any = 1) -> Any:
    """input + value · tensor1 / tensor2."""
    return input + value * (tensor1 / tensor2)


def dist(input: Tensor, other: Any, p: Any = 2.0) -> Any:
    """The norm of input - other."""
    difference: Any = as_tensor(input - other)
    return difference.norm(p)


def cdist(x1: Any, x2: Any, p: Any = 2.0) -> Any:
    """The norm of each row of x1 minus each row of x2: (..., rows of x1, rows of x2)."""
    first, second = as_tensor(x1), as_tensor(x2)
    return (first.unsqueeze(-2) - second.unsqueeze(-3)).norm(p, -1)


def masked_fill(input: Tensor, mask: Any, value: Any) -> Any:
    """`value` where `mask` is True, and elsewhere the element."""
    if isinstance(mask, bool):  # x > 0, of a Value
        mask = made([mask], (), bool_)
    if not isinstance(mask, Tensor) or mask.dtype is not bool_:
        kind = KIND_NAMES[mask.dtype] if isinstance(mask, Tensor) else type(mask).__name__
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {kind}")
    if getattr(value, "shape", ()):
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with"
            f" {len(value.shape)} dimension(s)."
        )
    lengths = broadcast(input.shape, mask.shape)
    (fresh,) = cast(value._elements if isinstance(value, Tensor) else [value], input.dtype)
    chosen = [fresh if hidden else x for hidden, x in zip(spread(mask, lengths), spread(input, lengths))]
    return made(copies(chosen), lengths, input.dtype)


# --- other names ------------------------------------------------------------------------------------------


def negative(input: Tensor) -> Any:
    """neg."""
    return -input


def multiply(input: Tensor, other: Any) -> Any:
    """mul."""
    return input * other


def subtract(input: Tensor, other: Any, alpha: Any = 1) -> Any:
    """sub."""
    return input - (other if alpha == 1 else other * alpha)


def divide(input: Tensor, other: Any) -> Any:
    """div."""
    return input / other


def true_divide(input: Tensor, other: Any) -> Any:
    """div."""
    return input / other


attach(globals(), "tensor_elements")
