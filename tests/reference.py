"""Two judges for every function: PyTorch in float64, and mpmath with as many digits as it takes.

`TORCH[name]` computes on tensors, operand by operand (a reduction gets a tuple of tensors), and
PyTorch differentiates it. `EXACT[name]` holds the value and the partial derivatives, written out by
hand in mpmath, independently of the table under test; they hold at finite operands.
"""

import math
import operator
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import torch
from mpmath import mp, mpf

from tests.domains import Point

# Bits. The quotient of 1e300 and 5e-324 is a whole number of 2070 bits.
PRECISION = 300
WHOLE_PRECISION = 2200


def stacked(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs: function(torch.stack(xs), 0)


def scalars(function: Callable[..., Any]) -> Callable[..., Any]:
    """For functions that take a tensor and plain numbers: point by point."""

    def apply(x: Any, *others: Any) -> Any:
        each = zip(x, *(other.tolist() for other in others), strict=True)
        return torch.stack([function(*point) for point in each])

    return apply


def torch_dot(*xs: Any) -> Any:
    n = len(xs) // 2
    total = sum(a * b for a, b in zip(xs[:n], xs[n:], strict=False))
    return total + xs[-1] if len(xs) % 2 else total


def torch_prod(*xs: Any) -> Any:
    """Point by point: one 0 among many points would change the formula of the backward at all."""
    if xs[0].dim() == 0:
        return torch.prod(torch.stack(xs))
    return torch.stack([torch.prod(point) for point in torch.stack(xs, 1)])


SAME_NAME = (
    "neg abs sign exp exp2 expm1 log log2 log10 log1p sqrt sin cos tan asin acos atan sinh cosh tanh"
    " asinh acosh atanh erf erfc sigmoid relu add sub mul div pow maximum minimum atan2 hypot fmod"
    " remainder copysign logaddexp clamp"
)

TORCH: dict[str, Callable[..., Any]] = {
    **{name: getattr(torch, name) for name in SAME_NAME.split()},
    "where": lambda c, a, b: torch.where(c.detach() != 0, a, b),
    "hardtanh": scalars(torch.nn.functional.hardtanh),
    "leaky_relu": scalars(torch.nn.functional.leaky_relu),
    "elu": scalars(torch.nn.functional.elu),
    "softplus": torch.nn.functional.softplus,
    "softsign": torch.nn.functional.softsign,
    "sum": stacked(torch.sum),
    "mean": stacked(torch.mean),
    "prod": torch_prod,
    "max": stacked(torch.amax),
    "min": stacked(torch.amin),
    "logsumexp": stacked(torch.logsumexp),
    "dot": torch_dot,
    "silu": torch.nn.functional.silu,
    "mish": torch.nn.functional.mish,
    "gelu": torch.nn.functional.gelu,
    "gelu_tanh": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
    # composed
    "logsigmoid": torch.nn.functional.logsigmoid,
    "selu": torch.selu,
    "softmax": lambda *xs: torch.softmax(torch.stack(xs), 0)[0],
    "log_softmax": lambda *xs: torch.log_softmax(torch.stack(xs), 0)[0],
}
NOT_IN_TORCH = {"cbrt"}

# PyTorch takes these operands as plain numbers: it has no derivative for them.
NUMBERS_IN_TORCH = {"hardtanh": (1, 2), "leaky_relu": (1,), "elu": (1,), "where": (0,)}


def torch_results(name: str, points: Sequence[Point]) -> tuple[list[float], list[list[float]]]:
    """The values at all points (of one length), and for each operand the partials at all points."""
    plain = NUMBERS_IN_TORCH.get(name, ())
    columns = [
        torch.tensor(column, dtype=torch.float64, requires_grad=i not in plain)
        for i, column in enumerate(zip(*points, strict=True))
    ]
    out = TORCH[name](*columns)
    out.backward(torch.ones_like(out))
    zeros = [0.0] * len(points)
    return out.tolist(), [zeros if x.grad is None else x.grad.tolist() for x in columns]


# --- mpmath -------------------------------------------------------------------------------------------

one, half = mpf(1), mpf(1) / 2
Exact = tuple[Callable[..., Any], ...]


def logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def step(x: Any) -> Any:
    return (mp.sign(x) + 1) / 2


def density(x: Any) -> Any:
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def normal(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2 if abs(x) < 1e4 else step(x)


def squashed(x: Any) -> Any:
    return mp.sqrt(8 / mp.pi) * (x + mpf(0.044715) * x**3)


def softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x)) if x < 2000 else x


def mp_tanh(x: Any) -> Any:
    return -mp.expm1(-2 * x) / (1 + mp.exp(-2 * x)) if x > 0 else mp.expm1(2 * x) / (1 + mp.exp(2 * x))


def sech2(x: Any) -> Any:
    return 4 / (mp.exp(x) + mp.exp(-x)) ** 2


def quotient(a: Any, b: Any) -> Any:
    """a / b without its fraction."""
    return mp.floor(a / b) if (a < 0) == (b < 0) else mp.ceil(a / b)


SELU_ALPHA, SELU_SCALE = (
    mpf("1.6732632423543772848170429916717"),
    mpf("1.0507009873554804934193349852946"),
)

EXACT: dict[str, Exact] = {
    "add": (operator.add, lambda a, b: one, lambda a, b: one),
    "sub": (operator.sub, lambda a, b: one, lambda a, b: -one),
    "mul": (operator.mul, lambda a, b: b, lambda a, b: a),
    "div": (operator.truediv, lambda a, b: 1 / b, lambda a, b: -a / b**2),
    "pow": (mp.power, lambda a, b: b * mp.power(a, b - 1), lambda a, b: mp.power(a, b) * mp.log(a)),
    "neg": (operator.neg, lambda x: -one),
    "abs": (abs, mp.sign),
    "sign": (mp.sign, lambda x: 0 * one),
    "copysign": (
        lambda x, y: abs(x) * mp.sign(y),  # not for y = -0: mpmath has none
        lambda x, y: mp.sign(x) * mp.sign(y),
        lambda x, y: 0 * one,
    ),
    "maximum": (max, lambda a, b: step(a - b), lambda a, b: step(b - a)),
    "minimum": (min, lambda a, b: step(b - a), lambda a, b: step(a - b)),
    "fmod": (
        lambda a, b: a - b * quotient(a, b),
        lambda a, b: one,
        lambda a, b: -quotient(a, b),
    ),
    "remainder": (
        lambda a, b: a - b * mp.floor(a / b),
        lambda a, b: one,
        lambda a, b: -mp.floor(a / b),
    ),
    "clamp": (
        lambda x, lo, hi: min(max(x, lo), hi),
        lambda x, lo, hi: one if lo <= x <= hi else 0 * one,
        lambda x, lo, hi: one if x < lo < hi else 0 * one,
        lambda x, lo, hi: one if max(x, lo) > hi else 0 * one,
    ),
    "hardtanh": (
        lambda x, lo, hi: min(max(x, lo), hi),
        lambda x, lo, hi: one if lo < x < hi else 0 * one,
        lambda x, lo, hi: one if x <= lo else 0 * one,
        lambda x, lo, hi: one if x >= hi else 0 * one,
    ),
    "where": (
        lambda c, a, b: a if c else b,
        lambda c, a, b: 0 * one,
        lambda c, a, b: one if c else 0 * one,
        lambda c, a, b: 0 * one if c else one,
    ),
    "relu": (lambda x: max(x, 0 * one), lambda x: one if x > 0 else 0 * one),
    "leaky_relu": (
        lambda x, s: x if x > 0 else s * x,
        lambda x, s: one if x > 0 else s,
        lambda x, s: 0 * one if x > 0 else x,
    ),
    "elu": (
        lambda x, a: x if x > 0 else a * mp.expm1(x),
        lambda x, a: one if x > 0 else a * mp.exp(x),
        lambda x, a: 0 * one if x > 0 else mp.expm1(x),
    ),
    "exp": (mp.exp, mp.exp),
    "exp2": (lambda x: mpf(2) ** x, lambda x: mpf(2) ** x * mp.log(2)),
    "expm1": (mp.expm1, mp.exp),
    "log": (mp.log, lambda x: 1 / x),
    "log2": (lambda x: mp.log(x) / mp.log(2), lambda x: 1 / (x * mp.log(2))),
    "log10": (lambda x: mp.log(x) / mp.log(10), lambda x: 1 / (x * mp.log(10))),
    "log1p": (mp.log1p, lambda x: 1 / (1 + x)),
    "logaddexp": (
        lambda a, b: max(a, b) + softplus(-abs(a - b)),
        lambda a, b: logistic(a - b),
        lambda a, b: logistic(b - a),
    ),
    "sqrt": (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x))),
    "cbrt": (
        lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2),
    ),
    "hypot": (mp.hypot, lambda x, y: x / mp.hypot(x, y), lambda x, y: y / mp.hypot(x, y)),
    "sin": (mp.sin, mp.cos),
    "cos": (mp.cos, lambda x: -mp.sin(x)),
    "tan": (mp.tan, lambda x: 1 / mp.cos(x) ** 2),
    "asin": (mp.asin, lambda x: 1 / mp.sqrt(1 - x * x)),
    "acos": (mp.acos, lambda x: -1 / mp.sqrt(1 - x * x)),
    "atan": (mp.atan, lambda x: 1 / (1 + x * x)),
    "atan2": (
        mp.atan2,
        lambda y, x: x / (x * x + y * y),
        lambda y, x: -y / (x * x + y * y),
    ),
    "sinh": (mp.sinh, mp.cosh),
    "cosh": (mp.cosh, mp.sinh),
    "tanh": (mp_tanh, sech2),
    "asinh": (mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x)),
    "acosh": (mp.acosh, lambda x: 1 / mp.sqrt(x * x - 1)),
    "atanh": (mp.atanh, lambda x: 1 / (1 - x * x)),
    "erf": (
        lambda x: mp.erf(x) if abs(x) < 1e4 else mp.sign(x),
        lambda x: 2 * mp.exp(-x * x) / mp.sqrt(mp.pi),
    ),
    "erfc": (
        lambda x: mp.erfc(x) if abs(x) < 1e4 else 1 - mp.sign(x),
        lambda x: -2 * mp.exp(-x * x) / mp.sqrt(mp.pi),
    ),
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x)),
    "softplus": (softplus, logistic),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    # composed
    "logsigmoid": (lambda x: -softplus(-x), lambda x: logistic(-x)),
    "silu": (lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x))),
    "mish": (
        lambda x: x * mp_tanh(softplus(x)),
        lambda x: mp_tanh(softplus(x)) + x * sech2(softplus(x)) * logistic(x),
    ),
    "selu": (
        lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * mp.expm1(x)),
        lambda x: SELU_SCALE * (1 if x > 0 else SELU_ALPHA * mp.exp(x)),
    ),
    "gelu": (lambda x: x * normal(x), lambda x: normal(x) + x * density(x)),
    "gelu_tanh": (
        lambda x: x * logistic(squashed(x)),
        lambda x: (
            logistic(squashed(x))
            + x
            * logistic(squashed(x))
            * logistic(-squashed(x))
            * mp.sqrt(8 / mp.pi)
            * (1 + 3 * mpf(0.044715) * x * x)
        ),
    ),
}


def product(xs: Sequence[Any]) -> Any:
    return mp.fprod(xs)


def each_logsumexp(xs: Sequence[Any]) -> Any:
    top = max(xs)
    return top + mp.log(sum(mp.exp(x - top) for x in xs))


def each_softmax(xs: Sequence[Any]) -> list[Any]:
    odds = [mp.exp(x - max(xs)) for x in xs]
    return [p / sum(odds) for p in odds]


def shares(xs: Sequence[Any], winner: Any) -> list[Any]:
    return [one / list(xs).count(winner) if x == winner else 0 * one for x in xs]


EXACT_REDUCTION: dict[str, tuple[Callable[..., Any], Callable[..., list[Any]]]] = {
    "sum": (mp.fsum, lambda xs: [one] * len(xs)),
    "mean": (lambda xs: mp.fsum(xs) / len(xs), lambda xs: [one / len(xs)] * len(xs)),
    "prod": (product, lambda xs: [product([*xs[:i], *xs[i + 1 :]]) for i in range(len(xs))]),
    "max": (max, lambda xs: shares(xs, max(xs))),
    "min": (min, lambda xs: shares(xs, min(xs))),
    "logsumexp": (each_logsumexp, each_softmax),
    "dot": (
        lambda xs: mp.fsum(
            [*map(operator.mul, xs[: len(xs) // 2], xs[len(xs) // 2 :]), *xs[len(xs) // 2 * 2 :]]
        ),
        lambda xs: [
            *xs[len(xs) // 2 : len(xs) // 2 * 2],
            *xs[: len(xs) // 2],
            *[one] * (len(xs) % 2),
        ],
    ),
    "softmax": (
        lambda xs: each_softmax(xs)[0],
        lambda xs: [each_softmax(xs)[0] * ((i == 0) - each_softmax(xs)[i]) for i in range(len(xs))],
    ),
    "log_softmax": (
        lambda xs: (xs[0] - max(xs)) - mp.log(sum(mp.exp(x - max(xs)) for x in xs)),
        lambda xs: [(i == 0) - each_softmax(xs)[i] for i in range(len(xs))],
    ),
}


def exact_results(name: str, point: Point) -> tuple[Any, list[Any]]:
    """The value and the partials at one finite point, in high precision."""
    with mp.workprec(WHOLE_PRECISION if name in ("fmod", "remainder") else PRECISION):
        xs = [mpf(x) for x in point]
        if name in EXACT:
            value, *partials = EXACT[name]
            return value(*xs), [partial(*xs) for partial in partials]
        reduce, slopes = EXACT_REDUCTION[name]
        return reduce(xs), slopes(xs)


# --- how close is close ---------------------------------------------------------------------------------

TORCH_ULPS = 8
EXACT_ULPS = 4

# Where e**-x**2 enters, the rounding of x**2 alone is 2 x**2 ulp of the result.
GAUSSIAN = {"erf", "erfc", "gelu"}
# Where e**d enters and d is a rounded difference, or a**(b - 1) with its rounded exponent, the same.
DIFFERENCE = {"logaddexp", "logsumexp", "softmax", "log_softmax"}


FACTOR: dict[str, Callable[..., Any]] = {
    "silu": logistic,
    "mish": lambda x: mp_tanh(softplus(x)),
    "gelu": normal,
    "gelu_tanh": lambda x: logistic(squashed(x)),
}


def ulps_allowed(name: str, point: Point) -> float:
    if name in GAUSSIAN:
        return EXACT_ULPS + 2 * point[0] * point[0]
    if name in DIFFERENCE:
        return EXACT_ULPS + (max(point) - min(point))
    if name == "gelu_tanh":  # e**u enters, and u has been rounded four times
        return EXACT_ULPS + 4 * min(abs(float(squashed(mpf(point[0])))), 750.0)
    if name == "pow" and point[0] > 0.0:
        return EXACT_ULPS + abs(math.log(point[0]))
    return EXACT_ULPS


def largest_term(name: str, part: str | int, xs: Point) -> float:
    """The size of the largest of the terms that are added up and may cancel; 0 where none do."""
    if name in ("sum", "mean", "add", "sub") and part == "value":
        return max(map(abs, xs))
    if name == "dot" and part == "value":
        n = len(xs) // 2
        return max(abs(x) for x in (*map(operator.mul, xs[:n], xs[n:]), *xs[2 * n :], 0.0))
    if name in ("logaddexp", "logsumexp") and part == "value":
        return max(abs(max(xs)), 1.0) if min(map(abs, xs)) < 40.0 else abs(max(xs))
    if name == "log_softmax" or (name == "softmax" and part != "value"):
        return 1.0
    if name in FACTOR and part == 0:  # the product rule: the factor of x, and x times its slope
        factor, exact = FACTOR[name](mpf(xs[0])), EXACT[name][1](mpf(xs[0]))
        return float(max(abs(factor), abs(exact - factor)))
    return 0.0


def ulps_off(got: float, exact: Any, largest: float = 0.0) -> float:
    """How far `got` is from the exact number, in ulp of it or of the largest term."""
    if mp.isnan(exact):
        return 0.0 if math.isnan(got) else inf
    if not math.isfinite(got) or abs(exact) > mpf(2) ** 1024:
        return 0.0 if got == float(exact) else inf
    return float(abs(mpf(got) - exact) / mpf(math.ulp(max(abs(float(exact)), largest))))


def agrees_with_torch(got: float, torch: float) -> bool:
    """Equal in class (nan, an infinity, zero), and else within 8 ulp."""
    if math.isfinite(got) and math.isfinite(torch) and got != 0.0 and torch != 0.0:
        return abs(got - torch) <= TORCH_ULPS * math.ulp(max(abs(got), abs(torch)))
    return got == torch or (got != got and torch != torch)


# --- second derivatives -----------------------------------------------------------------------------------

# A second derivative is a product of many factors, each exact to an ulp or two.
SECOND_ULPS = 8

STEP = mpf(2) ** -500  # of the size of x, or of 1; the bits of the working precision outnumber it by far
SECOND_PRECISION = 4000


def exact_second(name: str, point: Point, pair: tuple[int, int]) -> Any:
    """The second derivative: a central difference of the partial, with hundreds of exact digits."""
    i, j = pair
    if name == "prod":
        return product([mpf(x) for k, x in enumerate(point) if k not in pair] if i != j else [0])
    if not all(map(math.isfinite, point)) or (name == "pow" and point[0] == 0.0):
        return mpf(0)  # all that is listed there is a limit of 0, or flat by PyTorch's first derivative
    with mp.workprec(SECOND_PRECISION):
        xs = [mpf(x) for x in point]
        step = STEP * min(abs(xs[j]) or mpf(2) ** -1100, 1)

        def partial(shift: Any) -> Any:
            at = [x + shift if k == j else x for k, x in enumerate(xs)]
            if name in EXACT:
                return EXACT[name][1 + i](*at)
            return EXACT_REDUCTION[name][1](at)[i]

        return (partial(step) - partial(-step)) / (2 * step)


def largest_second_term(name: str, point: Point) -> float:
    """The size of the largest of the terms that a second derivative is the sum of, where they cancel."""
    x = mpf(point[0])
    s, r = logistic(x), logistic(-x)
    if name == "silu":
        terms = [2 * s * r, x * s * r]
    elif name == "mish":
        slope = 4 * s * r * r / (1 + r * r) ** 2
        terms = [2 * slope, 2 * x * slope]
    elif name == "gelu":
        terms = [2 * density(x), x * x * density(x)]
    elif name == "gelu_tanh":
        u = squashed(x)
        s, r, du = logistic(u), logistic(-u), mp.diff(squashed, x)
        terms = [2 * s * r * du, x * s * r * du * du]
    elif name in ("sigmoid", "softplus", "logsigmoid"):
        terms = [s * r]
    elif name == "hypot":
        terms = [1 / mpf(math.hypot(*point))]
    elif name == "atan2":
        terms = [1 / (x * x + mpf(point[1]) ** 2)]
    else:
        return 0.0
    return float(max(map(abs, terms)))
