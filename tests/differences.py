"""The deliberate differences from PyTorch: where it is wrong or loses digits, microgd is exact.

An entry names a function, what of it differs ("value"; the number of an operand: the partial
derivative with respect to it; or a pair of numbers: the second derivative), the points, and the
reason. The points are edges of `tests.domains`, listed, or chosen by a condition where they are many.
test_ops and test_second_order compute the exact number at each with mpmath and hold microgd to it; and
they fail when PyTorch has come to agree, so that an entry that is no longer needed goes away.
"""

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from math import inf
from typing import NamedTuple

from tests.domains import Point

Part = str | int | tuple[int, int]


class Difference(NamedTuple):
    name: str
    parts: tuple[Part, ...]
    points: tuple[Point, ...] | Callable[[Point], bool]
    reason: str

    def covers(self, name: str, part: Part, point: Point) -> bool:
        if name != self.name or part not in self.parts:
            return False
        return self.points(point) if callable(self.points) else point in self.points


def at(*xs: float) -> tuple[Point, ...]:
    return tuple((x,) for x in xs)


def both(*xs: float) -> tuple[Point, ...]:
    """Each with either sign."""
    return at(*xs, *(-x for x in xs))


TINY = (5e-324, -5e-324)


def squares_leave_the_range(point: Point) -> bool:
    size = math.hypot(*point)
    return 0.0 < size < 1e-150 or 1e150 < size < inf


def quotient_leaves_the_range(point: Point) -> bool:
    a, b = map(abs, point)
    return b > 0.0 and b * 1.7e308 < a < inf


def quotient_is_rounded_up(point: Point) -> bool:
    a, b = point
    if not (math.isfinite(a) and math.isfinite(b) and b) or not math.isfinite(a / b):
        return False
    return math.trunc(a / b) != math.trunc(Fraction(a) / Fraction(b))


def zeros_beside_no_number(point: Point) -> bool:
    return point.count(0.0) > 1 and not all(map(math.isfinite, point))


def product_leaves_the_range(point: Point) -> bool:
    product = abs(math.prod(point))
    return all(point) and not sys.float_info.min <= product < inf


def exp_overflows(point: Point) -> bool:
    return 709.7 < abs(point[0] - point[1]) < inf


def far_apart(point: Point) -> bool:
    return abs(point[0] - point[1]) > 350.0


def one_side_is_negligible(point: Point) -> bool:
    short, long = sorted(map(abs, point))
    return 0.0 < short < 1e-6 * long


def fourth_powers_leave_the_range(point: Point) -> bool:
    return not 1e-77 < math.hypot(*point) < 1e77


def on_a_diagonal(point: Point) -> bool:
    return abs(point[0]) == abs(point[1])


def a_factor_is_huge_or_tiny(point: Point) -> bool:
    return not all(x == 0.0 or 1e-300 < abs(x) < 1e300 for x in point)


SECOND = ((0, 0), (0, 1), (1, 0), (1, 1))
THIRD = tuple((i, j) for i in range(3) for j in range(3))

DIFFERENCES = (
    Difference("expm1", (0,), at(-20.0, -37.0, -700.0), "out + 1 cancels"),
    Difference("log1p", ("value",), at(*TINY), "a subnormal becomes 0"),
    Difference("sigmoid", (0,), at(2.0, 3.0, 20.0, 37.0, 700.0), "1 - out cancels"),
    Difference("silu", (0,), at(37.0), "1 - out cancels"),
    *(
        Difference(name, ("value", 0), at(-750.0), "e**x underflows before x e**x")
        for name in ("silu", "mish")
    ),
    Difference("mish", (0,), at(-1.0), "1 - tanh**2 cancels"),
    Difference("tanh", (0,), both(3.0, 20.0, 37.0), "1 - out**2 cancels"),
    Difference("atan", (0,), both(1e155), "x**2 overflows"),
    Difference("asinh", (0,), both(1e155, 1e300), "x**2 overflows"),
    Difference("acosh", (0,), at(1e155, 1e300), "x**2 overflows"),
    Difference("asin", (0,), both(0.999, 1.0 - 1e-10), "1 - x**2 cancels"),
    Difference("acos", (0,), both(0.999, 1.0 - 1e-10), "1 - x**2 cancels"),
    Difference("acosh", (0,), both(1.001, 1.0 + 1e-10), "x**2 - 1 cancels"),
    Difference("atanh", (0,), both(0.999, 1.001, 1.0 - 1e-10, 1.0 + 1e-10), "1 - x**2 cancels"),
    Difference(
        "softsign",
        (0,),
        both(37.0, 700.0, 750.0, 1e9, 1e16, 1e155, inf),
        "1 / (1 + |x|) - |x| / (1 + |x|)**2 cancels",
    ),
    Difference("gelu", ("value", 0), at(-3.0, -20.0, -37.0), "1 + erf cancels"),
    Difference("gelu_tanh", ("value", 0), at(-3.0, -20.0), "1 + tanh cancels"),
    Difference("gelu_tanh", (0,), both(1e155, 1e300), "0 times x**2, which overflows"),
    Difference("hypot", (0, 1), tuple((x, y) for x in TINY for y in TINY), "out is subnormal"),
    Difference("atan2", (0, 1), squares_leave_the_range, "x**2 + y**2 over- or underflows"),
    Difference("fmod", ("value",), quotient_leaves_the_range, "a / b overflows"),
    Difference("remainder", ("value",), quotient_leaves_the_range, "a / b overflows"),
    Difference("fmod", (1,), quotient_is_rounded_up, "a / b is rounded before it is cut"),
    Difference("prod", (0, 1, 2), zeros_beside_no_number, "0 at two zeros, though 0 times inf is nan"),
    Difference("prod", (0, 1, 2), product_leaves_the_range, "out / x, where out is inf, nan or subnormal"),
    Difference("logaddexp", (0, 1), exp_overflows, "1 / (1 + e**(b - a)) is 0, not subnormal"),
    Difference(
        "logsumexp",
        (0, 1, 2),
        lambda xs: max(xs) in (750.0, -750.0, 1e300) or len(set(xs)) < len(xs),
        "the shares add up to e**(a rounding of out), not to 1",
    ),
    # log(1 + t) for a small t is off by a rounding of 1, whatever the size of t.
    *(
        Difference(name, parts, lambda xs: max(xs) < inf, "log(1 + t) rounds 1 + t")
        for name, parts in (("logsumexp", ("value",)), ("log_softmax", ("value", 0)))
    ),
    Difference("softmax", (0,), lambda xs: max(xs) < inf, "1 - out cancels"),
    # second derivatives
    Difference("expm1", ((0, 0),), at(-20.0, -37.0, -700.0), "out + 1 cancels"),
    Difference("sigmoid", ((0, 0),), at(20.0, 37.0, 700.0), "1 - out cancels"),
    Difference("logsigmoid", ((0, 0),), at(20.0, 37.0, 700.0), "1 - out cancels"),
    Difference("silu", ((0, 0),), at(20.0, 37.0, 700.0), "1 - out cancels"),
    Difference("silu", ((0, 0),), at(-750.0), "e**x underflows before x e**x"),
    Difference("softplus", ((0, 0),), at(20.0, 37.0, 700.0), "the threshold cuts it to 0"),
    Difference("tanh", ((0, 0),), both(20.0, 37.0), "1 - out**2 cancels"),
    Difference("mish", ((0, 0),), at(20.0, 37.0), "1 - tanh**2 cancels"),
    Difference("mish", ((0, 0),), at(750.0, 1e9, 1e16, 1e155, 1e300), "0 times e**x, which overflows"),
    Difference("mish", ((0, 0),), at(-750.0), "e**x underflows before x e**x"),
    Difference("gelu", ((0, 0),), both(1e155, 1e300), "0 times x**2, which overflows"),
    Difference("gelu_tanh", ((0, 0),), both(20.0), "1 - tanh**2 cancels"),
    Difference("gelu_tanh", ((0, 0),), both(1e155, 1e300), "0 times x**2, which overflows"),
    Difference("softsign", ((0, 0),), both(1e9, 1e16, inf), "its terms cancel"),
    Difference("asinh", ((0, 0),), both(1e155), "x**2 overflows"),
    Difference("acosh", ((0, 0),), at(1e155), "x**2 overflows"),
    Difference("elu", ((0, 0),), lambda p: p[0] == 0.0 and not abs(p[1]) < inf, "0 times alpha"),
    # Along the exponent 0 ** b is flat for b > 0, and PyTorch's first derivative says so at b = 0 too.
    Difference("pow", ((1, 1), (1, 0)), lambda p: p[0] == 0.0 and p[1] >= 0.0, "0 times log(0)"),
    Difference("pow", ((0, 1),), ((0.0, inf),), "0 times log(0)"),
    Difference("hypot", ((0, 1), (1, 0)), squares_leave_the_range, "out is subnormal"),
    Difference("hypot", ((0, 0), (1, 1)), one_side_is_negligible, "1 / h - x**2 / h**3 cancels"),
    Difference("atan2", SECOND, fourth_powers_leave_the_range, "(x**2 + y**2)**2 over- or underflows"),
    Difference("atan2", ((0, 1), (1, 0)), on_a_diagonal, "y**2 - x**2 cancels"),
    Difference("logaddexp", SECOND, far_apart, "0 times e**(b - a), which overflows"),
    Difference("logsumexp", SECOND, lambda xs: xs.count(1e300) > 1, "the shares add up to more than 1"),
    Difference("prod", THIRD, a_factor_is_huge_or_tiny, "out / x**2 over- or underflows, or is nan"),
)

# Where PyTorch is right: 1 / x is beyond the largest float, and microgd stores inf as the partial, while
# PyTorch divides the upstream gradient by x. An upstream of 0 gives nan here and 0 there.
BEYOND_THE_RANGE = ("div", "log", "log2", "log10")


def reciprocal_leaves_the_range(x: float) -> bool:
    return 0.0 < abs(x) < 2.0**-1024
