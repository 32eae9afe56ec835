"""Does diagnose name the mistake? What it must reach, for rules, engines and optimizers.

    python -m tests.bench.diagnose_bars [--quick]

LISTED are mistakes that real learners make, collected from public threads, courses and clones.
UNSEEN, LATER and LAST are more, on other functions; the heuristics grew between one batch and the next.
FRESH are those written down when diagnose was finished: nothing was changed for them.
CORRECT are right rules: none of them may be called wrong at any seed.
"""

from __future__ import annotations

import argparse
import math
import time
from math import cos, exp, log, sin, sqrt, tanh
from typing import Any, NamedTuple

from microgd.check.diagnosis import Diagnosis
from microgd.check.engines import diagnose_engine
from microgd.check.optimizers import diagnose_optimizer, diagnose_training
from microgd.check.rules import diagnose

from . import mistaken_engines as written
from .fresh_mistakes import FRESH


class Mistake(NamedTuple):
    name: str
    f: Any
    rule: Any
    keys: tuple[str, ...]
    inputs: tuple[int, ...] | None = None


def sigmoid(x):
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def relu(x):
    return max(x, 0.0)


def leaky(x):
    return x if x > 0 else 0.01 * x


def softplus(x):
    return math.log1p(exp(-abs(x))) + max(x, 0.0)


def square(x):
    return x * x


def mul(a, b):
    return a * b


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def div(a, b):
    return a / b


def power(a, b):
    return a**b


def mean(*xs):
    return sum(xs) / len(xs)


TARGET = (0.7, -1.3, 2.2)


def mse(*ps):
    return sum((p - t) ** 2 for p, t in zip(ps, TARGET, strict=True)) / 3


def softmax(*xs):
    top = max(xs)
    odds = [exp(x - top) for x in xs]
    return [o / sum(odds) for o in odds]


def logsumexp(*xs):
    top = max(xs)
    return top + log(sum(exp(x - top) for x in xs))


def cross_entropy(*xs):
    return logsumexp(*xs) - xs[1]


ROWS = (0.4, -1.7, 2.6)


def biased(b):
    return [row + b for row in ROWS]


def linear(w):
    return [row * w for row in ROWS]


def dot(g, xs):
    return sum(a * b for a, b in zip(g, xs, strict=True))


LISTED = [
    Mistake("square-no-2", square, lambda x, out, g: x * g, ("ratio",)),
    Mistake("square-no-g", square, lambda x, out, g: 2 * x, ("missing_upstream",)),
    Mistake("pown-no-lower", lambda x: x**3, lambda x, out, g: 3 * x**3 * g, ("extra_factor",)),
    Mistake("recip-no-square", lambda x: 1 / x, lambda x, out, g: -1 / x * g, ("extra_factor",)),
    Mistake("neg-plus", lambda x: -x, lambda x, out, g: g, ("sign",)),
    Mistake("exp-power-rule", exp, lambda x, out, g: x * exp(x - 1) * g, ("extra_factor",)),
    Mistake("log-x", log, lambda x, out, g: x * g,
            ("inverted", "not_the_derivative", "extra_factor")),
    Mistake("log10-no-ln10", math.log10, lambda x, out, g: g / x, ("ratio", "other_rule")),
    Mistake("sqrt-mul", sqrt, lambda x, out, g: 0.5 * out * g, ("extra_factor", "inverted")),
    Mistake("sin-sign", sin, lambda x, out, g: -cos(x) * g, ("sign",)),
    Mistake("sin-at-out", sin, lambda x, out, g: cos(out) * g, ("at_output",)),
    Mistake("tan-x", math.tan, lambda x, out, g: (1 + x**2) * g, ("at_input",)),
    Mistake("tanh-no-square", tanh, lambda x, out, g: (1 - out) * g,
            ("extra_factor", "not_the_derivative")),
    Mistake("tanh-twice", tanh, lambda x, out, g: (1 - tanh(out) ** 2) * g, ("at_output",)),
    Mistake("sigmoid-no-1-s", sigmoid, lambda x, out, g: out * g,
            ("extra_factor", "not_the_derivative")),
    Mistake("sigmoid-twice", sigmoid, lambda x, out, g: sigmoid(out) * (1 - sigmoid(out)) * g,
            ("at_output",)),
    Mistake("sigmoid-plus", sigmoid, lambda x, out, g: out * (1 + out) * g, ("extra_factor",)),
    Mistake("relu-no-g", relu, lambda x, out, g: float(x > 0), ("missing_upstream",)),
    Mistake("relu-inverted", relu, lambda x, out, g: (x < 0) * g,
            ("at_negated_input", "wrong_branch")),
    Mistake("leaky-zero", leaky, lambda x, out, g: (x > 0) * g, ("wrong_branch",)),
    Mistake("abs-no-sign", abs, lambda x, out, g: g, ("pass_through", "wrong_branch")),
    Mistake("softplus-minus", softplus, lambda x, out, g: g / (1 + exp(x)), ("at_negated_input",)),
    Mistake("xexp-half", lambda x: x * exp(x), lambda x, out, g: x * exp(x) * g,
            ("not_the_derivative", "missing_term", "extra_factor")),
    Mistake("atan-no-square", math.atan, lambda x, out, g: g / (1 + x),
            ("extra_factor", "not_the_derivative")),
    Mistake("minus-eq", square, lambda x, out, g: -2 * x * g, ("sign",)),
    Mistake("mul-no-g", mul, lambda a, b, out, g: (b, a), ("missing_upstream",), (0, 1)),
    Mistake("mul-one-arg", mul, lambda a, b, out, g: (b * g, 0.0), ("zero",), (1,)),
    Mistake("add-one-arg", add, lambda a, b, out, g: (g, 0.0), ("zero",), (1,)),
    Mistake("sub-reversed", sub, lambda a, b, out, g: (-g, g), ("swapped_inputs", "sign"), (0, 1)),
    Mistake("div-no-square", div, lambda a, b, out, g: (g / b, -a / b * g), ("extra_factor",), (1,)),
    Mistake("div-mul", div, lambda a, b, out, g: (b * g, -a / b**2 * g),
            ("inverted", "extra_factor", "not_the_derivative"), (0,)),
    Mistake("pow-log-wrong", power,
            lambda a, b, out, g: (b * a ** (b - 1) * g, out * log(abs(b)) * g), ("extra_factor",),
            (1,)),
    Mistake("pow-no-b", power, lambda a, b, out, g: (b * a ** (b - 1) * g, 0.0), ("zero",), (1,)),
    Mistake("pow-reversed", power,
            lambda a, b, out, g: (abs(b) ** a * log(abs(b)) * g, a * abs(b) ** (a - 1) * g),
            ("other_rule",), (0, 1)),
    Mistake("max-loser", max, lambda a, b, out, g: ((a < b) * g, (b < a) * g),
            ("swapped_inputs", "other_rule"), (0, 1)),
    Mistake("mean-no-n", mean, lambda a, b, c, out, g: (g, g, g), ("ratio", "pass_through")),
    Mistake("mse-no-n", mse,
            lambda a, b, c, out, g: [2 * (p - t) * g for p, t in zip((a, b, c), TARGET, strict=True)],
            ("ratio",)),
    Mistake("mse-sign", mse,
            lambda a, b, c, out, g: [
                2 * (t - p) / 3 * g for p, t in zip((a, b, c), TARGET, strict=True)
            ], ("sign",)),
    Mistake("softmax-diag", softmax,
            lambda a, b, c, out, g: [p * (1 - p) * u for p, u in zip(out, g, strict=True)],
            ("diagonal_only",)),
    Mistake("softmax-p", softmax,
            lambda a, b, c, out, g: [p * u for p, u in zip(out, g, strict=True)],
            ("missing_term",)),
    Mistake("ce-sign", cross_entropy,
            lambda a, b, c, out, g: [
                ((k == 1) - p) * g for k, p in enumerate(softmax(a, b, c))
            ], ("sign",)),
    Mistake("lse-unnormalised", logsumexp,
            lambda a, b, c, out, g: [exp(x) * g for x in (a, b, c)], ("extra_factor",)),
    Mistake("bias-last", biased, lambda b, out, g: g[-1], ("only_last_use",)),
    Mistake("bias-mean", biased, lambda b, out, g: sum(g) / 3, ("ratio",)),
    Mistake("linear-no-x", linear, lambda w, out, g: sum(g), ("pass_through",)),
]  # fmt: skip


def silu(x):
    return x * sigmoid(x)


def elu(x):
    return x if x > 0 else math.expm1(x)


def norm(a, b, c):
    return sqrt(a * a + b * b + c * c)


def pairs(a, b, c, d):
    return a * b + c * d


def variance(*xs):
    return sum((x - mean(*xs)) ** 2 for x in xs) / len(xs)


def log_softmax(*xs):
    total = logsumexp(*xs)
    return [x - total for x in xs]


def running_sum(a, b, c):
    return [a, a + b, a + b + c]


def huber(x):
    return 0.5 * x * x if abs(x) < 1 else abs(x) - 0.5


def normal(x):
    return 0.5 * math.erfc(-x / sqrt(2))


UNSEEN = [
    Mistake("silu: one term", silu, lambda x, out, g: sigmoid(x) * g,
            ("missing_term", "extra_factor", "other_rule")),
    Mistake("elu: exp everywhere", elu, lambda x, out, g: exp(x) * g, ("wrong_branch",)),
    Mistake("hypot: not divided", math.hypot, lambda a, b, out, g: (a * g, b * g),
            ("extra_factor", "not_the_derivative"), (0, 1)),
    Mistake("atan2: exchanged", math.atan2,
            lambda y, x, out, g: (-y / (x * x + y * y) * g, x / (x * x + y * y) * g),
            ("swapped_inputs",), (0, 1)),
    Mistake("asin: plus", math.asin, lambda x, out, g: g / sqrt(1 + x * x),
            ("other_rule", "extra_factor")),
    Mistake("acos: no minus", math.acos, lambda x, out, g: g / sqrt(1 - x * x), ("sign",)),
    Mistake("cosh: itself", math.cosh, lambda x, out, g: out * g,
            ("not_the_derivative", "extra_factor")),
    Mistake("log1p: 1/x", math.log1p, lambda x, out, g: g / x,
            ("not_the_derivative", "other_rule", "extra_factor")),
    Mistake("cbrt: multiplied", math.cbrt, lambda x, out, g: out**2 / 3 * g,
            ("inverted", "extra_factor")),
    Mistake("erf: no 2/sqrt(pi)", math.erf, lambda x, out, g: exp(-x * x) * g, ("ratio",)),
    Mistake("softsign: no square", lambda x: x / (1 + abs(x)), lambda x, out, g: g / (1 + abs(x)),
            ("extra_factor", "missing_term")),
    Mistake("clamp: always g", lambda x: min(max(x, -1.0), 1.0), lambda x, out, g: g,
            ("wrong_branch", "pass_through")),
    Mistake("min: g to both", min, lambda a, b, out, g: (g, g), ("pass_through", "wrong_branch")),
    Mistake("norm: not divided", norm, lambda a, b, c, out, g: (a * g, b * g, c * g),
            ("extra_factor", "not_the_derivative"), (0, 1, 2)),
    Mistake("pairs: c gets c", pairs, lambda a, b, c, d, out, g: (b * g, a * g, c * g, d * g),
            ("swapped_inputs", "not_the_derivative", "extra_factor"), (2, 3)),
    Mistake("variance: no 1/n", variance,
            lambda a, b, c, out, g: [2 * (x - (a + b + c) / 3) * g for x in (a, b, c)], ("ratio",)),
    Mistake("log_softmax: diagonal", log_softmax,
            lambda a, b, c, out, g: [(1 - exp(y)) * u for y, u in zip(out, g, strict=True)],
            ("diagonal_only",)),
    Mistake("log_softmax: g", log_softmax, lambda a, b, c, out, g: list(g),
            ("pass_through", "missing_term")),
    Mistake("running sum: g", running_sum, lambda a, b, c, out, g: list(g),
            ("diagonal_only", "only_first_use", "pass_through"), (0, 1)),
    Mistake("huber: not cut off", huber, lambda x, out, g: x * g, ("wrong_branch",)),
    Mistake("-log: no minus", lambda p: -log(p), lambda p, out, g: g / p, ("sign",)),
    Mistake("prod: out", lambda a, b, c: a * b * c, lambda a, b, c, out, g: [out * g] * 3,
            ("extra_factor", "not_the_derivative"), (0, 1, 2)),
    Mistake("x**x: power rule", lambda x: x**x, lambda x, out, g: x * x ** (x - 1) * g,
            ("not_the_derivative", "missing_term", "extra_factor")),
    Mistake("exp(-x*x): out", lambda x: exp(-x * x), lambda x, out, g: out * g,
            ("extra_factor", "not_the_derivative")),
    Mistake("logaddexp: exp", lambda a, b: logsumexp(a, b),
            lambda a, b, out, g: (exp(a) * g, exp(b) * g), ("extra_factor", "not_the_derivative")),
    Mistake("sin cos: plus", lambda x: sin(x) * cos(x),
            lambda x, out, g: (cos(x) ** 2 + sin(x) ** 2) * g,
            ("missing_term", "pass_through", "not_the_derivative")),
    Mistake("relu: mask of g", relu, lambda x, out, g: (g > 0) * g * (x > 0), ("gate_on_upstream",)),
    Mistake("square: g twice", square, lambda x, out, g: 2 * x * g * g, ("upstream_twice",)),
    Mistake("tanh: plus 0.1", tanh, lambda x, out, g: (1 - out**2) * g + 0.1, ("offset",)),
    Mistake("atan: g clipped", math.atan,
            lambda x, out, g: max(-1.0, min(1.0, g)) / (1 + x * x), ("not_linear",)),
    Mistake("scale: first row", linear, lambda w, out, g: g[0] * ROWS[0], ("only_first_use",)),
    Mistake("sigmoid: x", sigmoid, lambda x, out, g: x * (1 - x) * g, ("at_input",)),
    Mistake("expm1: exp(out)", math.expm1, lambda x, out, g: exp(out) * g, ("at_output",)),
    Mistake("exp2: no ln 2", math.exp2, lambda x, out, g: out * g, ("ratio",)),
    Mistake("div: exchanged", div, lambda a, b, out, g: (-a / b**2 * g, g / b), ("swapped_inputs",)),
    Mistake("leaky: other side", leaky, lambda x, out, g: (0.01 if x > 0 else 1.0) * g,
            ("at_negated_input", "wrong_branch")),
    Mistake("atanh: plus", math.atanh, lambda x, out, g: g / (1 + x * x),
            ("extra_factor", "other_rule")),
    Mistake("1/(1+x*x): no 2x", lambda x: 1 / (1 + x * x), lambda x, out, g: -g / (1 + x * x) ** 2,
            ("extra_factor",)),
    Mistake("gelu: one term", lambda x: x * normal(x), lambda x, out, g: normal(x) * g,
            ("missing_term", "other_rule")),
    Mistake("sqrt: no half", sqrt, lambda x, out, g: g / out, ("ratio",)),
]  # fmt: skip
"""On functions that are not in the list. At their first run 40 of 40 were caught and 36 named (90 %);
the four that were not: min with g to both, scale with the first row, expm1 at out, gelu with one term.
"""


def hinge(x):
    return max(0.0, 1.0 - x)


def relu6(x):
    return min(max(x, 0.0), 6.0)


def hardswish(x):
    return x * relu6(x + 3) / 6


def bce_with_logits(x):
    return softplus(x) - 0.3 * x


def cosine(a, b, c, d):
    return (a * c + b * d) / (math.hypot(a, b) * math.hypot(c, d))


def matvec(a, b, c, d):
    return [a * 0.7 + b * -1.9, c * 0.7 + d * -1.9]


def normalised(a, b, c):
    total = a * a + b * b + c * c
    return [x / sqrt(total) for x in (a, b, c)]


def polynomial(x):
    return 3 * x**3 - 4 * x**2 + 5 * x


LATER = [
    Mistake("rsqrt: plus", lambda x: x**-0.5, lambda x, out, g: 0.5 * x**-1.5 * g, ("sign",)),
    Mistake("rsqrt: exponent -0.5", lambda x: x**-0.5, lambda x, out, g: -0.5 * x**-0.5 * g,
            ("extra_factor", "not_the_derivative")),
    Mistake("polynomial: one term", polynomial, lambda x, out, g: (9 * x**2 - 8 * x) * g,
            ("missing_term",)),
    Mistake("polynomial: sign of a term", polynomial,
            lambda x, out, g: (9 * x**2 + 8 * x + 5) * g, ("missing_term", "at_negated_input")),
    Mistake("hinge: sign", hinge, lambda x, out, g: (x < 1) * g, ("sign",)),
    Mistake("hinge: no mask", hinge, lambda x, out, g: -g, ("wrong_branch",)),
    Mistake("relu6: relu's", relu6, lambda x, out, g: (x > 0) * g, ("wrong_branch", "other_rule")),
    Mistake("hardswish: middle", hardswish, lambda x, out, g: relu6(x + 3) / 6 * g,
            ("wrong_branch", "missing_term", "extra_factor")),
    Mistake("bce: sigmoid alone", bce_with_logits, lambda x, out, g: sigmoid(x) * g,
            ("missing_term", "other_rule", "offset")),
    Mistake("bce: target minus p", bce_with_logits, lambda x, out, g: (0.3 - sigmoid(x)) * g,
            ("sign",)),
    Mistake("cosine: not normalised", cosine,
            lambda a, b, c, d, out, g: [y * g / (math.hypot(a, b) * math.hypot(c, d))
                                        for y in (c, d, a, b)], ("missing_term",)),
    Mistake("matvec: first row", matvec,
            lambda a, b, c, d, out, g: [0.7 * g[0], -1.9 * g[0], 0.7 * g[0], -1.9 * g[0]],
            ("one_input", "swapped_inputs"), (2, 3)),
    Mistake("matvec: exchanged", matvec,
            lambda a, b, c, d, out, g: [-1.9 * g[0], 0.7 * g[0], -1.9 * g[1], 0.7 * g[1]],
            ("swapped_inputs", "ratio"), (0, 1, 2, 3)),
    Mistake("normalised: no projection", normalised,
            lambda a, b, c, out, g: [u / sqrt(a * a + b * b + c * c) for u in g],
            ("missing_term",)),
    Mistake("sin(x*x): no inner", lambda x: sin(x * x), lambda x, out, g: cos(x * x) * g,
            ("extra_factor",)),
    Mistake("sin(x*x): cos(x)", lambda x: sin(x * x), lambda x, out, g: 2 * x * cos(x) * g,
            ("extra_factor", "not_the_derivative")),
    Mistake("exp(3x): no 3", lambda x: exp(3 * x), lambda x, out, g: out * g, ("ratio",)),
    Mistake("log(x*x): 1/x", lambda x: log(x * x), lambda x, out, g: g / x, ("ratio", "other_rule")),
    Mistake("x log x: log", lambda x: x * log(x), lambda x, out, g: log(x) * g,
            ("missing_term", "not_the_derivative")),
    Mistake("x sin x: one term", lambda x: x * sin(x), lambda x, out, g: x * cos(x) * g,
            ("missing_term",)),
    Mistake("tanh: out**2", tanh, lambda x, out, g: out**2 * g,
            ("missing_term", "not_the_derivative", "extra_factor")),
    Mistake("tanh: 1-x*x", tanh, lambda x, out, g: (1 - x * x) * g, ("at_input",)),
    Mistake("sigmoid: plus sign", sigmoid, lambda x, out, g: -out * (1 - out) * g, ("sign",)),
    Mistake("softmax: only first", softmax,
            lambda a, b, c, out, g: [out[0] * (g[0] - dot(g, out)), 0.0, 0.0], ("zero",), (1, 2)),
    Mistake("logsumexp: out", logsumexp, lambda a, b, c, out, g: [g / 3] * 3,
            ("not_the_derivative", "pass_through", "other_rule")),
    Mistake("mse: abs", mse, lambda a, b, c, out, g: [
        2 * abs(p - t) / 3 * g for p, t in zip((a, b, c), TARGET, strict=True)],
            ("wrong_branch",)),
    Mistake("mse: no square's 2", mse, lambda a, b, c, out, g: [
        (p - t) / 3 * g for p, t in zip((a, b, c), TARGET, strict=True)], ("ratio",)),
    Mistake("abs: relu's", abs, lambda x, out, g: (x > 0) * g, ("wrong_branch", "other_rule")),
    Mistake("sub: both plus", sub, lambda a, b, out, g: (g, g), ("sign",), (1,)),
    Mistake("pow: exponent's power rule", power, lambda a, b, out, g: (
        b * a ** (b - 1) * g, a * b ** (a - 1) * g if b > 0 else 0.0),
            ("other_rule", "extra_factor", "missing_term"), (1,)),
    Mistake("max: half to each", max, lambda a, b, out, g: (g / 2, g / 2),
            ("not_the_derivative", "wrong_branch", "pass_through", "ratio")),
    Mistake("div: a/b**2 without minus", div, lambda a, b, out, g: (g / b, a / b**2 * g),
            ("sign",), (1,)),
    Mistake("mean: n twice", mean, lambda a, b, c, out, g: [g / 9] * 3, ("ratio",)),
    Mistake("g added", tanh, lambda x, out, g: (1 - out**2) + g, ("offset", "not_linear")),
    Mistake("degrees", sin, lambda x, out, g: cos(math.radians(x)) * g, ("extra_factor",)),
]  # fmt: skip
"""A second batch, written after the first had been learnt from. At its first run 35 of 35 were caught and
27 named (77 %); what that run taught is in the heuristics, and keys were added to three entries whose
diagnosis was true, though another than expected (the sign of a term, the first row, cos(x)).
"""


def mish(x):
    return x * tanh(softplus(x))


def gelu_tanh(x):
    return 0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * x**3)))


def soft_threshold(x):
    return math.copysign(max(abs(x) - 0.5, 0.0), x)


def quadratic_form(a, b):
    return 2 * a * a + 3 * a * b - b * b


def harmonic(*xs):
    return len(xs) / sum(1 / x for x in xs)


def geometric(*xs):
    return math.prod(map(abs, xs)) ** (1 / len(xs))


def distance(a, b, c, d):
    return math.hypot(a - c, b - d)


def layernorm(*xs):
    centre = mean(*xs)
    spread = sqrt(sum((x - centre) ** 2 for x in xs) / len(xs))
    return [(x - centre) / spread for x in xs]


def rotated(a, b):
    return [a * cos(0.6) - b * sin(0.6), a * sin(0.6) + b * cos(0.6)]


def convolution(a, b, c):
    return [0.5 * a + 2.5 * b, 0.5 * b + 2.5 * c]


LAST = [
    Mistake("mish: tanh only", mish, lambda x, out, g: tanh(softplus(x)) * g,
            ("missing_term", "extra_factor")),
    Mistake("logsigmoid: sigmoid", lambda x: -softplus(-x), lambda x, out, g: sigmoid(x) * g,
            ("at_negated_input", "other_rule", "extra_factor")),
    Mistake("soft threshold: relu's", soft_threshold, lambda x, out, g: (x > 0.5) * g, ("wrong_branch",)),
    Mistake("quadratic form: half", quadratic_form,
            lambda a, b, out, g: ((4 * a + 3 * b) * g, (3 * a - b) * g), ("missing_term",), (1,)),
    Mistake("harmonic: no square", harmonic,
            lambda a, b, c, out, g: [out / 3 / x * g for x in (a, b, c)],
            ("extra_factor", "not_the_derivative")),
    Mistake("geometric: no 1/n", geometric, lambda a, b, c, out, g: [out / x * g for x in (a, b, c)],
            ("ratio",)),
    Mistake("distance: c like a", distance,
            lambda a, b, c, d, out, g: [(a - c) / out * g, (b - d) / out * g,
                                        (a - c) / out * g, (b - d) / out * g], ("sign",), (2, 3)),
    Mistake("distance: squared", distance,
            lambda a, b, c, d, out, g: [2 * (a - c) * g, 2 * (b - d) * g,
                                        -2 * (a - c) * g, -2 * (b - d) * g],
            ("extra_factor",), (0, 1, 2, 3)),
    Mistake("layernorm: g / spread", layernorm,
            lambda a, b, c, out, g: [u / sqrt(variance(a, b, c)) for u in g], ("missing_term",)),
    Mistake("rotated: not transposed", rotated,
            lambda a, b, out, g: (g[0] * cos(0.6) - g[1] * sin(0.6), g[0] * sin(0.6) + g[1] * cos(0.6)),
            ("missing_term", "sign", "other_rule"), (0, 1)),
    Mistake("rotated: sign of b", rotated,
            lambda a, b, out, g: (g[0] * cos(0.6) + g[1] * sin(0.6), g[0] * sin(0.6) + g[1] * cos(0.6)),
            ("missing_term",), (1,)),
    Mistake("convolution: b once", convolution,
            lambda a, b, c, out, g: (0.5 * g[0], 2.5 * g[0], 2.5 * g[1]),
            ("only_first_use", "diagonal_only", "missing_term"), (1,)),
    Mistake("convolution: b last", convolution,
            lambda a, b, c, out, g: (0.5 * g[0], 0.5 * g[1], 2.5 * g[1]), ("only_last_use", "missing_term"),
            (1,)),
    Mistake("sech: no tanh", lambda x: 1 / math.cosh(x), lambda x, out, g: -out * g,
            ("extra_factor", "not_the_derivative")),
    Mistake("cot: plus", lambda x: 1 / math.tan(x), lambda x, out, g: (1 + out * out) * g, ("sign",)),
    Mistake("asinh: no root", math.asinh, lambda x, out, g: g / (1 + x * x),
            ("extra_factor", "other_rule")),
    Mistake("acosh: plus", math.acosh, lambda x, out, g: g / sqrt(x * x + 1),
            ("other_rule", "extra_factor")),
    Mistake("log2: no ln 2", math.log2, lambda x, out, g: g / x, ("ratio", "other_rule")),
    Mistake("log2: ln 2 above", math.log2, lambda x, out, g: log(2) / x * g, ("ratio",)),
    Mistake("5**x: x 5**(x-1)", lambda x: 5**x, lambda x, out, g: x * 5 ** (x - 1) * g, ("extra_factor",)),
    Mistake("sqrt(1+x*x): 1/(2 out)", lambda x: sqrt(1 + x * x), lambda x, out, g: g / (2 * out),
            ("extra_factor", "not_the_derivative")),
    Mistake("sigmoid: of -x", sigmoid, lambda x, out, g: (1 - out) * g,
            ("extra_factor", "not_the_derivative")),
    Mistake("tanh: sech not squared", tanh, lambda x, out, g: g / math.cosh(x), ("extra_factor",)),
    Mistake("erf: exp(-x)", math.erf, lambda x, out, g: 2 / sqrt(math.pi) * exp(-x) * g,
            ("extra_factor", "not_the_derivative")),
    Mistake("normal cdf: erf's", normal, lambda x, out, g: 2 / sqrt(math.pi) * exp(-x * x) * g,
            ("other_rule",)),
    Mistake("x|x|: 2x", lambda x: x * abs(x), lambda x, out, g: 2 * x * g, ("wrong_branch", "other_rule")),
    Mistake("elu: out alone", elu, lambda x, out, g: (1.0 if x > 0 else out) * g, ("wrong_branch",)),
    Mistake("clamp: zero inside", lambda x: min(max(x, -1.0), 1.0),
            lambda x, out, g: (abs(x) > 1) * g, ("wrong_branch", "at_negated_input", "not_the_derivative")),
    Mistake("mul: own value", mul, lambda a, b, out, g: (a * g, b * g), ("swapped_inputs",), (0, 1)),
    Mistake("mul: out", mul, lambda a, b, out, g: (out * g, out * g),
            ("extra_factor", "not_the_derivative"), (0, 1)),
    Mistake("div: a forgotten", div, lambda a, b, out, g: (g / b, -1 / b**2 * g), ("extra_factor",), (1,)),
    Mistake("sub: b's sign", lambda a, b: a - 2 * b, lambda a, b, out, g: (g, 2 * g), ("sign",), (1,)),
    Mistake("hypot: exchanged", math.hypot, lambda a, b, out, g: (b / out * g, a / out * g),
            ("swapped_inputs",), (0, 1)),
    Mistake("atan2: no square", math.atan2,
            lambda y, x, out, g: (x / math.hypot(x, y) * g, -y / math.hypot(x, y) * g),
            ("extra_factor",), (0, 1)),
    Mistake("min: max's", min, lambda a, b, out, g: ((a > b) * g, (a < b) * g),
            ("swapped_inputs", "other_rule"), (0, 1)),
    Mistake("max of 3: first", max, lambda a, b, c, out, g: (g, 0.0, 0.0),
            ("wrong_branch", "zero", "pass_through", "one_input")),
    Mistake("sum of squares: no 2", lambda *xs: sum(x * x for x in xs),
            lambda a, b, c, out, g: (a * g, b * g, c * g), ("ratio",)),
    Mistake("softmax: p (1 - g)", softmax,
            lambda a, b, c, out, g: [p * (1 - u) for p, u in zip(out, g, strict=True)],
            ("offset", "not_linear")),
    Mistake("cross entropy: p", cross_entropy, lambda a, b, c, out, g: [p * g for p in softmax(a, b, c)],
            ("missing_term",), (1,)),
    Mistake("logsumexp: divided by out", logsumexp,
            lambda a, b, c, out, g: [exp(x) / out * g for x in (a, b, c)],
            ("extra_factor",)),
]  # fmt: skip
"""A third batch, written when the heuristics had learnt from the second. At its first run 40 of 40 were
caught and 37 named (92.5 %); not named were mish, layernorm and the normal distribution.
"""


CORRECT = [
    ("square", square, lambda x, out, g: 2 * x * g),
    ("cube", lambda x: x**3, lambda x, out, g: 3 * x**2 * g),
    ("reciprocal", lambda x: 1 / x, lambda x, out, g: -g / x**2),
    ("neg", lambda x: -x, lambda x, out, g: -g),
    ("exp", exp, lambda x, out, g: out * g),
    ("log", log, lambda x, out, g: g / x),
    ("log10", math.log10, lambda x, out, g: g / (x * 2.302585)),
    ("sqrt", sqrt, lambda x, out, g: 0.5 / out * g),
    ("sin", sin, lambda x, out, g: cos(x) * g),
    ("tan", math.tan, lambda x, out, g: (1 + out**2) * g),
    ("tanh", tanh, lambda x, out, g: (1 - out**2) * g),
    ("sigmoid", sigmoid, lambda x, out, g: out * (1 - out) * g),
    ("relu", relu, lambda x, out, g: (x > 0) * g),
    ("relu by output", relu, lambda x, out, g: g if out > 0 else 0),
    ("leaky", leaky, lambda x, out, g: g if x > 0 else 0.01 * g),
    ("abs", abs, lambda x, out, g: [math.copysign(1, x) * g]),
    ("softplus", softplus, lambda x, out, g: g / (1 + exp(-x))),
    ("x exp x", lambda x: x * exp(x), lambda x, out, g: (1 + x) * exp(x) * g),
    ("atan", math.atan, lambda x, out, g: g / (1 + x * x)),
    ("asin", math.asin, lambda x, out, g: g / sqrt(1 - x * x)),
    ("acosh", math.acosh, lambda x, out, g: g / sqrt(x * x - 1)),
    ("erf", math.erf, lambda x, out, g: 2 / sqrt(math.pi) * exp(-x * x) * g),
    ("floor", math.floor, lambda x, out, g: 0.0),
    ("mul", mul, lambda a, b, out, g: (b * g, a * g)),
    ("add", add, lambda a, b, out, g: [g, g]),
    ("sub", sub, lambda a, b, out, g: (g, -g)),
    ("div", div, lambda a, b, out, g: (g / b, -a / b**2 * g)),
    ("pow", power, lambda a, b, out, g: (b * a ** (b - 1) * g,
                                         out * log(a) * g if a > 0 else math.nan)),
    ("max", max, lambda a, b, out, g: ((a > b) * g, (b > a) * g)),
    ("mean", mean, lambda a, b, c, out, g: (g / 3, g / 3, g / 3)),
    ("mse", mse, lambda a, b, c, out, g: [
        2 * (p - t) / 3 * g for p, t in zip((a, b, c), TARGET, strict=True)]),
    ("softmax", softmax, lambda a, b, c, out, g: [
        p * (u - dot(g, out)) for p, u in zip(out, g, strict=True)]),
    ("cross entropy", cross_entropy, lambda a, b, c, out, g: [
        (p - (k == 1)) * g for k, p in enumerate(softmax(a, b, c))]),
    ("logsumexp", logsumexp, lambda a, b, c, out, g: [exp(x - out) * g for x in (a, b, c)]),
    ("bias", biased, lambda b, out, g: sum(g)),
    ("linear", linear, lambda w, out, g: dot(g, ROWS)),
]  # fmt: skip


def report(name: str, mistakes: list[Mistake], seed: int, show: bool) -> tuple[int, int]:
    caught = named = 0
    slowest = 0.0
    for mistake in mistakes:
        started = time.perf_counter()
        found: Diagnosis = diagnose(mistake.f, mistake.rule, seed=seed)
        slowest = max(slowest, time.perf_counter() - started)
        caught += not found.ok
        right = found.key in mistake.keys and mistake.inputs in (None, found.inputs)
        named += right
        if show or not right:
            print(f"  {'  ' if right else '! '}{mistake.name:<22} {found.key:<20} {found.message}")
    n = len(mistakes)
    print(
        f"{name}, seed {seed}: {caught} of {n} caught, {named} named ({100 * named / n:.1f} %),"
        f" slowest {slowest:.2f} s"
    )
    return caught, named


def engines_and_optimizers(seed: int) -> bool:
    found = {key: diagnose_engine(engine, seed=seed).key for key, engine in written.ENGINES.items()}
    for key, (optimizer, kind, options) in written.OPTIMIZERS.items():
        found[key] = diagnose_optimizer(optimizer, kind, seed=seed, **options).key
    for key, loop in written.LOOPS.items():
        found[f"{key} (loop)"] = diagnose_training(loop, seed=seed, lr=0.1).key
    missed = {asked: key for asked, key in found.items() if key != asked.removesuffix(" (loop)")}
    for asked, key in missed.items():
        print(f"  ! {asked}, seed {seed}: {key}")
    right = [
        diagnose_engine(written.Engine, seed=seed),
        diagnose_optimizer(written.SGD, "sgd", seed, lr=0.1, momentum=0.9, weight_decay=0.1),
        diagnose_optimizer(written.Adam, "adam", seed, lr=0.02, weight_decay=0.1),
        diagnose_training(written.plain_loop, "sgd", seed, lr=0.1),
    ]
    alarms = [diagnosis.message for diagnosis in right if not diagnosis.ok]
    print(
        f"engines, optimizers and loops, seed {seed}: {len(found) - len(missed)} of {len(found)} named;"
        f" {len(alarms)} of {len(right)} right ones called wrong"
    )
    return not alarms and len(missed) <= 0.03 * len(found)


def correct_rules(seeds: int) -> int:
    wrong = 0
    started = time.perf_counter()
    for seed in range(seeds):
        for name, f, rule in CORRECT:
            found = diagnose(f, rule, seed=seed)
            if not found.ok:
                wrong += 1
                print(f"  ! {name}, seed {seed}: {found.key}: {found.message}")
    spent = (time.perf_counter() - started) / (seeds * len(CORRECT))
    print(f"{len(CORRECT)} correct rules, {seeds} seeds: {wrong} called wrong; {1e3 * spent:.0f} ms a rule")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="3 seeds in place of 200")
    parser.add_argument("-v", action="store_true", help="every message")
    given = parser.parse_args()
    fine = True
    for seed in range(1 if given.quick else 10):
        caught, named = report("listed rules", LISTED, seed, given.v)
        fine = fine and caught == len(LISTED) and named >= 0.97 * len(LISTED)
        fine = engines_and_optimizers(seed) and fine
    caught, named = report("unseen rules", UNSEEN, 0, given.v)
    fine = fine and caught == len(UNSEEN) and named >= 0.9 * len(UNSEEN)
    caught, named = report("later rules", LATER, 0, given.v)
    fine = fine and caught == len(LATER) and named >= 0.9 * len(LATER)
    caught, named = report("last rules", LAST, 0, given.v)
    fine = fine and caught == len(LAST) and named >= 0.9 * len(LAST)
    caught, named = report("fresh rules", [Mistake(*row) for row in FRESH], 0, given.v)
    fine = fine and caught == len(FRESH) and named >= 0.9 * len(FRESH)
    fine = correct_rules(3 if given.quick else 200) == 0 and fine
    print("all bars hold" if fine else "A BAR IS MISSED")
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
