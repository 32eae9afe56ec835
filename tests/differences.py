"""The deliberate differences from PyTorch: where it is wrong or loses digits, microgd is exact.

An entry names a function, what of it differs ("value", or the number of an operand: the partial
derivative with respect to it), the points, and the reason. The points are edges of `tests.domains`,
listed, or chosen by a condition where they are many. test_ops computes the exact number at each with
mpmath and holds microgd to it; and it fails when PyTorch has come to agree, so that an entry that is
no longer needed goes away.
"""

import math
from collections.abc import Callable
from math import inf
from typing import NamedTuple

from tests.domains import Point


class Difference(NamedTuple):
    name: str
    parts: tuple[str | int, ...]
    points: tuple[Point, ...] | Callable[[Point], bool]
    reason: str

    def covers(self, name: str, part: str | int, point: Point) -> bool:
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
    return all(map(math.isfinite, point)) and abs(point[1]) in (1e-8, 1e-160)


def exp_overflows(point: Point) -> bool:
    return 709.7 < abs(point[0] - point[1]) < inf


DIFFERENCES = (
    Difference("expm1", (0,), at(-20.0, -37.0, -700.0), "out + 1 cancels"),
    Difference("log1p", ("value",), at(*TINY), "a subnormal becomes 0"),
    Difference("sigmoid", (0,), at(2.0, 3.0, 20.0, 37.0, 700.0), "1 - out cancels"),
    Difference("silu", (0,), at(37.0), "1 - out cancels"),
    Difference("tanh", (0,), both(3.0, 20.0, 37.0), "1 - out**2 cancels"),
    Difference("atan", (0,), both(1e155), "x**2 overflows"),
    Difference("asinh", (0,), both(1e155, 1e300), "x**2 overflows"),
    Difference("acosh", (0,), at(1e155, 1e300), "x**2 overflows"),
    Difference("atanh", (0,), both(1e155), "x**2 overflows"),
    Difference(
        "softsign",
        (0,),
        both(37.0, 700.0, 750.0, 1e9, 1e16, 1e155, inf),
        "1 / (1 + |x|) - |x| / (1 + |x|)**2 cancels",
    ),
    Difference("gelu", ("value", 0), at(-3.0, -20.0, -37.0), "1 + erf cancels"),
    Difference("gelu_tanh", ("value", 0), at(-3.0, -20.0), "1 + tanh cancels"),
    Difference("hypot", (0, 1), tuple((x, y) for x in TINY for y in TINY), "out is subnormal"),
    Difference("atan2", (0, 1), squares_leave_the_range, "x**2 + y**2 over- or underflows"),
    Difference("fmod", ("value",), quotient_leaves_the_range, "a / b overflows"),
    Difference("remainder", ("value",), quotient_leaves_the_range, "a / b overflows"),
    Difference("fmod", (1,), quotient_is_rounded_up, "a / b is rounded before it is cut"),
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
)
