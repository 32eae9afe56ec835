"""exp, log, log1p, expm1 and tanh for all lanes at once, within 4 units in the last place (fast mode only).

The C library computes one number at a time. These formulas compute a whole vector: each is arithmetic without
a branch, first on a number that has been brought near 0, by powers of 2, and then on the power.

    exp(x)     x = n log 2 + r, so e**x = 2**n e**r, and e**r is a polynomial where |r| < 0.35
    log(x)     x = 2**n m with m near 1, so log(x) = n log 2 + log(m), a series in (m - 1) / (m + 1)
    log1p(x)   log(u) with u = 1 + x, and what u has lost of x, divided by u
    expm1(x)   2**n (e**r - 1) + (2**n - 1)
    tanh(x)    -t / (2 + t) with t = expm1(-2 |x|)

This module uses nothing of ours. What it prints is LLVM's assembly, through a function that adds a line.
"""

from __future__ import annotations

import math
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LOG2_E = 1.0 / math.log(2.0)
LN2_HIGH = math.ldexp(math.floor(math.ldexp(math.log(2.0), 40)), -40)  # n times it is exact
LN2_LOW = 7.371002565167799e-13  # log 2 - LN2_HIGH
ROUNDER = 1.5 * 2.0**52
"""x + ROUNDER - ROUNDER is x rounded to a whole number, which is in the last bits of x + ROUNDER."""

TERMS_OF_EXP = 13
TERMS_OF_LOG = 11


class Lanes:
    """A vector whose arithmetic adds lines to a text. Products and sums may be contracted."""

    def __init__(self, line: Callable[[str], str], name: str, width: int, of: str = "double") -> None:
        self.line = line
        self.name = name
        self.width = width
        self.of = of

    @property
    def kind(self) -> str:
        """LLVM's type of the vector."""
        return f"<{self.width} x {self.of}>"

    def _new(self, operation: str, of: str | None = None) -> Lanes:
        return Lanes(self.line, self.line(operation), self.width, of or self.of)

    def _text(self, x: Any) -> str:
        if isinstance(x, Lanes):
            return x.name
        one = str(x) if self.of == "i64" else f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"
        return "<" + ", ".join([f"{self.of} {one}"] * self.width) + ">"

    def _both(self, operation: str, left: Any, right: Any) -> Lanes:
        flags = " contract" if self.of == "double" else ""
        return self._new(f"{operation}{flags} {self.kind} {self._text(left)}, {self._text(right)}")

    def __add__(self, other: Any) -> Lanes:
        return self._both("fadd" if self.of == "double" else "add", self, other)

    def __sub__(self, other: Any) -> Lanes:
        return self._both("fsub" if self.of == "double" else "sub", self, other)

    def __mul__(self, other: Any) -> Lanes:
        return self._both("fmul", self, other)

    def __truediv__(self, other: Any) -> Lanes:
        return self._both("fdiv", self, other)

    def __radd__(self, other: Any) -> Lanes:
        return self + other

    def __rmul__(self, other: Any) -> Lanes:
        return self * other

    def __rsub__(self, other: Any) -> Lanes:
        return self._both("fsub", other, self)

    def __neg__(self) -> Lanes:
        return self._new(f"fneg {self.kind} {self.name}")

    def __lshift__(self, bits: int) -> Lanes:
        return self._new(f"shl {self.kind} {self.name}, {self._text(bits)}")

    def __rshift__(self, bits: int) -> Lanes:
        return self._new(f"ashr {self.kind} {self.name}, {self._text(bits)}")

    def bits(self) -> Lanes:
        """The bits of each number, as a whole number."""
        return self._new(f"bitcast {self.kind} {self.name} to <{self.width} x i64>", "i64")

    def from_bits(self) -> Lanes:
        """The numbers with these bits."""
        return self._new(f"bitcast {self.kind} {self.name} to <{self.width} x double>", "double")

    def number(self) -> Lanes:
        """Whole numbers as floats."""
        return self._new(f"sitofp {self.kind} {self.name} to <{self.width} x double>", "double")

    def where(self, test: str, other: Any, yes: Any, no: Any) -> Lanes:
        """yes where the comparison of this with `other` holds, else no."""
        holds = self.line(f"fcmp {test} {self.kind} {self.name}, {self._text(other)}")
        bits = f"<{self.width} x i1>"
        return self._new(
            f"select {bits} {holds}, {self.kind} {self._text(yes)}, {self.kind} {self._text(no)}"
        )


def _polynomial(x: Lanes, coefficients: list[float]) -> Any:
    """c0 + c1 x + c2 x**2 + ..."""
    total: Any = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = x * total + c
    return total


def _parts(x: Lanes) -> tuple[Lanes, Lanes]:
    """A whole number n, and e**r - 1 where x = n log 2 + r."""
    shifted = x * LOG2_E + ROUNDER
    n = shifted - ROUNDER
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    coefficients = [1.0 / math.factorial(k) for k in range(2, TERMS_OF_EXP + 1)]
    return shifted.bits() - _bits_of(ROUNDER), r + r * r * _polynomial(r, coefficients)


def _power(n: Lanes) -> Lanes:
    """2**n"""
    return ((n + 1023) << 52).from_bits()


def exp(x: Lanes) -> Lanes:
    """e**x"""
    near = x.where("olt", -746.0, -746.0, x)
    near = near.where("ogt", 710.0, 710.0, near)
    n, e = _parts(near)
    half = n >> 1  # 2**n itself may overflow or be subnormal
    return x.where("uno", x, x, (1.0 + e) * _power(half) * _power(n - half))


def expm1(x: Lanes) -> Lanes:
    """e**x - 1"""
    near = x.where("olt", -50.0, -50.0, x)
    near = near.where("ogt", 50.0, 50.0, near)
    n, e = _parts(near)
    power = _power(n)
    out = power * e + (power - 1.0)
    out = x.where("ogt", 40.0, exp(x), out)
    return x.where("ueq", 0.0, x, out)  # the sign of 0, and nan


def log(x: Lanes) -> Lanes:
    """The natural logarithm"""
    normal = x.where("olt", 2.0**-1022, x * 2.0**54, x)
    lost = x.where("olt", 2.0**-1022, 54.0, 0.0)
    bits = normal.bits()
    n = (bits - _bits_of(math.sqrt(0.5))) >> 52
    f = (bits - (n << 52)).from_bits() - 1.0
    k = n.number() - lost
    s = f / (f + 2.0)
    z = s * s
    series = z * _polynomial(z, [2.0 / (2 * j + 3) for j in range(TERMS_OF_LOG)])
    half = 0.5 * f * f
    out = k * LN2_HIGH - ((half - (s * (half + series) + k * LN2_LOW)) - f)
    out = x.where("oeq", math.inf, math.inf, out)
    out = x.where("ult", 0.0, math.nan, out)
    return x.where("oeq", 0.0, -math.inf, out)


def log1p(x: Lanes) -> Lanes:
    """log(1 + x)"""
    u = x + 1.0
    lost = x.where("ogt", 1.0, 1.0 - (u - x), x - (u - 1.0))
    logarithm = log(u)
    out = logarithm + lost / u
    out = u.where("oeq", math.inf, u, out)
    out = u.where("oeq", 0.0, -math.inf, out)
    return u.where("oeq", 1.0, x, out)


def tanh(x: Lanes) -> Lanes:
    """(e**x - e**-x) / (e**x + e**-x)"""
    size = x.where("olt", 0.0, -x, x)
    t = expm1(size * -2.0)
    out = -t / (t + 2.0)
    out = x.where("olt", 0.0, -out, out)
    return x.where("ueq", 0.0, x, out)


def _bits_of(x: float) -> int:
    return int(struct.unpack("<q", struct.pack("<d", x))[0])


FUNCTIONS: dict[str, Callable[[Lanes], Lanes]] = {
    function.__name__: function for function in (exp, expm1, log, log1p, tanh)
}
