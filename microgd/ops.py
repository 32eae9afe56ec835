"""The table of primitives: every function microgd can differentiate, written down once.

This module uses `table`, which says what a primitive is; every other module uses this one.

An entry is a name, a value and its partials (partial derivatives), one for each operand. Read `tanh`
below: the decorator holds the partial, and the function under it computes the value.

A partial is ordinary arithmetic, written with the functions of this module. So the same line can be read
in two ways. At floats it gives the number that `backward()` multiplies along the graph. At Values it
gives a graph, which can be differentiated again.

One function serves both. `tanh(x)` computes a float at once. If x is anything else, it calls the method
`_apply(row, operands)` of x, which Value and Tensor have. A partial branches only through `where`, which
looks at data and records nothing about the condition.

The values are those of IEEE 754: inf and nan where Python's `math` would raise, never a complex number
and never an int. The partials are PyTorch's at every edge, except where PyTorch's formula loses digits.
There the exact formula is used, and a comment says so.

A function outside of this module becomes a primitive in the same way:

    @microgd.primitive(lambda x, out: 2.0 * x)
    def square(x):
        return x * x
"""

from __future__ import annotations

import builtins
import math
import sys
from _operator import mul as _times  # `operator` itself is slower to import
from math import inf, nan

from .table import (
    OFF as OFF,
    TABLE as TABLE,
    Primitive as Primitive,
    as_float as as_float,
    dispatched,
    flat as flat,
    is_number as is_number,
    is_sequence as is_sequence,
    primitive as primitive,
    reduction as reduction,
    row_named as row_named,
    same as same,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from .table import Selection


# --- choice -----------------------------------------------------------------------------------------


def _for_editors(function: Any) -> Selection:
    return function


@_for_editors
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`input` if the condition holds, else `other`. A partial may branch in this way only.

    Of a condition alone, a Tensor, it is condition.nonzero(as_tuple=True), as in PyTorch.

    Nothing is recorded about the condition, and no gradient flows into it. The side that is not taken
    receives a gradient of 0, as in PyTorch, even if its value is infinite or nan.
    """
    plain = type(condition) is bool or not hasattr(type(condition), "_apply")
    if plain and isinstance(input, float) and isinstance(other, float):
        chosen = input if condition else other
        return chosen if type(chosen) is float or chosen is OFF else float(chosen)
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    return dispatched(_WHERE, (condition, input, other))


def _chosen(condition: float, input: float, other: float) -> float:
    """input where the condition holds, else other"""
    return input if condition else other


_WHERE = TABLE["where"] = Primitive(
    "where",
    _chosen,
    (
        lambda c, a, b, out: OFF,
        lambda c, a, b, out: where(c, 1.0, OFF),
        lambda c, a, b, out: where(c, OFF, 1.0),
    ),
)


def pick(xs: Sequence[Any], index: Any) -> Any:
    """xs[index]. In a compiled function, the index may be an argument: then each x may be the one."""
    return xs[index] if isinstance(index, int) else dispatched(PICK, (index, *xs))


PICK = Primitive(
    "pick",
    lambda index, *xs: xs[int(index)],
    lambda xs, out: [OFF, *(where(xs[0] == float(k), 1.0, OFF) for k in range(len(xs) - 1))],
)


# --- arithmetic -------------------------------------------------------------------------------------


@primitive(lambda a, b, out: 1.0, lambda a, b, out: 1.0)
def add(a: float, b: float) -> float:
    """a + b"""
    return a + b


@primitive(lambda a, b, out: 1.0, lambda a, b, out: -1.0)
def sub(a: float, b: float) -> float:
    """a - b"""
    return a - b


@primitive(lambda a, b, out: b, lambda a, b, out: a)
def mul(a: float, b: float) -> float:
    """a * b"""
    return a * b


@primitive(lambda a, b, out: div(1.0, b), lambda a, b, out: -div(out, b))
def div(a: float, b: float) -> float:
    """a / b, with 1/0 = inf and 0/0 = nan"""
    if b == 0.0:
        return nan if a == 0.0 or a != a else math.copysign(inf, a) * math.copysign(1.0, b)
    return a / b


@primitive(lambda x, out: -1.0)
def neg(x: float) -> float:
    """-x"""
    return -x


def _pow_exponent(a: Any, b: Any, out: Any) -> Any:
    """out * log(a). But 0 ** b is constant for b >= 0: no logarithm of 0 is taken, in no derivative."""
    rule = out * log(where(a == 0.0, where(b >= 0.0, 1.0, a), a))
    return where(a == 0.0, where(b >= 0.0, OFF, rule), rule)


@primitive(lambda a, b, out: where(b == 0.0, OFF, b * pow(a, b - 1.0)), _pow_exponent)
def pow(a: float, b: float) -> float:
    """a ** b, as C's pow: nan for a root of a negative number, inf for 0 ** -1 and on overflow"""
    try:
        return math.pow(a, b)
    except OverflowError:
        pass
    except ValueError:
        if a != 0.0:
            return nan
    return -inf if math.copysign(1.0, a) < 0.0 and math.fmod(b, 2.0) in (1.0, -1.0) else inf


def _times_it_went(a: Any, b: Any, rest: Any) -> Any:
    """How often b went into a: (a - rest) / b. (a / b, rounded down, can be one too many.)

    This count is constant between its jumps, so no derivative flows through it.
    """
    count = div(a - rest, b)
    return count if type(count) is float else count.detach()


@primitive(
    lambda a, b, out: 1.0,
    lambda a, b, out: -_times_it_went(a, b, where(out == out, out, 0.0)),
)
def fmod(a: float, b: float) -> float:
    """a - b * trunc(a / b): the remainder with the sign of a"""
    try:
        return math.fmod(a, b)
    except ValueError:
        return nan


@primitive(
    lambda a, b, out: 1.0,
    lambda a, b, out: where(abs(out) == inf, 1.0, -_times_it_went(a, b, where(b == 0.0, 0.0, out))),
)
def remainder(a: float, b: float) -> float:
    """a - b * floor(a / b): the remainder with the sign of b, as Python's %"""
    rest = TABLE["fmod"].value(a, b)
    return rest + b if rest != 0.0 and (rest < 0.0) != (b < 0.0) else rest


# --- the kinks: which side is taken at a tie, and where nan goes, are PyTorch's choices ---------------


@primitive(lambda x, out: sign(x))
def abs(x: float) -> float:
    """|x|; its derivative at 0 is 0"""
    return math.fabs(x)


@primitive(lambda x, out: OFF)
def sign(x: float) -> float:
    """-1, 0 or 1 (0 for nan)"""
    return float((x > 0.0) - (x < 0.0))


@primitive(
    lambda x, y, out: where(x == 0.0, 0.0, div(out, x)),
    lambda x, y, out: OFF,
)
def copysign(x: float, y: float) -> float:
    """|x| with the sign of y"""
    return math.copysign(x, y)


@primitive(
    lambda a, b, out: where(a == b, 0.5, where(a < b, OFF, 1.0)),
    lambda a, b, out: where(a == b, 0.5, where(a > b, OFF, 1.0)),
)
def maximum(a: float, b: float) -> float:
    """The larger; at a tie each partial is 1/2, and nan wins"""
    return a if a >= b or a != a else b


@primitive(
    lambda a, b, out: where(a == b, 0.5, where(a > b, OFF, 1.0)),
    lambda a, b, out: where(a == b, 0.5, where(a < b, OFF, 1.0)),
)
def minimum(a: float, b: float) -> float:
    """The smaller; at a tie each partial is 1/2, and nan wins"""
    return a if a <= b or a != a else b


@primitive(
    lambda x, lo, hi, out: where(x >= lo, where(x <= hi, 1.0, OFF), OFF),
    lambda x, lo, hi, out: where(x < lo, where(lo < hi, 1.0, OFF), OFF),
    lambda x, lo, hi, out: where(x > hi, 1.0, where(hi < lo, 1.0, OFF)),
)
def clamp(x: float, min: float = -inf, max: float = inf) -> float:
    """min(max(x, min), max); at a border the derivative is 1, and nan wins"""
    return _between(x, min, max)


def _between(x: float, low: float, high: float) -> float:
    """x, but at least `low`, and then at most `high`."""
    return nan if x != x or low != low or high != high else _min(_max(x, low), high)


@primitive(
    lambda x, lo, hi, out: where(x <= lo, OFF, where(x >= hi, OFF, 1.0)),
    lambda x, lo, hi, out: where(x <= lo, 1.0, OFF),
    lambda x, lo, hi, out: where(x >= hi, 1.0, OFF),
)
def hardtanh(x: float, min_val: float = -1.0, max_val: float = 1.0) -> float:
    """x, but at least min_val and at most max_val; at the borders and beyond, the derivative is 0"""
    return _between(x, min_val, max_val)


@primitive(lambda x, out: where(x <= 0.0, OFF, 1.0))
def relu(x: float) -> float:
    """max(0, x); its derivative at 0 is 0"""
    return x if x > 0.0 or x != x else 0.0


@primitive(
    lambda x, slope, out: where(x > 0.0, 1.0, slope),
    lambda x, slope, out: where(x > 0.0, OFF, x),
)
def leaky_relu(x: float, negative_slope: float = 0.01) -> float:
    """x for x > 0, else negative_slope * x"""
    return x if x > 0.0 else negative_slope * x


@primitive(
    # exp is given no x above 0, so it cannot overflow; at 0, the second derivative is 0, as PyTorch's.
    lambda x, alpha, out: where(x <= 0.0, alpha * exp(where(x < 0.0, x, 0.0)), 1.0),
    lambda x, alpha, out: where(x <= 0.0, expm1(x), OFF),
)
def elu(x: float, alpha: float = 1.0) -> float:
    """x for x >= 0, else alpha * (exp(x) - 1)"""
    return alpha * math.expm1(x) if x < 0.0 else x


# --- exponentials and logarithms ----------------------------------------------------------------------


@primitive(lambda x, out: out)
def exp(x: float) -> float:
    """e ** x"""
    try:
        return math.exp(x)
    except OverflowError:
        return inf


@primitive(lambda x, out: out * _LN2)
def exp2(x: float) -> float:
    """2 ** x"""
    try:
        return math.exp2(x)
    except OverflowError:
        return inf


@primitive(lambda x, out: exp(x))  # PyTorch's out + 1 is 0 at -40
def expm1(x: float) -> float:
    """e ** x - 1, exact near 0"""
    try:
        return math.expm1(x)
    except OverflowError:
        return inf


@primitive(lambda x, out: div(1.0, x))
def log(x: float) -> float:
    """The natural logarithm; log(0) = -inf"""
    return math.log(x) if x > 0.0 else _log_border(x)


@primitive(lambda x, out: div(1.0, x * _LN2))
def log2(x: float) -> float:
    """The logarithm to base 2"""
    return math.log2(x) if x > 0.0 else _log_border(x)


@primitive(lambda x, out: div(1.0, x * _LN10))
def log10(x: float) -> float:
    """The logarithm to base 10"""
    return math.log10(x) if x > 0.0 else _log_border(x)


@primitive(lambda x, out: div(1.0, 1.0 + x))
def log1p(x: float) -> float:
    """log(1 + x), exact near 0"""
    return math.log1p(x) if x > -1.0 else _log_border(1.0 + x)


def _log_border(x: float) -> float:
    """The logarithm where it has no finite value: at 0, below it, and at nan."""
    return -inf if x == 0.0 else nan


@primitive(lambda a, b, out: sigmoid(a - b), lambda a, b, out: sigmoid(b - a))
def logaddexp(a: float, b: float) -> float:
    """log(e ** a + e ** b), without overflow"""
    if a == b:
        return a + _LN2
    larger, smaller = (a, b) if a > b else (b, a)
    return larger + math.log1p(exp(smaller - larger))


# --- powers and roots ---------------------------------------------------------------------------------


@primitive(lambda x, out: div(0.5, out))
def sqrt(x: float) -> float:
    """The square root; nan below 0"""
    return math.sqrt(x) if x >= 0.0 else nan


# 0 and inf are their own cube roots, and out / x is nan there. Elsewhere out / x is closer than 1 / out**2.
@primitive(lambda x, out: div(where(out == x, div(1.0, out * out), div(out, x)), 3.0))
def cbrt(x: float) -> float:
    """The cube root, negative numbers included"""
    return math.cbrt(x)


def _cosine(x: Any, y: Any, h: Any) -> Any:
    """x / hypot(x, y), scaled where the hypotenuse h itself is subnormal or has overflowed."""
    scale = where(h < 1e-290, 2.0**600, where(h > 1e290, 2.0**-600, 1.0))
    return div(x * scale, hypot(x * scale, y * scale))


@primitive(lambda x, y, out: _cosine(x, y, out), lambda x, y, out: _cosine(y, x, out))
def hypot(x: float, y: float) -> float:
    """sqrt(x ** 2 + y ** 2), without overflow"""
    return math.hypot(x, y)


# --- circular functions: exact where PyTorch's 1 - x**2 cancels or x**2 overflows -----------------------


def _circular(function: Callable[[float], float], x: float) -> float:
    """nan where `math` raises: at infinity, and outside of the domain."""
    try:
        return function(x)
    except ValueError:
        return nan


@primitive(lambda x, out: cos(x))
def sin(x: float) -> float:
    """The sine of x radians"""
    return _circular(math.sin, x)


@primitive(lambda x, out: -sin(x))
def cos(x: float) -> float:
    """The cosine of x radians"""
    return _circular(math.cos, x)


@primitive(lambda x, out: 1.0 + out * out)
def tan(x: float) -> float:
    """The tangent of x radians"""
    return _circular(math.tan, x)


def _one_minus_square(x: Any) -> Any:
    """1 - x**2. Near 1 as a product, which does not cancel there; its derivative would cancel near 0."""
    size = abs(x)
    plain = 1.0 - x * x
    return where(size < 0.5, plain, where(size == 1.0, plain, (1.0 - x) * (1.0 + x)))


@primitive(lambda x, out: div(1.0, sqrt(_one_minus_square(x))))
def asin(x: float) -> float:
    """The angle in [-pi/2, pi/2] whose sine is x"""
    return _circular(math.asin, x)


@primitive(lambda x, out: div(-1.0, sqrt(_one_minus_square(x))))
def acos(x: float) -> float:
    """The angle in [0, pi] whose cosine is x"""
    return _circular(math.acos, x)


@primitive(lambda x, out: div(div(1.0, hypot(1.0, x)), hypot(1.0, x)))
def atan(x: float) -> float:
    """The angle in [-pi/2, pi/2] whose tangent is x: d atan = 1 / (1 + x**2)"""
    return math.atan(x)


def _turn(x: Any, y: Any) -> Any:
    """x / (x**2 + y**2), and 0 at the origin; scaled where the squares over- or underflow."""
    h = hypot(x, y)
    scale = where(h < 1e-150, 2.0**600, where(h > 1e150, 2.0**-600, 1.0))
    x, y = x * scale, y * scale
    return where(h == 0.0, 0.0, div(x, x * x + y * y) * scale)


@primitive(lambda y, x, out: _turn(x, y), lambda y, x, out: -_turn(y, x))
def atan2(y: float, x: float) -> float:
    """The angle of the point (x, y): d/dy = x / (x**2 + y**2), d/dx = -y / (x**2 + y**2)"""
    return math.atan2(y, x)


# --- hyperbolic functions -----------------------------------------------------------------------------


@primitive(lambda x, out: cosh(x))
def sinh(x: float) -> float:
    """(e**x - e**-x) / 2"""
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


@primitive(lambda x, out: sinh(x))
def cosh(x: float) -> float:
    """(e**x + e**-x) / 2"""
    try:
        return math.cosh(x)
    except OverflowError:
        return inf


# PyTorch's 1 - out**2 is 0 from 19 on. The product is exact there, but its derivative cancels near 0.
@primitive(
    lambda x, out: where(out * out < 0.25, 1.0 - out * out, 4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x))
)
def tanh(x: float) -> float:
    """sinh(x) / cosh(x): d tanh = 1 / cosh(x)**2 = 1 - tanh(x)**2"""
    return math.tanh(x)


@primitive(lambda x, out: div(1.0, hypot(1.0, x)))
def asinh(x: float) -> float:
    """The inverse of sinh: d asinh = 1 / sqrt(1 + x**2)"""
    return math.asinh(x)


@primitive(
    # Beyond 1e9, x**2 - 1 and x**2 are the same number, and 1/x does not overflow on the way.
    lambda x, out: where(x > 1e9, div(1.0, x), div(1.0, sqrt(0.0 - _one_minus_square(x))))
)
def acosh(x: float) -> float:
    """The inverse of cosh: d acosh = 1 / sqrt(x**2 - 1)"""
    return math.acosh(x) if x >= 1.0 else nan


@primitive(lambda x, out: div(1.0, _one_minus_square(x)))
def atanh(x: float) -> float:
    """The inverse of tanh: d atanh = 1 / (1 - x**2)"""
    if x == 1.0 or x == -1.0:
        return x * inf
    return math.atanh(x) if -1.0 < x < 1.0 else nan


# --- functions of probability and of neural networks ----------------------------------------------------


@primitive(lambda x, out: _TWO_OVER_SQRT_PI * exp(-(x * x)))
def erf(x: float) -> float:
    """The error function: 2/sqrt(pi) times the integral of exp(-t**2) from 0 to x"""
    return math.erf(x)


@primitive(lambda x, out: -_TWO_OVER_SQRT_PI * exp(-(x * x)))
def erfc(x: float) -> float:
    """1 - erf(x), exact for large x"""
    return math.erfc(x)


@primitive(lambda x, out: out * sigmoid(-x))  # PyTorch's out * (1 - out) is 0 from 37 on
def sigmoid(x: float) -> float:
    """1 / (1 + e**-x): d sigmoid = s (1 - s)"""
    e = math.exp(-math.fabs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)


@primitive(lambda x, out: sigmoid(x))
def softplus(x: float) -> float:
    """log(1 + e**x), a smooth relu. It is exact everywhere, so it needs no threshold"""
    return _softplus(x)


def _softplus(x: float) -> float:
    return math.log1p(math.exp(-math.fabs(x))) + (x if x > 0.0 else 0.0)


@primitive(lambda x, out: div(div(1.0, 1.0 + abs(x)), 1.0 + abs(x)))
def softsign(x: float) -> float:
    """x / (1 + |x|)"""
    return x / (1.0 + math.fabs(x))


# --- x times a gate. They are primitives: in a composition, the product rule could make 0 * inf = nan ----


def _far_left(x: float, u: float) -> float:
    """x * e**u for u far below 0, where e**u alone is subnormal and has lost digits."""
    root = math.exp(0.5 * u)
    return x * root * root


@primitive(lambda x, out: sigmoid(x) + out * sigmoid(-x))
def silu(x: float) -> float:
    """x * sigmoid(x), also called swish"""
    return _far_left(x, x) if x < -700.0 else x / (1.0 + math.exp(-x))


def _mish_partial(x: Any, out: Any) -> Any:
    """With t = tanh(softplus(x)) and r = sigmoid(-x): t + x dt/dx, dt/dx = t 4 r**2 / ((1 + r) (1 + r**2))"""
    r = sigmoid(-x)
    return tanh(softplus(x)) + 2.0 * r * out * div(2.0 * r, (1.0 + r) * (1.0 + r * r))


@primitive(_mish_partial)
def mish(x: float) -> float:
    """x * tanh(softplus(x))"""
    return _far_left(x, x) if x < -700.0 else x * math.tanh(_softplus(x))


def _squashed(x: Any, square: Any) -> Any:
    """sqrt(8/pi) (x + 0.044715 x**3), given x**2"""
    return x * (_SQRT_8_OVER_PI + _GELU_CUBE * square)


def _gelu_tanh_partial(x: Any, out: Any) -> Any:
    """With u = sqrt(8/pi) (x + 0.044715 x**3): sigmoid(u) + x sigmoid(u) sigmoid(-u) du/dx"""
    near = clamp(x, -100.0, 100.0)  # beyond these, sigmoid(u) is 0 or 1, and du/dx would overflow
    u = _squashed(near, near * near)
    return sigmoid(u) + out * sigmoid(-u) * (_SQRT_8_OVER_PI + 3.0 * _GELU_CUBE * near * near)


@primitive(_gelu_tanh_partial)
def gelu_tanh(x: float) -> float:
    """x * (1 + tanh(sqrt(2/pi) (x + 0.044715 x**3))) / 2: an older approximation of gelu"""
    u = _squashed(x, x * x)
    return _far_left(x, u) if u < -700.0 else x / (1.0 + math.exp(-u))


@primitive(lambda x, out: 0.5 * erfc(x * -_SQRT_HALF) + x * (_ONE_OVER_SQRT_2PI * exp(-0.5 * (x * x))))
def gelu(x: float) -> float:
    """x * Phi(x), with Phi(x) = erfc(-x/sqrt(2)) / 2, the normal distribution: d = Phi + x dPhi/dx"""
    return x * (0.5 * math.erfc(x * -_SQRT_HALF))


_gelu = gelu


def gelu(x: Any, approximate: str = "none") -> Any:  # type: ignore[no-redef]
    """x * Phi(x), where Phi is the normal distribution function. approximate="tanh": its older form.

    Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """
    if approximate == "none":
        return _gelu(x)
    if approximate == "tanh":
        return gelu_tanh(x)
    raise RuntimeError(f"approximate argument must be either none or tanh, got {approximate!r}")


# --- reductions: any number of operands -----------------------------------------------------------------

# From here on these names mean microgd's functions.
_max, _min, _sum = builtins.max, builtins.min, builtins.sum


class _Start(float):
    """The 0 that a sum starts from. With it, Python's `sum` adds from left to right and rounds each sum.

    With a plain float, it would correct its rounding errors, but only from Python 3.12 on.
    """

    __slots__ = ()


_START = 0.0 if sys.version_info < (3, 12) else _Start(0.0)


def _total(terms: Iterable[float]) -> float:
    """0 + term 1 + term 2 + ..., each sum rounded: the order of every sum here, on every Python."""
    return _sum(terms, _START) + 0.0  # a float, even of no terms


@reduction(lambda xs, out: [1.0] * len(xs))
def sum(*xs: float) -> float:
    """0 + x1 + x2 + ... + xn, from left to right"""
    return _total(xs)


@reduction(lambda xs, out: [1.0 / len(xs)] * len(xs))
def mean(*xs: float) -> float:
    """(x1 + x2 + ... + xn) / n; nan for no numbers at all"""
    return _total(xs) / len(xs) if xs else nan


def _others(xs: Sequence[Any], out: Any) -> list[Any]:
    """For each x the product of all others. (Dividing the whole product by x fails if x is 0.)"""
    n = len(xs)
    before: list[Any] = [1.0] * n
    after: list[Any] = [1.0] * n
    for i in range(1, n):
        before[i] = before[i - 1] * xs[i - 1]
        after[n - 1 - i] = after[n - i] * xs[n - i]
    return [left * right for left, right in zip(before, after, strict=True)]


@reduction(_others)
def prod(*xs: float) -> float:
    """x1 * x2 * ... * xn"""
    return math.prod(xs, start=1.0)


def _winners(xs: Sequence[Any], out: Any) -> list[Any]:
    """1/n for each of the n numbers that equal the result, else 0. If the result is nan, all are nan."""
    wins = [where(x == out, 1.0, 0.0) for x in xs]
    return [div(win, sum(wins)) for win in wins]


@reduction(_winners)
def max(*xs: float) -> float:
    """The largest, as PyTorch's amax; if n numbers are equal, the partial of each is 1/n, and nan wins"""
    return _extreme(_max, xs)


@reduction(_winners)
def min(*xs: float) -> float:
    """The smallest, as PyTorch's amin; if n numbers are equal, the partial of each is 1/n, and nan wins"""
    return _extreme(_min, xs)


def _extreme(choose: Callable[..., float], xs: Sequence[float]) -> float:
    if not xs:
        raise ValueError("max and min need at least one number, got none")
    return nan if any(x != x for x in xs) else choose(xs)


def _probabilities(xs: Sequence[Any], out: Any) -> list[Any]:
    """The softmax: e**(x - out) for each x. They are divided by their sum, because `out` is rounded."""
    odds = [exp(x - out) for x in xs]
    total = sum(odds)
    return [div(p, where(total > 0.0, total, 1.0)) for p in odds]


@reduction(_probabilities)
def logsumexp(*xs: float) -> float:
    """log(e**x1 + e**x2 + ... + e**xn), without overflow"""
    top = _extreme(_max, xs)
    if math.isinf(top) or top != top:
        return top
    first = xs.index(top)
    return top + math.log1p(_total([math.exp(x - top) for i, x in enumerate(xs) if i != first]))


def dot_of_rows(xs: Sequence[float], ws: Sequence[float]) -> float:
    """x1 w1 + x2 w2 + ... from left to right. If there is one more w than x, it is added last: the bias."""
    total = _sum(map(_times, xs, ws), _START)
    return total + (ws[-1] if len(ws) > len(xs) else 0.0)


def _dot_value(*xs: float) -> float:
    n = len(xs) // 2
    return dot_of_rows(xs[:n], xs[n:])


def _dot_partials(xs: Sequence[Any], out: Any) -> list[Any]:
    n = len(xs) // 2
    return [*xs[n : 2 * n], *xs[:n], *([1.0] if len(xs) % 2 else [])]


TABLE["dot"] = Primitive("dot", _dot_value, _dot_partials)


def dot(input: Iterable[Any], other: Iterable[Any], bias: Any = None) -> Any:
    """input[0] * other[0] + ... + input[n-1] * other[n-1] (+ bias): a whole neuron in one node.

    The products are added from left to right, and the bias last. The operands of the node are the
    elements of `input`, then those of `other`, then the bias.
    """
    a, b = list(input), list(other)
    if len(a) != len(b):
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{len(a)}] and src [{len(b)}]"
            " to have the same number of elements"
        )
    return TABLE["dot"](*a, *b, *([] if bias is None else [bias]))


# --- composed of other functions, without losing digits --------------------------------------------------


def logsigmoid(x: Any) -> Any:
    """log(sigmoid(x)) = -softplus(-x)"""
    return -softplus(-x)


def selu(x: Any) -> Any:
    """scale * elu(x, alpha), with the two constants of Klambauer et al. 2017, arXiv:1706.02515"""
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


def softmax(xs: Any, dim: int | None = None) -> Any:
    """e**x / sum(e**x) for each x of a sequence: positive numbers that add up to 1"""
    if dim is not None:  # of a Tensor
        return xs.softmax(dim)
    odds = [exp(x) for x in _from_the_top(xs)]
    total = sum(odds)
    return [div(p, total) for p in odds]


def log_softmax(xs: Any, dim: int | None = None) -> Any:
    """x - logsumexp(xs) for each x of a sequence"""
    if dim is not None:  # of a Tensor
        return xs.log_softmax(dim)
    numbers = _from_the_top(xs)
    total = logsumexp(numbers)
    return [x - total for x in numbers]


def _from_the_top(xs: Iterable[Any]) -> list[Any]:
    """x - max(xs) for each x. A softmax stays the same, and e**x cannot overflow."""
    numbers = list(xs)
    top = max(numbers)
    return [x - top for x in numbers]


_LN2 = math.log(2.0)
_LN10 = math.log(10.0)
_SQRT_HALF = math.sqrt(0.5)
_ONE_OVER_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
_SQRT_8_OVER_PI = math.sqrt(8.0 / math.pi)
_GELU_CUBE = 0.044715 * _SQRT_8_OVER_PI
_TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946
