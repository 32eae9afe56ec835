"""What learners write where something else was meant: the tables that `rules` tries.

It uses `math` alone. An expression is compared as a number at each of the sample points. So an entry is a
text and a function that computes what the text says.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Expression = tuple[str, "Callable[[float], float]"]
"""How it is written, with {} for its argument, and how it is computed."""


def sigmoid(x: float) -> float:
    """1 / (1 + e**-x)"""
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))


FACTORS: tuple[Expression, ...] = (
    ("{}", lambda t: t),
    ("(1 - {})", lambda t: 1.0 - t),
    ("(1 + {})", lambda t: 1.0 + t),
    ("(1 - {}**2)", lambda t: 1.0 - t * t),
    ("(1 + {}**2)", lambda t: 1.0 + t * t),
    ("exp({})", math.exp),
    ("log({})", math.log),
    ("log|{}|", lambda t: math.log(abs(t))),
    ("sigmoid({})", sigmoid),
    ("(1 + exp({}))", lambda t: 1.0 + math.exp(t)),
    ("(1 + exp(-{}))", lambda t: 1.0 + math.exp(-t)),
    ("exp(-{}**2)", lambda t: math.exp(-t * t)),
    ("exp(-{}**2/2)", lambda t: math.exp(-0.5 * t * t)),
    ("sin({})", math.sin),
    ("cos({})", math.cos),
    ("sinh({})", math.sinh),
    ("cosh({})", math.cosh),
    ("tanh({})", math.tanh),
    ("(1 + |{}|)", lambda t: 1.0 + abs(t)),
    ("sign({})", lambda t: math.copysign(1.0, t)),
    ("({}**2 - 1)", lambda t: t * t - 1.0),
    ("(2 - {})", lambda t: 2.0 - t),
    ("(2 + {})", lambda t: 2.0 + t),
    ("(1 + log({}))", lambda t: 1.0 + math.log(t)),
    ("erf({})", math.erf),
    ("atan({})", math.atan),
)
"""The factors that learners most often add or forget. Powers of them are tried."""

POWERS = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 4.0, -4.0)

PLAIN: tuple[Expression, ...] = (
    ("{}", lambda t: t),
    ("-{}", lambda t: -t),
    ("{}**2", lambda t: t * t),
    ("2*{}", lambda t: 2.0 * t),
    ("1/{}", lambda t: 1.0 / t),
    ("-1/{}", lambda t: -1.0 / t),
    ("1/{}**2", lambda t: 1.0 / (t * t)),
    ("1 - {}", lambda t: 1.0 - t),
    ("1 + {}", lambda t: 1.0 + t),
    ("1/(1 + {})", lambda t: 1.0 / (1.0 + t)),
    ("1/(1 - {})", lambda t: 1.0 / (1.0 - t)),
    ("1 - {}**2", lambda t: 1.0 - t * t),
    ("1 + {}**2", lambda t: 1.0 + t * t),
    ("sqrt({})", math.sqrt),
    ("1/sqrt({})", lambda t: 1.0 / math.sqrt(t)),
    ("exp({})", math.exp),
    ("log({})", math.log),
)
"""What is written for a partial derivative and is no derivative at all."""

IN_THE_OUTPUT: tuple[Expression, ...] = (
    ("{}", lambda t: t),
    ("1 - {}**2", lambda t: 1.0 - t * t),
    ("1 + {}**2", lambda t: 1.0 + t * t),
    ("{}*(1 - {})", lambda t: t * (1.0 - t)),
    ("1 - {}", lambda t: 1.0 - t),
    ("1 + {}", lambda t: 1.0 + t),
    ("-{}", lambda t: -t),
    ("1/{}", lambda t: 1.0 / t),
    ("1/{}**2", lambda t: 1.0 / (t * t)),
    ("{}**2", lambda t: t * t),
    ("-{}**2", lambda t: -t * t),
    ("{}**3", lambda t: t**3),
    ("1 - exp(-{})", lambda t: 1.0 - math.exp(-t)),
    ("sqrt({}**2 + 1)", lambda t: math.sqrt(t * t + 1.0)),
    ("sqrt({}**2 - 1)", lambda t: math.sqrt(t * t - 1.0)),
    ("(1 - |{}|)**2", lambda t: (1.0 - abs(t)) ** 2),
    ("exp(-{})", lambda t: math.exp(-t)),
    ("cos({})", math.cos),
)
"""Derivatives that are commonly written in terms of the output, without their constant factor."""

ONE_OPERAND: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("exp(x)", math.exp),
    ("2**x", lambda x: math.log(2.0) * 2.0**x),
    ("exp(-x)", lambda x: -math.exp(-x)),
    ("log(x)", lambda x: 1.0 / x),
    ("log(1 + x)", lambda x: 1.0 / (1.0 + x)),
    ("sin(x)", math.cos),
    ("cos(x)", lambda x: -math.sin(x)),
    ("tan(x)", lambda x: 1.0 / math.cos(x) ** 2),
    ("asin(x)", lambda x: 1.0 / math.sqrt(1.0 - x * x)),
    ("acos(x)", lambda x: -1.0 / math.sqrt(1.0 - x * x)),
    ("atan(x)", lambda x: 1.0 / (1.0 + x * x)),
    ("sinh(x)", math.cosh),
    ("cosh(x)", math.sinh),
    ("tanh(x)", lambda x: 1.0 / math.cosh(x) ** 2),
    ("asinh(x)", lambda x: 1.0 / math.sqrt(1.0 + x * x)),
    ("acosh(x)", lambda x: 1.0 / math.sqrt(x * x - 1.0)),
    ("atanh(x)", lambda x: 1.0 / (1.0 - x * x)),
    ("sigmoid(x)", lambda x: sigmoid(x) * sigmoid(-x)),
    ("softplus(x)", sigmoid),
    ("silu(x)", lambda x: sigmoid(x) * (1.0 + x * sigmoid(-x))),
    ("softsign(x)", lambda x: 1.0 / (1.0 + abs(x)) ** 2),
    ("erf(x)", lambda x: 2.0 / math.sqrt(math.pi) * math.exp(-x * x)),
    ("sqrt(x)", lambda x: 0.5 / math.sqrt(x)),
    ("x**(1/3)", lambda x: abs(x) ** (-2.0 / 3.0) / 3.0),
    ("1/x", lambda x: -1.0 / (x * x)),
    ("1/x**2", lambda x: -2.0 / x**3),
    ("x**2", lambda x: 2.0 * x),
    ("x**3", lambda x: 3.0 * x * x),
    ("x**4", lambda x: 4.0 * x**3),
    ("|x|", lambda x: math.copysign(1.0, x)),
    ("relu(x)", lambda x: 1.0 if x > 0.0 else 0.0),
    ("x*exp(x)", lambda x: (1.0 + x) * math.exp(x)),
    ("x*log(x)", lambda x: 1.0 + math.log(x)),
    ("exp(-x**2)", lambda x: -2.0 * x * math.exp(-x * x)),
    ("exp(-x**2/2)", lambda x: -x * math.exp(-0.5 * x * x)),
    ("sin(x)**2", lambda x: math.sin(2.0 * x)),
)
"""Functions of one number, and their derivatives."""


def _power(a: float, b: float) -> tuple[float, float]:
    return b * a ** (b - 1.0), a**b * math.log(a)


def _hypot(a: float, b: float) -> tuple[float, float]:
    return a / math.hypot(a, b), b / math.hypot(a, b)


def _atan2(a: float, b: float) -> tuple[float, float]:
    return b / (a * a + b * b), -a / (a * a + b * b)


TWO_OPERANDS: tuple[tuple[str, Callable[[float, float], tuple[float, float]]], ...] = (
    ("a - b", lambda a, b: (1.0, -1.0)),
    ("b - a", lambda a, b: (-1.0, 1.0)),
    ("a * b", lambda a, b: (b, a)),
    ("a / b", lambda a, b: (1.0 / b, -a / (b * b))),
    ("b / a", lambda a, b: (-b / (a * a), 1.0 / a)),
    ("a ** b", _power),
    ("b ** a", lambda a, b: _power(b, a)[::-1]),
    ("max(a, b)", lambda a, b: (float(a > b), float(b > a))),
    ("min(a, b)", lambda a, b: (float(a < b), float(b < a))),
    ("hypot(a, b)", _hypot),
    ("atan2(a, b)", _atan2),
    ("atan2(b, a)", lambda a, b: _atan2(b, a)[::-1]),
    ("log(exp(a) + exp(b))", lambda a, b: (sigmoid(a - b), sigmoid(b - a))),
    ("(a - b)**2", lambda a, b: (2.0 * (a - b), 2.0 * (b - a))),
    ("|a - b|", lambda a, b: (math.copysign(1.0, a - b), math.copysign(1.0, b - a))),
    ("a**2 + b**2", lambda a, b: (2.0 * a, 2.0 * b)),
)
"""Functions of two numbers, and their two partial derivatives."""

ELSEWHERE: tuple[Expression, ...] = (
    ("2*{}", lambda t: 2.0 * t),
    ("{}/2", lambda t: 0.5 * t),
    ("3*{}", lambda t: 3.0 * t),
    ("{}/3", lambda t: t / 3.0),
    ("{} * pi/180", math.radians),
    ("{} * 180/pi", math.degrees),
    ("{} + 1", lambda t: t + 1.0),
    ("{} - 1", lambda t: t - 1.0),
    ("1 - {}", lambda t: 1.0 - t),
    ("{}**2", lambda t: t * t),
    ("sqrt({})", math.sqrt),
    ("1/{}", lambda t: 1.0 / t),
    ("exp({})", math.exp),
    ("log({})", math.log),
)
"""Numbers that are put into a derivative in place of the input; the likeliest first."""

NAMED_CONSTANTS: tuple[tuple[str, float], ...] = (
    ("ln 2", math.log(2.0)),
    ("1/ln 2", 1.0 / math.log(2.0)),
    ("ln 10", math.log(10.0)),
    ("1/ln 10", 1.0 / math.log(10.0)),
    ("(ln 2)**2", math.log(2.0) ** 2),
    ("1/(ln 2)**2", 1.0 / math.log(2.0) ** 2),
    ("(ln 10)**2", math.log(10.0) ** 2),
    ("1/(ln 10)**2", 1.0 / math.log(10.0) ** 2),
    ("pi", math.pi),
    ("1/pi", 1.0 / math.pi),
    ("e", math.e),
    ("1/e", 1.0 / math.e),
    ("sqrt(2)", math.sqrt(2.0)),
    ("1/sqrt(2)", math.sqrt(0.5)),
    ("sqrt(pi)", math.sqrt(math.pi)),
    ("1/sqrt(pi)", 1.0 / math.sqrt(math.pi)),
    ("2/sqrt(pi)", 2.0 / math.sqrt(math.pi)),
    ("sqrt(pi)/2", 0.5 * math.sqrt(math.pi)),
    ("sqrt(2 pi)", math.sqrt(2.0 * math.pi)),
    ("1/sqrt(2 pi)", 1.0 / math.sqrt(2.0 * math.pi)),
    ("2 pi", 2.0 * math.pi),
    ("1/(2 pi)", 0.5 / math.pi),
    ("pi/2", 0.5 * math.pi),
    ("sqrt(pi/2)", math.sqrt(0.5 * math.pi)),
    ("sqrt(2/pi)", math.sqrt(2.0 / math.pi)),
    ("pi/180", math.pi / 180.0),
    ("180/pi", 180.0 / math.pi),
)


def constant_named(c: float, slack: float = 1e-5) -> str:
    """A number as a person would write it: 0.5, 1/3, ln 10."""

    def meant(x: float) -> bool:
        return abs(abs(c) - x) <= slack * x

    sign = "-" if c < 0.0 else ""
    for denominator in range(1, 13):
        numerator = round(abs(c) * denominator)
        if 0 < numerator < 1000 and meant(numerator / denominator):
            if denominator == 1:
                return f"{sign}{numerator}"
            if denominator in (2, 4, 5, 8, 10):
                return f"{sign}{numerator / denominator:g}"
            return f"{sign}{numerator}/{denominator}"
    for name, value in NAMED_CONSTANTS:
        if meant(value):
            return f"{sign}{value:.7g} = {sign}{name}"
    return f"{c:.7g}"
