"""Where each primitive may be sampled, and the points at its edges; keyed by its name in the table.

`DOMAINS[name].ranges` are intervals, one per operand, inside of which the primitive is smooth enough
for a finite difference; a reduction has one interval, which serves all of its operands.
`DOMAINS[name].edges` are points to compare with PyTorch: zeros, ties, infinities, borders.
"""

import itertools
from math import inf, nan
from typing import NamedTuple

Point = tuple[float, ...]

SMALL = (0.0, 5e-324, 1e-300, 1e-160, 1e-8, 0.5)
LARGE = (1.0, 1.5, 2.0, 3.0, 20.0, 37.0, 700.0, 750.0, 1e9, 1e16, 1e155, 1e300, inf)
MAGNITUDES = (*SMALL, *LARGE)
NUMBERS = (*MAGNITUDES, *(-x for x in MAGNITUDES), nan)
FEW = (0.0, -0.0, 0.5, 1.0, -1.0, 2.0, -3.0, 750.0, -750.0, 1e300, 5e-324, inf, -inf, nan)

ONE = tuple((x,) for x in NUMBERS)
PAIRS = tuple(itertools.product(NUMBERS, repeat=2))
TRIPLES = tuple(itertools.product(FEW, repeat=3))
SEVERAL = (*((x,) for x in FEW), *itertools.product(FEW, repeat=2), *TRIPLES)
# Where 1 - x**2 cancels, and 1 / 0 is near.
ALMOST_ONE = (0.1, 0.5, 0.999, 1.0 - 1e-10, 1.0 - 2.0**-53, 1.0 + 2.0**-52, 1.0 + 1e-10, 1.001)
NEAR_ONE = (*ONE, *((x,) for x in ALMOST_ONE), *((-x,) for x in ALMOST_ONE))
# Quotients just below a whole number, which a / b is rounded up to.
QUOTIENTS = ((1.0, 0.1), (-1.0, 0.1), (6.0, 0.1), (1.0, -0.2), (4.35, 0.01), (1e16, 0.3), (0.3, 0.1))
# For dot: two pairs of factors, without and with a bias.
FACTORS = tuple(itertools.product((0.0, -1.0, 3.0, 1e300, inf, nan), repeat=4))
BIASED = tuple(itertools.product((0.0, -1.0, 3.0, inf), repeat=5))


class Domain(NamedTuple):
    ranges: tuple[tuple[float, float], ...]
    edges: tuple[Point, ...] = ONE
    variadic: bool = False


def unary(low: float = -8.0, high: float = 8.0, edges: tuple[Point, ...] = ONE) -> Domain:
    return Domain(((low, high),), edges)


def binary(first: tuple[float, float], second: tuple[float, float]) -> Domain:
    return Domain((first, second), PAIRS)


def reduction(low: float = -8.0, high: float = 8.0) -> Domain:
    return Domain(((low, high),), SEVERAL, variadic=True)


ANY = (-8.0, 8.0)

DOMAINS = {
    "where": Domain((ANY, ANY, ANY), TRIPLES),
    "add": binary(ANY, ANY),
    "sub": binary(ANY, ANY),
    "mul": binary(ANY, ANY),
    "div": binary(ANY, (0.125, 8.0)),
    "neg": unary(),
    "pow": binary((0.125, 8.0), (-4.0, 4.0)),
    # The quotient stays in one whole interval, so that there is no jump.
    "fmod": Domain(((4.25, 5.75), (2.0, 2.1)), PAIRS + QUOTIENTS),
    "remainder": Domain(((-5.75, -4.25), (2.0, 2.1)), PAIRS + QUOTIENTS),
    "abs": unary(0.125, 8.0),
    "sign": unary(0.125, 8.0),
    "copysign": binary((0.125, 8.0), (0.125, 8.0)),
    "maximum": binary(ANY, ANY),
    "minimum": binary(ANY, ANY),
    "clamp": Domain((ANY, (-4.0, -0.125), (0.125, 4.0)), TRIPLES),
    "hardtanh": Domain(
        (ANY, (-4.0, -0.125), (0.125, 4.0)),
        tuple(point for point in TRIPLES if not point[1] > point[2]),  # PyTorch refuses the others
    ),
    "relu": unary(),
    "leaky_relu": binary(ANY, (0.0, 2.0)),
    "elu": binary(ANY, (0.125, 2.0)),
    "exp": unary(),
    "exp2": unary(),
    "expm1": unary(),
    "log": unary(0.125, 8.0),
    "log2": unary(0.125, 8.0),
    "log10": unary(0.125, 8.0),
    "log1p": unary(-0.875, 8.0, NEAR_ONE),
    "logaddexp": binary(ANY, ANY),
    "sqrt": unary(0.125, 8.0),
    "cbrt": unary(0.125, 8.0),
    "hypot": binary((0.125, 8.0), ANY),
    "sin": unary(),
    "cos": unary(),
    "tan": unary(-1.25, 1.25),
    "asin": unary(-0.875, 0.875, NEAR_ONE),
    "acos": unary(-0.875, 0.875, NEAR_ONE),
    "atan": unary(),
    "atan2": binary(ANY, (0.125, 8.0)),
    "sinh": unary(),
    "cosh": unary(),
    "tanh": unary(),
    "asinh": unary(),
    "acosh": unary(1.125, 8.0, NEAR_ONE),
    "atanh": unary(-0.875, 0.875, NEAR_ONE),
    "erf": unary(-4.0, 4.0),
    "erfc": unary(-4.0, 4.0),
    "sigmoid": unary(),
    "softplus": unary(),
    "softsign": unary(),
    "silu": unary(),
    "mish": unary(),
    "gelu": unary(),
    "gelu_tanh": unary(),
    "sum": reduction(),
    "mean": reduction(),
    "prod": reduction(-2.0, 2.0),
    "max": reduction(),
    "min": reduction(),
    "logsumexp": reduction(),
    "dot": Domain(((-3.0, 3.0),), FACTORS + BIASED, variadic=True),
}
