"""Lowering: a program written with fewer kinds of rows, those that machine code knows.

`relu` becomes a comparison and a select, `sigmoid` an exponential, two sums and two quotients. Each formula
below is ordinary arithmetic, run over Symbols. It does what the row's own function does at floats, step by
step, with `where` for each branch: so both give the same bits.

What is left: + - * /, neg, sqrt, abs, copysign, `where`, conditions, `sum`, `dot`, the functions of the C
library, and rows that only Python can compute.

This module uses `ops`, `program` and `symbol`.
"""

from __future__ import annotations

from math import inf, nan

from ..ops import (
    _GELU_CUBE,
    _LN2,
    _SQRT_8_OVER_PI,
    _SQRT_HALF,
    TABLE,
    Primitive,
    abs,
    erfc,
    exp,
    expm1,
    fmod,
    log1p,
    tanh,
    where,
)
from ..table import OPS
from .program import ADD, CONDITIONS, CONSTANT, DOT, INPUT, MUL, SUM, Program
from .symbol import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

_LIBM = """
    exp exp2 expm1 log log2 log10 log1p cbrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh
    erf erfc pow fmod
"""
_PLAIN = "add sub mul div neg where sqrt abs copysign sum dot"

LIBM = tuple(_LIBM.split())
"""Rows that are functions of the C library. It computes the edges too as the table does."""

SIMPLE = {INPUT, CONSTANT, *CONDITIONS.values(), *(TABLE[name] for name in (*_PLAIN.split(), *LIBM))}
"""What is not lowered."""

LONG = 256
"""A sum of more terms is written as single additions, so that it can be cut between two of them."""


def _of_nan(*xs: Any) -> Any:
    """Whether any of them is nan."""
    found = xs[0] != xs[0]
    for x in xs[1:]:
        found = found | (x != x)
    return found


def _sign(x: Any) -> Any:
    return where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0))


def _maximum(a: Any, b: Any) -> Any:
    return where((a >= b) | (a != a), a, b)


def _minimum(a: Any, b: Any) -> Any:
    return where((a <= b) | (a != a), a, b)


def _between(x: Any, low: Any, high: Any) -> Any:
    raised = where(low > x, low, x)
    return where(_of_nan(x, low, high), nan, where(high < raised, high, raised))


def _remainder(a: Any, b: Any) -> Any:
    rest = fmod(a, b)
    return where((rest != 0.0) & ((rest < 0.0) ^ (b < 0.0)), rest + b, rest)


def _elu(x: Any, alpha: Any) -> Any:
    return where(x < 0.0, alpha * expm1(x), x)


def _logaddexp(a: Any, b: Any) -> Any:
    larger, smaller = where(a > b, a, b), where(a > b, b, a)
    return where(a == b, a + _LN2, larger + log1p(exp(smaller - larger)))


def _sigmoid(x: Any) -> Any:
    e = exp(-abs(x))
    return where(x >= 0.0, 1.0 / (1.0 + e), e / (1.0 + e))


def _softplus(x: Any) -> Any:
    return log1p(exp(-abs(x))) + where(x > 0.0, x, 0.0)


def _far_left(x: Any, u: Any) -> Any:
    root = exp(0.5 * u)
    return x * root * root


def _silu(x: Any) -> Any:
    return where(x < -700.0, _far_left(x, x), x / (1.0 + exp(-x)))


def _mish(x: Any) -> Any:
    return where(x < -700.0, _far_left(x, x), x * tanh(_softplus(x)))


def _gelu_tanh(x: Any) -> Any:
    u = x * (_SQRT_8_OVER_PI + _GELU_CUBE * (x * x))
    return where(u < -700.0, _far_left(x, u), x / (1.0 + exp(-u)))


def _gelu(x: Any) -> Any:
    return x * (0.5 * erfc(x * -_SQRT_HALF))


def _prod(*xs: Any) -> Any:
    out = xs[0]
    for x in xs[1:]:
        out = out * x
    return out


def _largest(xs: Sequence[Any]) -> Any:
    top = xs[0]
    for x in xs[1:]:
        top = where(x > top, x, top)
    return top


def _max(*xs: Any) -> Any:
    return where(_of_nan(*xs), nan, _largest(xs))


def _min(*xs: Any) -> Any:
    low = xs[0]
    for x in xs[1:]:
        low = where(x < low, x, low)
    return where(_of_nan(*xs), nan, low)


def _logsumexp(*xs: Any) -> Any:
    """The first of the largest is left out of the sum: what stands for it there is -0, which adds nothing."""
    top = _largest(xs)
    found: Any = False
    total: Any = 0.0
    for x in xs:
        largest = x == top
        total = total + where(largest if found is False else largest & ~found, -0.0, exp(x - top))
        found = largest if found is False else found | largest
    return where(_of_nan(*xs), nan, where(abs(top) == inf, top, top + log1p(total)))


FORMULAS: dict[str, Callable[..., Any]] = {
    "sign": _sign,
    "maximum": _maximum,
    "minimum": _minimum,
    "clamp": _between,
    "hardtanh": _between,
    "relu": lambda x: where(x <= 0.0, 0.0, x),
    "leaky_relu": lambda x, slope: where(x > 0.0, x, slope * x),
    "elu": _elu,
    "remainder": _remainder,
    "logaddexp": _logaddexp,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "softsign": lambda x: x / (1.0 + abs(x)),
    "silu": _silu,
    "mish": _mish,
    "gelu_tanh": _gelu_tanh,
    "gelu": _gelu,
    "prod": _prod,
    "max": _max,
    "min": _min,
    "logsumexp": _logsumexp,
}
"""How a row is computed with simpler ones: with the same roundings in the same order."""


def is_own(row: Primitive) -> bool:
    """Whether this is a row of the package's own table, not of a user's primitive."""
    return TABLE.get(row.name) is row and row.value.__module__ == OPS


def lowered(
    program: Program, alive: Sequence[int] | None = None, whole: set[int] | None = None
) -> tuple[Program, dict[int, int]]:
    """The program in simple rows, and where its operations are now.

    alive  the operations that are needed; inputs stay, needed or not
    whole  sums and dot products that stay as they are, however long they are
    """
    fresh = Program()
    now = {i: fresh.input() for i in program.inputs}
    for i in range(len(program)) if alive is None else alive:
        row = program.rows[i]
        if row is INPUT:
            continue
        if row is CONSTANT:
            now[i] = fresh.constant(program.constants[i])
            continue
        operands = tuple([now[j] for j in program.operands[i]])
        if row is SUM or row is DOT:
            plain = i in program.plain_start
            if len(operands) > LONG and (whole is None or i not in whole):
                now[i] = _added_one_by_one(fresh, row, operands, plain)
            else:
                now[i] = fresh._new(row, operands)
                if plain:
                    fresh.plain_start.add(now[i])
        elif row in SIMPLE or row.name not in FORMULAS or not is_own(row) or not operands:
            now[i] = fresh._new(row, operands)
        else:
            now[i] = FORMULAS[row.name](*[Symbol(fresh, j) for j in operands]).index
    return fresh, now


def _added_one_by_one(program: Program, row: Primitive, operands: Sequence[int], plain: bool) -> int:
    """A long sum or dot product as single additions in the same order."""
    terms = list(operands)
    if row is DOT:
        n = len(operands) // 2
        terms = [program._new(MUL, pair) for pair in zip(operands[:n], operands[n:])]
        terms += operands[2 * n :]
    total = terms.pop(0) if plain else program.constant(0.0)
    for term in terms:
        total = program._new(ADD, (total, term))
    return total
