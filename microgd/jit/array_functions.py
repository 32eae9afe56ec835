"""The table's functions in array libraries: NumPy, jax.numpy and torch.

Where a library has no such function, or has other results at an edge, the table's own formula is written
here with the functions that all three libraries have. In this text the library is called xp.

This module uses nothing else of ours.
"""

from __future__ import annotations

import re

HEADERS = {
    "numpy": "import math\n\nimport numpy as xp\n",
    "jax": "import jax\nimport jax.numpy as xp\n",
    "torch": "import torch as xp\n",
}

OPERATORS = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "div": "{} / {}", "neg": "-{}",
    "lt": "{} < {}", "le": "{} <= {}", "gt": "{} > {}", "ge": "{} >= {}", "eq": "{} == {}", "ne": "{} != {}",
    "and": "{} & {}", "or": "{} | {}", "xor": "{} ^ {}", "not": "~{}",
}  # fmt: skip

SAME = {
    "abs", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "hypot", "sin", "cos",
    "tan", "sinh", "cosh", "tanh", "fmod", "copysign", "maximum", "minimum", "where",
}  # fmt: skip
"""Functions of the same name and with the same results in all three libraries."""

RENAMED = {name: name.replace("a", "arc", 1) for name in ("asin", "acos", "atan", "atan2", "asinh", "acosh")}
RENAMED |= {"atanh": "arctanh", "pow": "power"}

JOINED = {"sum": ("0.0", " + "), "prod": ("1.0", " * ")}
"""What these reductions of no operands are, and what joins their operands."""

SOURCES = """
def number(x):
    return xp.asarray(x, dtype=xp.float64)

def sign(x):
    return xp.where(x == x, xp.sign(x), 0.0)

def clamp(x, low, high):
    return xp.minimum(xp.maximum(x, low), high)

def hardtanh(x, low, high):
    return xp.minimum(xp.maximum(x, low), high)

def relu(x):
    return xp.where((x > 0.0) | (x != x), x, 0.0)

def leaky_relu(x, factor):
    return xp.where(x > 0.0, x, factor * x)

def elu(x, alpha):
    return xp.where(x < 0.0, alpha * xp.expm1(xp.where(x < 0.0, x, 0.0)), x)

def remainder(a, b):
    rest = xp.fmod(a, b)
    return xp.where((rest != 0.0) & ((rest < 0.0) != (b < 0.0)), rest + b, rest)

def logaddexp(a, b):
    return xp.where(a == b, a + 0.6931471805599453, xp.maximum(a, b) + xp.log1p(xp.exp(-xp.abs(a - b))))

def sigmoid(x):
    e = xp.exp(-xp.abs(x))
    return xp.where(x >= 0.0, 1.0 / (1.0 + e), e / (1.0 + e))

def softplus(x):
    return xp.log1p(xp.exp(-xp.abs(x))) + xp.where(x > 0.0, x, 0.0)

def softsign(x):
    return x / (1.0 + xp.abs(x))

def far_left(x, u):
    root = xp.exp(0.5 * u)
    return x * root * root

def silu(x):
    return xp.where(x < -700.0, far_left(x, x), x / (1.0 + xp.exp(-x)))

def mish(x):
    return xp.where(x < -700.0, far_left(x, x), x * xp.tanh(softplus(x)))

def gelu(x):
    return x * (0.5 * erfc(x * -0.7071067811865476))

def gelu_tanh(x):
    scale = (8.0 / xp.pi) ** 0.5
    u = x * (scale + 0.044715 * scale * (x * x))
    return xp.where(u < -700.0, far_left(x, u), x / (1.0 + xp.exp(-u)))

def max(top, *xs):
    for x in xs:
        top = xp.maximum(top, x)
    return top

def min(least, *xs):
    for x in xs:
        least = xp.minimum(least, x)
    return least

def logsumexp(*xs):
    top, total, seen = max(*xs), 0.0, False
    for x in xs:
        first = (x == top) & (seen ^ True)
        total = total + xp.where(first, 0.0, xp.exp(x - top))
        seen = seen | first
    return xp.where(xp.abs(top) < xp.inf, top + xp.log1p(total), top)

def pick(i, chosen, *xs):
    for k, x in enumerate(xs, 1):
        chosen = xp.where(xp.trunc(i) == k, x, chosen)
    return chosen
"""
"""The other functions: the table's own formulas, with its own cases."""

SPECIAL = {
    "numpy": """
erf = xp.vectorize(math.erf, otypes=[float])

erfc = xp.vectorize(math.erfc, otypes=[float])
""",
    "jax": """
def erf(x):
    return jax.scipy.special.erf(x)

def erfc(x):
    return jax.scipy.special.erfc(x)
""",
    "torch": """
def number(x):
    return xp.as_tensor(x, dtype=xp.float64)

def erf(x):
    return xp.special.erf(x)

def erfc(x):
    return xp.special.erfc(x)

def cbrt(x):
    return xp.copysign(xp.abs(x) ** (1.0 / 3.0), x)

def pow(a, b):
    return xp.pow(a, b)
""",
}
"""What only one library needs, or has under a name of its own."""


def _by_name(text: str) -> dict[str, str]:
    """The functions of a text, by name."""
    return {
        re.split(r"[ (]", source.removeprefix("def "))[0]: source for source in text.strip().split("\n\n")
    }


LIBRARIES = {namespace: _by_name(SOURCES) | _by_name(special) for namespace, special in SPECIAL.items()}


def library(source: str, namespace: str) -> str:
    """The functions that this source calls and the library does not have, and those that they call."""
    known = LIBRARIES[namespace]
    needed: dict[str, None] = {}
    texts = [source]
    for text in texts:
        for name in re.findall(r"(?<![.\w])(\w+)\(", text):
            if name in known and name not in needed:
                needed[name] = None
                texts.append(known[name])
    return "".join(f"{known[name]}\n\n\n" for name in known if name in needed)
