"""JavaScript: a printer for web pages, which then compute without a server.

`printed` is a routine as a function over a batch. `rule` is one row of the table: its value and its
partials. Both may call functions that JavaScript does not have. `library` is the source of those.

This module uses `ops`, `program` and `rules`.
"""

from __future__ import annotations

import math
import re

from ..ops import Primitive
from .program import CONSTANT, INPUT, Program, Routine
from .rules import names_of, row_is_missing, rule as rule_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# --- the text of a row ------------------------------------------------------------------------------------

OPERATORS = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "div": "{} / {}", "neg": "-{}", "fmod": "{} % {}",
    "where": "{} ? {} : {}", "lt": "{} < {}", "le": "{} <= {}", "gt": "{} > {}", "ge": "{} >= {}",
    "eq": "{} === {}", "ne": "{} !== {}", "and": "{} && {}", "or": "{} || {}", "xor": "{} !== {}",
    "not": "!{}",
}  # fmt: skip

MATH = {
    "abs", "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "hypot", "sin", "cos", "tan",
    "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
}  # fmt: skip
"""Functions of the same name and with the same results in JavaScript's Math."""

SOURCES: dict[str, str] = {}
"""The other functions, by name: the table's own formulas, with its own cases."""

for _source in """
function sign(x) { return (x > 0) - (x < 0); }
function copysign(x, y) { return y < 0 || 1 / y < 0 ? -Math.abs(x) : Math.abs(x); }
function maximum(a, b) { return a >= b || a !== a ? a : b; }
function minimum(a, b) { return a <= b || a !== a ? a : b; }
function between(x, low, high) {
  if (x !== x || low !== low || high !== high) return NaN;
  const least = low > x ? low : x;
  return high < least ? high : least;
}
function clamp(x, low, high) { return between(x, low, high); }
function hardtanh(x, low, high) { return between(x, low, high); }
function relu(x) { return x > 0 || x !== x ? x : 0; }
function leaky_relu(x, factor) { return x > 0 ? x : factor * x; }
function elu(x, alpha) { return x < 0 ? alpha * Math.expm1(x) : x; }
function remainder(a, b) {
  const rest = a % b;
  return rest !== 0 && (rest < 0) !== (b < 0) ? rest + b : rest;
}
function pow(a, b) {
  // As C's pow. JavaScript's is nan for the powers of 1 and -1 here.
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return Math.pow(a, b);
}
function exp2(x) { return Math.pow(2, x); }
function logaddexp(a, b) {
  if (a === b) return a + Math.LN2;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}
function gauss(x) {
  // e**-x**2. A rounding of x**2 would cost digits. The square of `near` is exact, and the rest is tiny.
  const near = Math.trunc(1048576 * x) / 1048576, e = Math.exp(-near * near);
  return e + e * Math.expm1((near - x) * (near + x));
}
function erf(x) {
  // Abramowitz and Stegun 7.1.5, a power series, from its last term on.
  const size = Math.abs(x);
  if (size >= 1) return Math.sign(x) * (1 - erfc(size));
  let total = 1;
  for (let n = 20; n > 0; n--) total = 1 - ((x * x * (2 * n - 1)) / ((2 * n + 1) * n)) * total;
  return (2 / Math.sqrt(Math.PI)) * x * total;
}
function erfc(x) {
  // Abramowitz and Stegun 7.1.14, a continued fraction: 1 / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...)))
  if (x < 0.5) return x < -1 ? 2 - erfc(-x) : 1 - erf(x);
  if (x > 28) return 0;
  let below = x;
  for (let n = Math.ceil(12 + 200 / (x * x)); n > 0; n--) below = x + n / 2 / below;
  return gauss(x) / (Math.sqrt(Math.PI) * below);
}
function sigmoid(x) {
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
function softplus(x) { return Math.log1p(Math.exp(-Math.abs(x))) + (x > 0 ? x : 0); }
function softsign(x) { return x / (1 + Math.abs(x)); }
function far_left(x, u) {
  // x * e**u for u far below 0, where e**u alone has lost digits.
  const root = Math.exp(0.5 * u);
  return x * root * root;
}
function silu(x) { return x < -700 ? far_left(x, x) : x / (1 + Math.exp(-x)); }
function mish(x) { return x < -700 ? far_left(x, x) : x * Math.tanh(softplus(x)); }
function gelu(x) { return x * (0.5 * erfc(x * -Math.SQRT1_2)); }
function gelu_tanh(x) {
  const scale = Math.sqrt(8 / Math.PI), u = x * (scale + 0.044715 * scale * (x * x));
  return u < -700 ? far_left(x, u) : x / (1 + Math.exp(-u));
}
function max(...xs) { return xs.some((x) => x !== x) ? NaN : xs.reduce((a, b) => (b > a ? b : a)); }
function min(...xs) { return xs.some((x) => x !== x) ? NaN : xs.reduce((a, b) => (b < a ? b : a)); }
function logsumexp(...xs) {
  const top = max(...xs), first = xs.indexOf(top);
  if (!(Math.abs(top) < Infinity)) return top;
  let total = 0;
  xs.forEach((x, i) => { if (i !== first) total += Math.exp(x - top); });
  return top + Math.log1p(total);
}
function pick(i, ...xs) { return xs[Math.trunc(i)]; }
""".strip().replace("\nfunction", "\0function").split("\0"):  # fmt: skip
    SOURCES[_source.partition("(")[0].split()[1]] = _source

JOINED = {"sum": ("0", " + "), "prod": ("1", " * ")}
"""What these reductions start with, and what joins their operands."""


def library(source: str) -> str:
    """The functions that this source calls and JavaScript does not have, and those that they call."""
    needed: dict[str, None] = {}
    texts = [source]
    for text in texts:
        for name in re.findall(r"(?<![.\w])(\w+)\(", text):
            if name in SOURCES and name not in needed:
                needed[name] = None
                texts.append(SOURCES[name])
    return "".join(f"{SOURCES[name]}\n" for name in SOURCES if name in needed)


def number(x: Any) -> str:
    """A float, or a bool, as JavaScript writes it."""
    if isinstance(x, bool):
        return "true" if x else "false"
    if x != x:
        return "NaN"
    if math.isinf(x):
        return "Infinity" if x > 0.0 else "-Infinity"
    return float.__repr__(x).removesuffix(".0")


def expression(row: Primitive, operands: Sequence[str], plain_start: bool = False) -> str:
    """The row of these operands."""
    name = row.name
    if name in OPERATORS:
        return OPERATORS[name].format(*operands)
    if name in MATH:
        return f"Math.{name}({', '.join(operands)})"
    if name in SOURCES:
        return f"{name}({', '.join(operands)})"
    if name == "dot":
        n = len(operands) // 2
        products = [f"{x} * {w}" for x, w in zip(operands[:n], operands[n:], strict=False)]
        return " + ".join([*["0"] * (not plain_start or not n), *products, *operands[2 * n :]])
    if name in JOINED:
        start, joint = JOINED[name]
        return joint.join([*[start] * (not plain_start or not operands), *operands])
    raise row_is_missing(row, "JavaScript")


# --- the text of a program --------------------------------------------------------------------------------


def statements(program: Program, inputs: Sequence[str]) -> tuple[list[str], list[str]]:
    """For each operation its statement ("" if it needs none), and what the others call it."""
    lines: list[str] = []
    names: list[str] = []
    for i, (row, operands) in enumerate(zip(program.rows, program.operands, strict=True)):
        lines.append("")
        if row is INPUT:
            names.append(inputs[operands[0]])
        elif row is CONSTANT:
            names.append(number(program.constants[i]))
        else:
            names.append(f"v{i}")
            text = expression(row, [names[j] for j in operands], i in program.plain_start)
            lines[-1] = f"const v{i} = {text};"
    return lines, names


def rule(row: Primitive, count: int | None = None) -> str:
    """A row as a JavaScript function: (operands) => [value, [partials]].

    count  how many operands, for a reduction

    >>> import microgd
    >>> print(rule(microgd.ops.TABLE["sqrt"]))
    (x) => {
      const v1 = Math.sqrt(x);
      const v3 = 0.5 / v1;
      return [v1, [v3]];
    }
    """
    return function(rule_of(row, count), names_of(row, count))


def function(routine: Routine, operands: Sequence[str]) -> str:
    """The routine of a row, with these names for its operands, as a function: => [value, [partials]]."""
    lines, names = statements(routine.program, operands)
    value, *partials = [names[i] for i in routine.each]
    body = "".join(f"  {line}\n" for line in lines if line)
    return f"({', '.join(operands)}) => {{\n{body}  return [{value}, [{', '.join(partials)}]];\n}}"


def printed(routine: Routine) -> str:
    """A routine as JavaScript: the library and a function `bind`, whose result runs it over samples.

    bind(shared, samples, order, sums, each) takes arrays (`order` may be null), and returns a function
    (start, n) that computes n samples, from order[start] on. See `Routine` for what the arrays hold.
    """
    program = routine.program

    def place(array: str, k: str, b: int, width: int) -> str:
        return f"{array}[{b}][{k}]" if routine.columns else f"{array}[0][{k} * {width} + {b}]"

    shared = [f"p{i}" for i in range(routine.shared)]
    own = [f"x{i}" for i in range(routine.own)]
    lines, names = statements(program, [*shared, *own])
    uniform = routine.uniform()
    once = [f"const p{i} = shared[{i}];" for i in range(routine.shared)]
    once += [line for line, same in zip(lines, uniform, strict=True) if line and same]
    repeated = ["const s = order ? order[start + k] : start + k;"] if routine.own else []
    repeated += [f"const x{b} = {place('samples', 's', b, routine.own)};" for b in range(routine.own)]
    repeated += [line for line, same in zip(lines, uniform, strict=True) if line and not same]
    repeated += [f"sums[{j}] += {names[i]};" for j, terms in enumerate(routine.sums) for i in terms]
    repeated += [
        f"{place('each', 'k', j, len(routine.each))} = {names[i]};" for j, i in enumerate(routine.each)
    ]
    body = [
        "function bind(shared, samples, order, sums, each) {",
        "  return (start, n) => {",
        *[f"    {line}" for line in once],
        "    for (let k = 0; k < n; k++) {",
        *[f"      {line}" for line in repeated],
        "    }",
        "  };",
        "}",
    ]
    text = "\n".join(body)
    return f"{library(text)}{text}\n"
