"""Arrays: a printer to NumPy, jax.numpy and torch. A program computes a whole batch at once.

The numbers that each sample has for itself are rows of an array, with a column for each sample. So a loss
that outgrows one machine runs on an engine that is made for it: with jax, the printed function is an ordinary
jax function, for jit, vmap, grad and shard_map.

Its results are not the table's to the last bit: these libraries have their own functions, and add up in
their own order.

This module uses `ops`, `program`, `layers`, `rules` and `array_functions`. A library is imported when it is
asked for.
"""

from __future__ import annotations

import importlib
import itertools
import math
import re

from ..ops import PICK, Primitive
from .array_functions import HEADERS, JOINED, LIBRARIES, OPERATORS, RENAMED, SAME, library
from .layers import Array, Layers
from .program import CONSTANT, DOT, INPUT, MUL, Routine
from .rules import row_is_missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from .compiled import Compiled


class _Printer:
    """A routine as text."""

    def __init__(self, routine: Routine, namespace: str) -> None:
        if namespace not in HEADERS:
            raise ValueError(f"namespace={namespace!r}: it is one of {', '.join(HEADERS)}")
        self.namespace = namespace
        self.layers = Layers(routine)
        self.routine, self.program = self.layers.routine, self.layers.program
        self.uniform = self.layers.uniform
        self.dots = {i: (xs, ws, bias) for i, xs, ws, bias in self.layers.dots()}
        self.users: dict[str, Primitive] = {}

    def printed(self) -> str:
        """The source of a module with one function, `function`."""
        sums, products = self._sums()
        lines = []
        for x in self.layers.order:
            if isinstance(x, int):
                if self.program.rows[x] not in (INPUT, CONSTANT):
                    lines.append(f"v{x} = {self._single(x)}")
            elif x.row is not INPUT and x not in products:
                lines.append(f"a{x.members[0]} = {self._array(x)}")
        if len(sums) > 1:
            lines += ["sums = [", *[f"    {piece}," for piece in sums], "]"]
            sums = ["xp.concatenate(sums)"]
        each = self._vector(self.routine.each, True) if self.routine.each else "own[:0]"
        lines.append(f"return {sums[0] if sums else 'shared[:0]'}, {each}")
        if any(re.search(r"\bn\b", line) for line in lines):
            lines.insert(0, "n = own.shape[1]" if self.routine.own else "n = 1")
        lines.insert(0, "shared, own = number(shared), number(own)")
        text = "def function(shared, own):\n" + "".join(f"    {line}\n" for line in lines)
        if self.namespace == "numpy":
            text = f'@xp.errstate(all="ignore")\n{text}'
        return f"{HEADERS[self.namespace]}\n\n{library(text, self.namespace)}{text}"

    # --- what operations are called ---

    def _place(self, i: int) -> tuple[str, int]:
        """The array that an operation is an element of, and its place there."""
        if self.program.rows[i] is INPUT:
            k = self.program.operands[i][0]
            return ("shared", k) if k < self.routine.shared else ("own", k - self.routine.shared)
        if i in self.layers.at:
            array, k = self.layers.at[i]
            return f"a{array.members[0]}", k
        return "", 0

    def _name(self, i: int) -> str:
        if self.program.rows[i] is CONSTANT:
            return _literal(self.program.constants[i])
        array, k = self._place(i)
        return f"{array}[{k}]" if array else f"v{i}"

    def _operand(self, i: int) -> str:
        """An operation as an operand of a function; a function of torch takes no plain number."""
        plain = self.program.rows[i] is CONSTANT and self.namespace == "torch"
        return f"number({self._name(i)})" if plain else self._name(i)

    def _vector(self, vector: Sequence[int], broadcast: bool = False) -> str:
        """Operations as an array: a known one, a part of it, or a new one.

        broadcast  whether it has a column for each sample, even if all samples have the same numbers
        """
        if all(self.program.rows[i] is CONSTANT for i in vector) and not broadcast:
            return f"number([{', '.join(map(self._name, vector))}])"
        same = self._is_uniform(vector)
        places = [self._place(i) for i in vector]
        array, start = places[0]
        if array and places == [(array, start + k) for k in range(len(vector))] and not (same and broadcast):
            whole = len(vector) == self._length(vector[0])
            return array if whole else f"{array}[{start}:{start + len(vector)}]"
        rows = [self._row(i) if broadcast or not same else self._operand(i) for i in vector]
        return f"xp.stack([{', '.join(rows)}])"

    def _length(self, i: int) -> int:
        """The length of the array that an operation is an element of."""
        if self.program.rows[i] is INPUT:
            return self.routine.shared if self.uniform[i] else self.routine.own
        return len(self.layers.at[i][0].members)

    def _is_uniform(self, vector: Iterable[int]) -> bool:
        return all(self.uniform[i] for i in vector)

    def _row(self, i: int) -> str:
        """An operation for each of the samples."""
        return f"xp.broadcast_to({self._operand(i)}, (n,))" if self.uniform[i] else self._name(i)

    # --- what they compute ---

    def _single(self, i: int) -> str:
        row, operands = self.program.rows[i], self.program.operands[i]
        if i in self.dots:
            xs, ws, bias = self.dots[i]
            numbers = self._vector(xs)
            if not numbers.startswith("xp.stack") or len(xs) >= 4:
                return " + ".join([f"{self._vector(ws)} @ {numbers}", *map(self._name, bias)])
        if row.name in JOINED:
            array = self._spread(operands)
            if array.startswith("*"):
                return f"xp.{row.name}({array[1:]}, 0)"
            return JOINED[row.name][1].join(map(self._name, operands)) or JOINED[row.name][0]
        if row is DOT:
            n = len(operands) // 2
            products = [f"{self._name(x)} * {self._name(w)}" for x, w in zip(operands[:n], operands[n:])]
            return " + ".join([*products, *map(self._name, operands[2 * n :])]) or "0.0"
        if type(row.partials) is not tuple:  # a reduction, or pick, which has an index first
            index = [self._operand(operands[0])] if row is PICK else []
            return self._text(row, (), [*index, self._spread(operands[len(index) :])])
        return self._text(row, [self._name(j) for j in operands], [self._operand(j) for j in operands])

    def _spread(self, vector: Sequence[int]) -> str:
        """Operations as operands of a function, one after another: *array, if they are an array."""
        text = self._vector(vector) if len(vector) > 2 else "xp.stack"
        return ", ".join(map(self._operand, vector)) if text.startswith("xp.stack") else f"*{text}"

    def _array(self, array: Array) -> str:
        same = bool(self.uniform[array.members[0]])
        if array.row is not DOT:
            texts = [
                self._operand(x) if isinstance(x, int) else self._column(x, same) for x in array.operands
            ]
            return self._text(array.row, texts, texts)
        weights, xs, bias = array.operands
        text = f"{self._matrix(weights)} @ {self._vector(xs)}"
        return f"{text} + {self._column(bias, same)}" if bias else text

    def _column(self, vector: Sequence[int], same: bool) -> str:
        """An array as an operand of an array; with one column, if all samples have the same numbers."""
        text = self._vector(vector)
        return f"{text}[:, None]" if self._is_uniform(vector) and not same else text

    def _matrix(self, rows: Sequence[Sequence[int]]) -> str:
        """Shared inputs as a matrix: a block of a matrix of weights, or its transpose, or any others."""
        places = [[self._place(i)[1] for i in row] for row in rows]
        for text, block in (("", places), (".T", [[*column] for column in zip(*places)])):
            first, width = block[0][0], len(block[0])
            step = block[1][0] - first if len(block) > 1 else width
            start = max(0, first + width - step)  # of the first whole row
            end = start + len(block) * step
            regular = [[first + k * step + i for i in range(width)] for k in range(len(block))]
            if block == regular and width <= step and end <= self.routine.shared:
                part = f"[:, {first - start}:{first - start + width}]" if width < step else ""
                return f"shared[{start}:{end}].reshape({len(block)}, {step}){part}{text}"
        return f"shared[xp.asarray({places})]"

    def _text(self, row: Primitive, texts: Sequence[str], operands: Sequence[str]) -> str:
        name, call = row.name, ", ".join(operands)
        if name in OPERATORS:
            return OPERATORS[name].format(*texts)
        if name in LIBRARIES[self.namespace]:
            return f"{name}({call})"
        if name in SAME or name in RENAMED:
            return f"xp.{RENAMED.get(name, name)}({call})"
        if self.namespace != "numpy":
            raise row_is_missing(row, f"text for {self.namespace}")
        self.users[f"user_{name}"] = row
        return f"user_{name}({call})"

    # --- the sums over the samples ---

    def _sums(self) -> tuple[list[str], set[Array]]:
        """The text of all sums, in pieces; and the arrays x * g that need no text: x @ g sums them."""
        sums, products = self.routine.sums, set()
        items: list[tuple[Any, Any]] = []  # neighbours with the same key become one piece
        j = 0
        while j < len(sums):
            terms = self._summed(j)
            factors = [self._factors(array) for array in terms]
            if not terms:
                items.append(("alone", " + ".join([self._total(i) for i in sums[j]]) or "number(0.0)"))
            elif None not in factors:
                items.append(tuple(zip(*factors)))
                products.update(terms)
            else:
                items.append((j, " + ".join([self._total_of(array) for array in terms])))
            j += len(terms[0].members) if terms else 1
        pieces = []
        for key, group in itertools.groupby(items, lambda item: item[0]):
            values = [value for _, value in group]
            if key == "alone":
                pieces.append(f"xp.stack([{', '.join(values)}])")
            elif isinstance(key, tuple):
                pieces.append(" + ".join([self._outer(x, g) for x, g in zip(key, zip(*values))]))
            else:
                pieces += values
        return pieces, products

    def _summed(self, j: int) -> list[Array]:
        """The arrays, one for each term, whose members the sums from j on add up; none if there are none."""
        sums = self.routine.sums
        arrays = [self.layers.at[i][0] for i in sums[j] if i in self.layers.at]
        if len(arrays) < len(sums[j]) or len({len(array.members) for array in arrays}) != 1:
            return []
        terms = [*zip(*[array.members for array in arrays])]
        return arrays if sums[j : j + len(terms)] == terms else []

    def _factors(self, array: Array) -> tuple[tuple[int, ...], int] | None:
        """The array x and the factor g, of an array x * g that nothing but the sums uses."""
        if array.row is not MUL or any(self.layers.uses[i] > 1 for i in array.members):
            return None
        for x, g in (array.operands, array.operands[::-1]):
            if isinstance(g, int) and isinstance(x, tuple) and not (self.uniform[g] or self._is_uniform(x)):
                return x, g
        return None

    def _outer(self, vector: tuple[int, ...], factors: Sequence[int]) -> str:
        """The sums of x * g over the samples, for each factor g and each x of the array."""
        x = self._vector(vector)
        if len(factors) == 1:
            return f"{x} @ {self._name(factors[0])}"
        return f"({self._vector(factors)} @ {x}.T).reshape(-1)"

    def _total_of(self, array: Array) -> str:
        """An array, added up over all samples."""
        text = self._vector(array.members)
        return f"n * {text}" if self.uniform[array.members[0]] else f"xp.sum({text}, 1)"

    def _total(self, i: int) -> str:
        """An operation, added up over all samples."""
        return f"n * {self._operand(i)}" if self.uniform[i] else f"xp.sum({self._name(i)})"


def _literal(x: Any) -> str:
    if isinstance(x, bool) or math.isfinite(x):
        return repr(x if isinstance(x, bool) else float(x))
    return "xp.nan" if x != x else "xp.inf" if x > 0.0 else "-xp.inf"


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
    function: Callable[[Any, Any], tuple[Any, Any]] = _executed(routine, namespace)["function"]
    return function


def _executed(routine: Routine, namespace: str) -> dict[str, Any]:
    """What the printed module defines."""
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
    return space


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
    space = _executed(version.routine, namespace)
    function, xp, number = space["function"], space["xp"], space["number"]
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
