"""Mistakes on many functions, with the keys that are true of each.

They are of the kinds that people make: a factor of the chain rule forgotten, a power not lowered, another
branch, a rounded or a wrong constant, degrees for radians, another base, out for x, an input for another.
"""

import math
from math import (
    asinh,
    atan,
    atan2,
    cos,
    cosh,
    erf,
    exp,
    expm1,
    hypot,
    log,
    log1p,
    pi,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

FACTOR = ("extra_factor", "not_the_derivative")
TERM = ("missing_term", "extra_factor")


def sigmoid(x):
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def phi(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def cdf(x):
    return 0.5 * (1 + erf(x / sqrt(2)))


def gelu(x):
    return x * cdf(x)


def silu(x):
    return x * sigmoid(x)


def softplus(x):
    return max(x, 0.0) + log1p(exp(-abs(x)))


def huber(x):
    return 0.5 * x * x if abs(x) < 1 else abs(x) - 0.5


def logaddexp(a, b):
    return max(a, b) + log1p(exp(-abs(a - b)))


def elu(x):
    return x if x > 0 else expm1(x)


def selu(x):
    return 1.0507 * (x if x > 0 else 1.67326 * expm1(x))


def hardsigmoid(x):
    return min(max(x / 6 + 0.5, 0.0), 1.0)


def norm(a, b, c):
    return sqrt(a * a + b * b + c * c)


def entropy(a, b):
    return -(abs(a) * log(abs(a)) + abs(b) * log(abs(b)))


def bce(z):
    return softplus(z) - z


def gelu_tanh(x):
    return 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))


# (name, f, rule, keys, the wrong inputs or None for "not looked at")
MORE = [
    ("sigmoid(2x): no 2", lambda x: sigmoid(2 * x), lambda x, out, g: out * (1 - out) * g, ("ratio",),
     None),
    ("sigmoid: s(1-s) of x", sigmoid, lambda x, out, g: x * (1 - x) * g, ("at_input",), None),
    ("sigmoid: s²", sigmoid, lambda x, out, g: out * out * g, FACTOR, None),
    ("sigmoid: 1 - s²", sigmoid, lambda x, out, g: (1 - out**2) * g, (*FACTOR, "other_rule"), None),
    ("tanh: s(1-s)", tanh, lambda x, out, g: out * (1 - out) * g, FACTOR, None),
    ("tanh: sigmoid's of x", tanh, lambda x, out, g: sigmoid(x) * (1 - sigmoid(x)) * g, ("other_rule",),
     None),
    ("tanh: sqrt for square", tanh, lambda x, out, g: sqrt(1 - out * out) * g, ("extra_factor",), None),
    ("gelu: cdf only", gelu, lambda x, out, g: cdf(x) * g, TERM, None),
    ("gelu: no x", gelu, lambda x, out, g: (cdf(x) + phi(x)) * g, TERM, None),
    ("gelu: minus", gelu, lambda x, out, g: (cdf(x) - x * phi(x)) * g, ("missing_term",), None),
    ("gelu: no 1/2 in exp", gelu, lambda x, out, g: (cdf(x) + x * exp(-x * x) / sqrt(2 * pi)) * g,
     TERM, None),
    ("gelu: 1/(2 pi)", gelu, lambda x, out, g: (cdf(x) + x * exp(-x * x / 2) / (2 * pi)) * g,
     ("missing_term",), None),
    ("silu: sigmoid only", silu, lambda x, out, g: sigmoid(x) * g, TERM, None),
    ("silu: out for the rest", silu, lambda x, out, g: out * (1 - sigmoid(x)) * g, TERM, None),
    ("silu: s + x s", silu, lambda x, out, g: (sigmoid(x) + out) * g, TERM, None),
    ("silu: s + s(1-s)", silu, lambda x, out, g: sigmoid(x) * (2 - sigmoid(x)) * g,
     (*TERM, "not_the_derivative"), None),
    ("softplus: exp only", softplus, lambda x, out, g: exp(x) * g, FACTOR, None),
    ("softplus: log kept", softplus, lambda x, out, g: g / (1 + exp(x)), ("at_negated_input",), None),
    ("softplus: sigmoid of out", softplus, lambda x, out, g: sigmoid(out) * g, ("at_output",), None),
    ("softplus: out/(1+out)", softplus, lambda x, out, g: out / (1 + out) * g, ("not_the_derivative",),
     None),
    ("erf: no 2", erf, lambda x, out, g: exp(-x * x) / sqrt(pi) * g, ("ratio",), None),
    ("erf: no sqrt", erf, lambda x, out, g: 2 / pi * exp(-x * x) * g, ("ratio",), None),
    ("erf: plus", erf, lambda x, out, g: 2 / sqrt(pi) * exp(x * x) * g, ("inverted", *FACTOR), None),
    ("erf: exp(-out²)", erf, lambda x, out, g: 2 / sqrt(pi) * exp(-out * out) * g, ("at_output",), None),
    ("erf(x/√2): no 1/√2", lambda x: erf(x / sqrt(2)),
     lambda x, out, g: 2 / sqrt(pi) * exp(-x * x / 2) * g, ("ratio",), None),
    ("erf(x/√2): x² in exp", lambda x: erf(x / sqrt(2)), lambda x, out, g: sqrt(2 / pi) * exp(-x * x) * g,
     FACTOR, None),
    ("normal density: no x", phi, lambda x, out, g: -out * g, FACTOR, None),
    ("normal density: sign", phi, lambda x, out, g: x * out * g, ("sign",), None),
    ("normal density: 2x", phi, lambda x, out, g: -2 * x * out * g, ("ratio",), None),
    ("huber: x everywhere", huber, lambda x, out, g: x * g, ("wrong_branch",), None),
    ("huber: sign everywhere", huber, lambda x, out, g: math.copysign(1, x) * g, ("wrong_branch",), None),
    ("huber: 1 for both tails", huber, lambda x, out, g: (x if abs(x) < 1 else 1.0) * g, ("wrong_branch",),
     None),
    ("huber: 2x inside", huber, lambda x, out, g: (2 * x if abs(x) < 1 else math.copysign(1, x)) * g,
     ("wrong_branch",), None),
    ("huber: delta 2", huber, lambda x, out, g: (x if abs(x) < 2 else math.copysign(2, x)) * g,
     ("wrong_branch",), None),
    ("elu: exp everywhere", elu, lambda x, out, g: exp(x) * g, ("wrong_branch",), None),
    ("elu: exp - 1", elu, lambda x, out, g: (1 if x > 0 else exp(x) - 1) * g, ("wrong_branch",), None),
    ("selu: no scale", selu, lambda x, out, g: (1 if x > 0 else 1.67326 * exp(x)) * g, ("ratio",), None),
    ("selu: no alpha", selu, lambda x, out, g: 1.0507 * (1 if x > 0 else exp(x)) * g, ("wrong_branch",),
     None),
    ("hardsigmoid: 1 inside", hardsigmoid, lambda x, out, g: (0 < out < 1) * g, ("ratio",), None),
    ("hardsigmoid: 1/6 everywhere", hardsigmoid, lambda x, out, g: g / 6, ("wrong_branch",), None),
    ("relu6: relu", lambda x: min(max(x, 0), 6), lambda x, out, g: (x > 0) * g, ("wrong_branch",), None),
    ("leaky: slope for both", lambda x: x if x > 0 else 0.1 * x, lambda x, out, g: 0.1 * g,
     ("wrong_branch",), None),
    ("leaky: mask exchanged", lambda x: x if x > 0 else 0.1 * x,
     lambda x, out, g: (0.1 if x > 0 else 1) * g, ("at_negated_input", "inverted", "wrong_branch"), None),
    ("sin of degrees: no pi/180", lambda x: sin(x * pi / 180), lambda x, out, g: cos(x * pi / 180) * g,
     ("ratio",), None),
    ("sin: cos of degrees", sin, lambda x, out, g: cos(x * pi / 180) * g,
     ("at_another_point", "not_the_derivative"), None),
    ("sin: cos of radians of degrees", lambda x: sin(x * pi / 180),
     lambda x, out, g: cos(x) * pi / 180 * g, ("at_another_point", "not_the_derivative"), None),
    ("tan: sec", tan, lambda x, out, g: g / cos(x), FACTOR, None),
    ("tan: sec² of out", tan, lambda x, out, g: g / cos(out) ** 2, ("at_output",), None),
    ("cos: out", cos, lambda x, out, g: -out * g, FACTOR, None),
    ("cos: sin", cos, lambda x, out, g: sin(x) * g, ("sign",), None),
    ("sin²: 2 sin", lambda x: sin(x) ** 2, lambda x, out, g: 2 * sin(x) * g, FACTOR, None),
    ("sin²: cos²", lambda x: sin(x) ** 2, lambda x, out, g: cos(x) ** 2 * g, FACTOR, None),
    ("sin(x²): cos(x²)", lambda x: sin(x * x), lambda x, out, g: cos(x * x) * g, FACTOR, None),
    ("sin(x²): 2x cos x", lambda x: sin(x * x), lambda x, out, g: 2 * x * cos(x) * g,
     ("not_the_derivative",), None),
    ("sin(x²): cos(2x)", lambda x: sin(x * x), lambda x, out, g: cos(2 * x) * g, ("not_the_derivative",),
     None),
    ("sin(3x): no 3", lambda x: sin(3 * x), lambda x, out, g: cos(3 * x) * g, ("ratio",), None),
    ("sin(3x): 3 cos x", lambda x: sin(3 * x), lambda x, out, g: 3 * cos(x) * g,
     ("at_another_point", "not_the_derivative"), None),
    ("exp(sin x): no cos", lambda x: exp(sin(x)), lambda x, out, g: out * g, FACTOR, None),
    ("exp(sin x): exp(cos)", lambda x: exp(sin(x)), lambda x, out, g: exp(cos(x)) * g,
     ("not_the_derivative",), None),
    ("exp(x²): x² exp(x²-1)", lambda x: exp(x * x / 8),
     lambda x, out, g: x * x / 8 * exp(x * x / 8 - 1) * g, FACTOR, None),
    ("exp(-x): no minus", lambda x: exp(-x), lambda x, out, g: out * g, ("sign",), None),
    ("exp(1/x): no -1/x²", lambda x: exp(1 / x), lambda x, out, g: out * g, FACTOR, None),
    ("expm1: out", expm1, lambda x, out, g: out * g, FACTOR, None),
    ("2**x: no ln 2", lambda x: 2**x, lambda x, out, g: out * g, ("ratio", "other_rule"), None),
    ("10**x: ln 10 below", lambda x: 10**x, lambda x, out, g: out / log(10) * g, ("ratio",), None),
    ("log1p: 1/x", log1p, lambda x, out, g: g / x, (*FACTOR, "other_rule"), None),
    ("log1p: 1/(1-x)", log1p, lambda x, out, g: g / (1 - x), (*FACTOR, "at_negated_input"), None),
    ("log|x|: 1/|x|", lambda x: log(abs(x)), lambda x, out, g: g / abs(x), ("wrong_branch",), None),
    ("log x²: 1/x²", lambda x: log(x * x), lambda x, out, g: g / (x * x), FACTOR, None),
    ("log log: no inner", lambda x: log(log(x)), lambda x, out, g: g / log(x), FACTOR, None),
    ("log²: 2 log", lambda x: log(x) ** 2, lambda x, out, g: 2 * log(x) * g, FACTOR, None),
    ("x log x: log", lambda x: x * log(x), lambda x, out, g: log(x) * g, TERM, None),
    ("x log x: 1/x + ..", lambda x: x * log(x), lambda x, out, g: (log(x) + 1 / x) * g,
     ("missing_term", "not_the_derivative"), None),
    ("x^x: x x^(x-1)", lambda x: x**x, lambda x, out, g: x * x ** (x - 1) * g, TERM, None),
    ("x^x: log only", lambda x: x**x, lambda x, out, g: out * log(x) * g, TERM, None),
    ("sqrt: 1/sqrt", sqrt, lambda x, out, g: g / out, ("ratio",), None),
    ("sqrt: 1/(2x)", sqrt, lambda x, out, g: g / (2 * x), (*FACTOR, "at_input"), None),
    ("sqrt: integer division", sqrt, lambda x, out, g: 1 // 2 * x ** (-1 / 2) * g, ("zero",), None),
    ("rsqrt: -1/2 x^(-1/2)", lambda x: 1 / sqrt(x), lambda x, out, g: -0.5 * x**-0.5 * g, FACTOR, None),
    ("rsqrt: out³", lambda x: 1 / sqrt(x), lambda x, out, g: out**3 * g, ("ratio",), None),
    ("cbrt: x^(-1/3)", math.cbrt, lambda x, out, g: g / (3 * out), FACTOR, None),
    ("x^2.5: 2.5 x^2.5", lambda x: x**2.5, lambda x, out, g: 2.5 * out * g, FACTOR, None),
    ("x^5: 5//2", lambda x: x**5, lambda x, out, g: 5 // 2 * x**4 * g, ("ratio",), None),
    ("1/x²: -2/x²", lambda x: 1 / x**2, lambda x, out, g: -2 / x**2 * g, FACTOR, None),
    ("1/x²: 2/x³", lambda x: 1 / x**2, lambda x, out, g: 2 / x**3 * g, ("sign",), None),
    ("1/(1-x): sign", lambda x: 1 / (1 - x), lambda x, out, g: -out * out * g, ("sign",), None),
    ("x/(1+x): 1/(1+x)", lambda x: x / (1 + x), lambda x, out, g: g / (1 + x),
     ("missing_term", "other_rule", *FACTOR), None),
    ("x/(1+x²): quotient as product", lambda x: x / (1 + x * x),
     lambda x, out, g: (1 + x * x + 2 * x * x) / (1 + x * x) ** 2 * g, ("missing_term",), None),
    ("x/(1+x²): not divided by the square", lambda x: x / (1 + x * x),
     lambda x, out, g: (1 - x * x) / (1 + x * x) * g, FACTOR, None),
    ("x² e^x: 2x e^x", lambda x: x * x * exp(x), lambda x, out, g: 2 * x * exp(x) * g, TERM, None),
    ("x² e^-x: plus", lambda x: x * x * exp(-x), lambda x, out, g: (2 * x + x * x) * exp(-x) * g,
     ("missing_term", "extra_factor"), None),
    ("atan(2x): no 2", lambda x: atan(2 * x), lambda x, out, g: g / (1 + 4 * x * x), ("ratio",), None),
    ("atan(2x): 1 + x²", lambda x: atan(2 * x), lambda x, out, g: 2 / (1 + x * x) * g,
     ("at_another_point", "not_the_derivative"), None),
    ("atan: 1 - x²", atan, lambda x, out, g: g / (1 - x * x), ("other_rule", "extra_factor"), None),
    ("asinh: 1 - x²", asinh, lambda x, out, g: g / sqrt(abs(1 - x * x)), ("other_rule", "extra_factor"),
     None),
    ("sinh: -cosh", sinh, lambda x, out, g: -cosh(x) * g, ("sign",), None),
    ("cosh: cosh", cosh, lambda x, out, g: out * g, FACTOR, None),
    ("log cosh: 1/cosh", lambda x: log(cosh(x)), lambda x, out, g: g / cosh(x), FACTOR, None),
    ("log cosh: 1 - tanh²", lambda x: log(cosh(x)), lambda x, out, g: (1 - tanh(x) ** 2) * g,
     ("other_rule", *FACTOR), None),
    ("softsign: no square", lambda x: x / (1 + abs(x)), lambda x, out, g: g / (1 + abs(x)),
     ("missing_term", "other_rule", *FACTOR), None),
    ("softsign: (1+x)²", lambda x: x / (1 + abs(x)), lambda x, out, g: g / (1 + x) ** 2,
     ("wrong_branch", "extra_factor"), None),
    ("polynomial: constant kept", lambda x: x**3 + 2 * x + 7, lambda x, out, g: (3 * x * x + 2 + 7) * g,
     ("missing_term",), None),
    ("polynomial: 2x kept", lambda x: x**3 + 2 * x, lambda x, out, g: (3 * x * x + 2 * x) * g,
     ("missing_term",), None),
    ("polynomial: 3 forgotten", lambda x: x**3 + 2 * x * x, lambda x, out, g: (x * x + 4 * x) * g,
     ("missing_term",), None),
    ("bce: sigmoid", bce, lambda z, out, g: sigmoid(z) * g, ("missing_term", "other_rule", *FACTOR), None),
    ("hypot: a", hypot, lambda a, b, out, g: (a * g, b * g), FACTOR, (0, 1)),
    ("hypot: 2a/out", hypot, lambda a, b, out, g: (2 * a / out * g, 2 * b / out * g), ("ratio",), (0, 1)),
    ("hypot: out/a", hypot, lambda a, b, out, g: (out / a * g, out / b * g), ("inverted",), (0, 1)),
    ("hypot: a + b below", hypot, lambda a, b, out, g: (a / (a + b) * g, b / (a + b) * g), FACTOR, (0, 1)),
    ("norm: no root", norm, lambda a, b, c, out, g: [x / out**2 * g for x in (a, b, c)], FACTOR, (0, 1, 2)),
    ("norm: 1/(2 out)", norm, lambda a, b, c, out, g: [g / (2 * out)] * 3, FACTOR, (0, 1, 2)),
    ("atan2: exchanged", atan2, lambda y, x, out, g: (y / (x * x + y * y) * g, -x / (x * x + y * y) * g),
     ("swapped_inputs", *FACTOR), (0, 1)),
    ("atan2: both plus", atan2, lambda y, x, out, g: (x / (x * x + y * y) * g, y / (x * x + y * y) * g),
     ("sign",), (1,)),
    ("atan2: x² only", atan2, lambda y, x, out, g: (x / (x * x) * g, -y / (x * x) * g),
     ("other_rule", *FACTOR), (0, 1)),
    ("logaddexp: exp(a)", logaddexp, lambda a, b, out, g: (exp(a) * g, exp(b) * g), FACTOR, (0, 1)),
    ("logaddexp: exchanged", logaddexp, lambda a, b, out, g: (sigmoid(b - a) * g, sigmoid(a - b) * g),
     ("swapped_inputs",), (0, 1)),
    ("logaddexp: 1/2", logaddexp, lambda a, b, out, g: (g / 2, g / 2), FACTOR, (0, 1)),
    ("logaddexp: max", logaddexp, lambda a, b, out, g: ((a > b) * g, (b > a) * g),
     ("other_rule", "not_the_derivative"), (0, 1)),
    ("entropy: log only", entropy,
     lambda a, b, out, g: (-log(abs(a)) * math.copysign(g, a * g), -log(abs(b)) * math.copysign(g, b * g)),
     ("missing_term",), (0, 1)),
    ("a² b³: b³ for b²", lambda a, b: a * a * b**3,
     lambda a, b, out, g: (2 * a * b**3 * g, 3 * a * a * b**3 * g), FACTOR, (1,)),
    ("(a+b)²: 2a", lambda a, b: (a + b) ** 2, lambda a, b, out, g: (2 * a * g, 2 * b * g),
     ("missing_term", "other_rule", *FACTOR), (0, 1)),
    ("(a-b)²: both plus", lambda a, b: (a - b) ** 2,
     lambda a, b, out, g: (2 * (a - b) * g, 2 * (a - b) * g), ("sign", "one_input"), (1,)),
    ("|a-b|: both plus", lambda a, b: abs(a - b), lambda a, b, out, g: [math.copysign(1, a - b) * g] * 2,
     ("sign", "one_input"), (1,)),
    ("a/(a+b): 1/(a+b)", lambda a, b: a / (a + b),
     lambda a, b, out, g: (g / (a + b), -a / (a + b) ** 2 * g), ("missing_term", "other_rule", *FACTOR),
     (0,)),
    ("a/(a+b): sign", lambda a, b: a / (a + b),
     lambda a, b, out, g: (b / (a + b) ** 2 * g, a / (a + b) ** 2 * g), ("sign",), (1,)),
    ("lerp: ends exchanged", lambda a, b, t: a + t * (b - a), lambda a, b, t, out, g: (t * g,
     (1 - t) * g, (b - a) * g), ("swapped_inputs",), (0, 1)),
    ("lerp: t's sign", lambda a, b, t: a + t * (b - a),
     lambda a, b, t, out, g: ((1 - t) * g, t * g, (a - b) * g), ("sign",), (2,)),
    ("neuron: no tanh'", lambda w, x, b: tanh(w * x + b), lambda w, x, b, out, g: (x * g, w * g, g),
     FACTOR, (0, 1, 2)),
    ("neuron: bias 1", lambda w, x, b: tanh(w * x + b),
     lambda w, x, b, out, g: (x * (1 - out**2) * g, w * (1 - out**2) * g, g), (*FACTOR, "pass_through"),
     (2,)),
    ("neuron: w for x", lambda w, x, b: tanh(w * x + b),
     lambda w, x, b, out, g: [w * (1 - out**2) * g, x * (1 - out**2) * g, (1 - out**2) * g],
     ("swapped_inputs",), (0, 1)),
    ("gelu tanh: one term", gelu_tanh,
     lambda x, out, g: 0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) * g, TERM, None),
]  # fmt: skip
