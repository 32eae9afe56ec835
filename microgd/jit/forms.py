"""The form of arguments and results: what is left of nested lists, Tensors and arrays without their numbers.

Arguments of one form run the same code. This module uses `value`, `tensor` and `symbol`.
"""

from __future__ import annotations

import math
import sys
from array import array
from functools import cache, lru_cache
from itertools import chain, islice

from ..ops import is_number
from ..shapes import float64
from ..tensor import Tensor, made
from ..value import Value
from .symbol import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, TypeAlias

    Form: TypeAlias = Any

_NUMBER, _CONSTANT, _VARIABLE = "number", "constant", "variable"


_PLAIN = {float, int, bool}


def taken_apart(x: Any, numbers: list[Any]) -> Form:
    """The form of an argument, which can be hashed. Its numbers and Values are added to a list.

    A form is "number", "constant" or "variable" (a Value that requires no grad, or does), or a tuple:
    ("list", length, forms), ("tuple", length, forms), ("dict", keys, forms), ("tensor", shape, kind, forms),
    ("array", shape, kind, forms). The forms of several items are one form if they are all equal.
    """
    kind = type(x)
    if kind is float:
        numbers.append(x)
        return _NUMBER
    if isinstance(x, Value):
        numbers.append(x)
        return _CONSTANT if x._row is None else _VARIABLE
    if kind is Symbol:
        numbers.append(x)
        return _NUMBER
    if kind is list or kind is tuple:
        kinds = {*map(type, x)}
        if kinds <= _PLAIN:
            numbers.extend(x)
            return kind.__name__, len(x), _NUMBER
        if kinds == {list} and len({*map(len, x)}) == 1:
            elements = [*chain.from_iterable(x)]
            if {*map(type, elements)} <= _PLAIN:  # rows of numbers: the most frequent case by far
                numbers.extend(elements)
                return kind.__name__, len(x), ("list", len(x[0]), _NUMBER)
        return kind.__name__, len(x), _joined([taken_apart(item, numbers) for item in x])
    if isinstance(x, Tensor):
        elements = x._elements
        numbers.extend(elements)
        if x.dtype is not float64:
            return "tensor", x.shape, x.dtype, _NUMBER
        return "tensor", x.shape, x.dtype, _joined([taken_apart(element, []) for element in elements])
    if isinstance(x, dict):
        return "dict", tuple(x), tuple([taken_apart(item, numbers) for item in x.values()])
    if hasattr(x, "tolist") and getattr(x, "shape", ()) != ():  # an array, perhaps of Values
        elements = x.ravel().tolist()
        numbers.extend(elements)
        plain = {*map(type, elements)} <= _PLAIN
        forms = [] if plain else [taken_apart(element, []) for element in elements]
        return "array", tuple(x.shape), float64, _NUMBER if plain else _joined(forms)
    if is_number(x):
        numbers.append(float(x))
        return _NUMBER
    raise TypeError(
        "a compiled function takes numbers, Values, Tensors, arrays, and lists, tuples and dicts of them; got"
        f" {type(x).__name__} {x!r}: let the function refer to it instead"
    )


def _joined(forms: list[Form]) -> Form:
    """One form if all are equal, else a tuple of them."""
    return forms[0] if forms and forms.count(forms[0]) == len(forms) else ("several", *forms)


@cache
def leaves(form: Form) -> tuple[str, ...]:
    """What each number of an argument of this form is: "number", "constant" or "variable"."""
    if isinstance(form, str):
        return (form,)
    if form[0] == "dict":
        return tuple([leaf for own in form[2] for leaf in leaves(own)])
    count = math.prod(form[1]) if form[0] in _TENSORS else form[1]
    return tuple([leaf for own in _each(form[-1], count) for leaf in leaves(own)])


def size(form: Form) -> int:
    """How many numbers an argument of this form has."""
    return len(leaves(form))


_TENSORS = ("tensor", "array")


def _each(form: Form, count: int) -> list[Form]:
    return list(form[1:]) if form[:1] == ("several",) else [form] * count


def put_together(form: Form, items: Iterator[Any]) -> Any:
    """An argument of this form, made of other numbers, which may be Values or symbols."""
    if isinstance(form, str):
        return next(items)
    if form[0] == "dict":
        return {key: put_together(own, items) for key, own in zip(form[1], form[2], strict=True)}
    if form[0] in _TENSORS:
        elements = [*islice(items, math.prod(form[1]))]
        if form[0] == "array":
            return as_array(elements, form[1])
        if form[2] is float64:
            elements = [x if isinstance(x, Value) else Value(x, requires_grad=False) for x in elements]
        return made(elements, form[1], form[2])
    if form[2] == _NUMBER:
        made_items = [*islice(items, form[1])]
    else:
        made_items = [put_together(own, items) for own in _each(form[2], form[1])]
    return made_items if form[0] == "list" else tuple(made_items)


def as_array(numbers: Any, lengths: tuple[int, ...]) -> Any:
    """A NumPy array of floats, or of objects if there are others."""
    numpy = sys.modules["numpy"]  # somebody has given an array
    if not isinstance(numbers, list):  # a buffer, which becomes the memory of the array
        return numpy.frombuffer(numbers).reshape(lengths)
    if {*map(type, numbers)} <= _PLAIN:
        return numpy.array(numbers, dtype=float).reshape(lengths)
    objects = numpy.empty(len(numbers), dtype=object)
    objects[:] = numbers
    return objects.reshape(lengths)


def of_one_sample(form: Form) -> tuple[int, Form]:
    """How many samples an argument of this form has, and the form of each."""
    if form[0] in ("list", "tuple"):
        if form[2][:1] == ("several",):
            raise ValueError(
                f"the samples of a batch must have one form: got {_described(form[2][1])},"
                f" {_described(form[2][2])} ..."
            )
        return form[1], form[2]
    if form[0] in _TENSORS and form[3][:1] != ("several",):
        kind, (n, *inner), dtype, leaf = form
        if inner:
            return n, (kind, tuple(inner), dtype, leaf)
        return n, _CONSTANT if kind == "tensor" and dtype is float64 and leaf == _NUMBER else leaf
    raise ValueError(f"a batch is a list, a Tensor or an array of samples, got {_described(form)}")


def _described(form: Form) -> str:
    if isinstance(form, str):
        return {"number": "a number", "constant": "a Value without grad", "variable": "a Value"}[form]
    if form[0] in _TENSORS:
        return f"a Tensor of shape {form[1]}"
    return f"a {form[0]} of {form[1] if form[0] != 'dict' else len(form[1])}"


# --- the arguments of a call ---


class Batch:
    """The arguments of one call: their forms, and their numbers.

    n       the number of samples
    forms   of each argument (of one sample)
    values  of each argument what it is made of: a list of numbers and Values, or a buffer of numbers
    """

    def __init__(self, in_dims: Any, args: Sequence[Any], name: str) -> None:
        self.mapped = mapped_by(in_dims, len(args), name)
        self.values: list[Any] = []
        forms, lengths = [], []
        values: Any
        for arg, mapped in zip(args, self.mapped):
            if getattr(getattr(arg, "dtype", None), "kind", "") in _KINDS_OF_ARRAYS and arg.shape:
                values = memoryview(arg.astype("float64", copy=False).ravel())
                form: Form = ("array", arg.shape, float64, _NUMBER)
            else:
                values = []
                form = taken_apart(arg, values)
            if mapped:
                n, form = of_one_sample(form)
                lengths.append(n)
            forms.append(form)
            self.values.append(values)
        if lengths and lengths.count(lengths[0]) != len(lengths):
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension,"
                f" got sizes {lengths} for the mapped dimension"
            )
        self.n = lengths[0] if lengths else 1
        if not self.n:
            raise ValueError(f"{name} got a batch without samples")
        self.forms = tuple(forms)

    def columns(self) -> list[Any]:
        """For each number of a sample a buffer with that number of all samples."""
        found = []
        for values, form, mapped in zip(self.values, self.forms, self.mapped):
            if mapped:
                width, numbers = size(form), memoryview(_numbers(values))
                found += [numbers[k::width] for k in range(width)]
        return found

    def shared(self) -> Any:
        """A buffer of the numbers of the arguments that all samples use."""
        found = buffer(())
        for values, mapped in zip(self.values, self.mapped):
            if not mapped:
                found.frombytes(memoryview(_numbers(values)).cast("B"))
        return found


_KINDS_OF_ARRAYS = ("f", "i", "u", "b")


def buffer(numbers: Any) -> Any:
    """Numbers as doubles next to each other."""
    return array("d", numbers)


def interleaved(columns: Sequence[Any]) -> Any:
    """One buffer: the first number of each column, then the second of each ..."""
    found = buffer(sum([len(column) for column in columns]) * [0.0])
    view = memoryview(found)
    for k, column in enumerate(columns):
        view[k :: len(columns)] = column
    return found


def _numbers(values: Any) -> Any:
    """The numbers of an argument as a buffer."""
    if isinstance(values, memoryview):
        return values
    if {*map(type, values)} <= _PLAIN:
        return buffer(values)
    return buffer([x._data if isinstance(x, Value) else float(x) for x in values])


@lru_cache(256)
def mapped_by(in_dims: Any, count: int, name: str) -> tuple[bool, ...]:
    """For each argument whether it holds a sample for each."""
    if in_dims is None:
        return (False,) * count
    dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,) * count
    if len(dims) != count:
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): in_dims is not compatible with the structure of"
            f" inputs: it has {len(dims)} entries, and there are {count} arguments"
        )
    return tuple([dim is not None for dim in dims])


def shaped(arg: Any, form: Form, mapped: bool, n: int, gradient: Any) -> Any:
    """The gradient of an argument, a buffer, in the form of the argument."""
    if hasattr(arg, "tolist") and hasattr(arg, "astype"):
        return as_array(gradient, arg.shape)
    numbers = iter(gradient.tolist())
    own = [put_together(_plain(form), numbers) for _ in range(n if mapped else 1)]
    return own if mapped else own[0]


def _plain(form: Form) -> Form:
    """The same form with plain numbers instead of Values."""
    if isinstance(form, str):
        return _NUMBER
    return tuple([_plain(x) if isinstance(x, tuple) or x in (_CONSTANT, _VARIABLE) else x for x in form])
