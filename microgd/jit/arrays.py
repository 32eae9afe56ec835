"""Arrays: a printer to NumPy, jax.numpy and torch. A program computes a whole batch at once.

The numbers that each sample has for itself are rows of an array, with a column for each sample. So a loss
that outgrows one machine runs on an engine that is made for it: with jax, the printed function is an ordinary
jax function, for jit, vmap, grad and shard_map.

Its results are not the table's to the last bit: these libraries have their own functions, and add up in
their own order.

This module uses `ops`, `program` and `rules`. The libraries are imported when they are asked for.
"""

from __future__ import annotations

import importlib
import math
import re

from ..ops import Primitive
from .program import CONSTANT, DOT, INPUT, Routine
from .rules import row_is_missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .compiled import Compiled

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


class _Printer:
    """A routine as text."""

    def __init__(self, routine: Routine, namespace: str) -> None:
        if namespace not in HEADERS:
            raise ValueError(f"namespace={namespace!r}: it is one of {', '.join(HEADERS)}")
        self.routine, self.program, self.namespace = routine, routine.program, namespace
        self.uniform = routine.uniform()
        self.users: dict[str, Primitive] = {}
        self.names: list[str] = []

    def printed(self) -> str:
        """The source of a module with one function, `function`."""
        routine = self.routine
        lines = ["shared, own = number(shared), number(own)"]
        for letter, count, array in (("p", routine.shared, "shared"), ("x", routine.own, "own")):
            if count:
                lines.append(f"[{', '.join(f'{letter}{i}' for i in range(count))}] = {array}")
        lines.append("n = own.shape[1]" if routine.own else "n = 1")
        for i, row in enumerate(self.program.rows):
            self.names.append(f"v{i}")
            if row is INPUT:
                k = self.program.operands[i][0]
                self.names[i] = f"p{k}" if k < routine.shared else f"x{k - routine.shared}"
            elif row is CONSTANT:
                self.names[i] = _literal(self.program.constants[i])
            else:
                lines.append(f"v{i} = {self._expression(i, row)}")
        sums = [" + ".join([self._total(i) for i in terms]) or "number(0.0)" for terms in routine.sums]
        each = [self._row(i) for i in routine.each]
        lines.append(f"return {_stacked(sums, 'shared[:0]')}, {_stacked(each, 'own[:0]')}")
        text = "def function(shared, own):\n" + "".join(f"    {line}\n" for line in lines)
        if self.namespace == "numpy":
            text = f'@xp.errstate(all="ignore")\n{text}'
        return f"{HEADERS[self.namespace]}\n\n{library(text, self.namespace)}{text}"

    def _expression(self, i: int, row: Primitive) -> str:
        name, operands = row.name, self.program.operands[i]
        texts = [self.names[j] for j in operands]
        if name in OPERATORS:
            return OPERATORS[name].format(*texts)
        if name == "sum":
            return " + ".join(texts) or "0.0"
        if name == "prod":
            return " * ".join(texts) or "1.0"
        if row is DOT:
            n = len(texts) // 2
            products = [f"{x} * {w}" for x, w in zip(texts[:n], texts[n:], strict=False)]
            return " + ".join([*products, *texts[2 * n :]]) or "0.0"
        call = ", ".join([self._array(j) for j in operands])
        if name in LIBRARIES[self.namespace]:
            return f"{name}({call})"
        if name in SAME or name in RENAMED:
            return f"xp.{RENAMED.get(name, name)}({call})"
        if self.namespace != "numpy":
            raise row_is_missing(row, f"text for {self.namespace}")
        self.users[f"user_{name}"] = row
        return f"user_{name}({call})"

    def _array(self, i: int) -> str:
        """An operation as an operand of a function; a function of torch takes no plain number."""
        number = self.program.rows[i] is CONSTANT
        return f"number({self.names[i]})" if number and self.namespace == "torch" else self.names[i]

    def _total(self, i: int) -> str:
        """An operation, added up over all samples."""
        return f"n * {self._array(i)}" if self.uniform[i] else f"xp.sum({self.names[i]})"

    def _row(self, i: int) -> str:
        """An operation for each of the samples."""
        return f"xp.broadcast_to({self._array(i)}, (n,))" if self.uniform[i] else self.names[i]


def _literal(x: Any) -> str:
    if isinstance(x, bool) or math.isfinite(x):
        return repr(x if isinstance(x, bool) else float(x))
    return "xp.nan" if x != x else "xp.inf" if x > 0.0 else "-xp.inf"


def _stacked(items: Sequence[str], none: str) -> str:
    return f"xp.stack([{', '.join(items)}])" if items else none


def printed(routine: Routine, namespace: str = "numpy") -> str:
    """A routine as Python source over "numpy", "jax" or "torch": a function (shared, own) -> (sums, each).

    shared  an array of the shared numbers
    own     an array with a row for each own number, and a column for each sample
    sums    an array: each sum over all samples, from 0 on
    each    an array with a row for each of the results, and a column for each sample
    """
    return _Printer(routine, namespace).printed()


def built(routine: Routine, namespace: str = "numpy") -> Callable[[Any, Any], tuple[Any, Any]]:
    """The function that `printed` prints.

    A primitive of a user runs with NumPy only, one number after another. RuntimeError if jax computes in
    single precision, which is its default.
    """
    printer = _Printer(routine, namespace)
    source = printer.printed()
    try:
        module = importlib.import_module(namespace)
    except ImportError:
        raise ImportError(f"{namespace} is not installed: pip install {namespace}") from None
    if namespace == "jax" and module.numpy.zeros(0).dtype != "float64":
        raise RuntimeError(
            "jax computes in single precision: jax.config.update('jax_enable_x64', True) before anything"
            " else, or set JAX_ENABLE_X64=1"
        )
    space: dict[str, Any] = {}
    exec(compile(source, f"<microgd.jit.arrays: {namespace}>", "exec"), space)
    for name, row in printer.users.items():
        space[name] = module.vectorize(row.value, otypes=[float])
    function: Callable[[Any, Any], tuple[Any, Any]] = space["function"]
    return function


def value_and_grad(compiled: Compiled, namespace: str = "numpy") -> Callable[..., tuple[Any, Any]]:
    """A compiled loss as a function of arrays, (parameters, own, n) -> (loss, gradient).

    compiled    a function with in_dims=(0, ...) and reduce=, which has been called once

    parameters  the numbers of `compiled.parameters`, in this order
    own         an array with a column for each sample, and a row for each number that a sample has
    n           how many samples the batch has. `own` may hold a part of them: then the results are parts,
                and those of all parts add up to the loss and the gradient of the batch

    Captured Values that require no grad stay what they are now.
    """
    version = compiled._traced()
    captured, parameters = version.captured, version.parameters
    if not version.batched or version.routine.shared != len(captured) + version.mean or not version.carried:
        raise ValueError(f"{compiled.__name__} must have in_dims=(0, ...) for all arguments, and reduce=")
    function: Any = built(version.routine, namespace)
    xp, number = function.__globals__["xp"], function.__globals__["number"]
    frozen = [x for x in captured if not x.requires_grad]
    place = {id(x): k for k, x in enumerate([*parameters, *frozen])}
    inputs = xp.asarray([*(place[id(x)] for x in captured), *[len(captured)] * version.mean])
    slots = xp.asarray([-1 if slot is None else slot for slot in version.slots[0]])
    others = number([x.item() for x in frozen])

    def run(parameters: Any, own: Any, n: int) -> tuple[Any, Any]:
        shared = xp.concatenate([number(parameters), others, number([1.0 / n])])
        sums, _ = function(shared[inputs], own)
        value = sums[version.value_slots[0]] / (n if version.mean else 1)
        return value, xp.concatenate([sums, number([0.0])])[slots]

    return run
