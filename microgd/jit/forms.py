"""The form of arguments and results: what is left of nested lists, Tensors and arrays without their numbers.

Arguments of one form run the same code. This module uses `value`, `tensor` and `symbol`.
"""

from __future__ import annotations

import math
from array import array

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
        return _CONSTANT if x._op is None else _VARIABLE
    if kind is Symbol:
        numbers.append(x)
        return _NUMBER
    if kind is list or kind is tuple:
        if {*map(type, x)} <= {float, int}:
            numbers.extend(x)
            return kind.__name__, len(x), _NUMBER
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
        plain = {*map(type, elements)} <= {float, int, bool}
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


def size(form: Form) -> int:
    """How many numbers an argument of this form has."""
    return len(list(_leaves(form)))


def leaves(form: Form) -> list[str]:
    """What each of them is: "number", "constant" or "variable"."""
    return list(_leaves(form))


def _leaves(form: Form) -> Iterator[str]:
    if isinstance(form, str):
        yield form
    elif form[0] == "dict":
        for own in form[2]:
            yield from _leaves(own)
    else:
        count = math.prod(form[1]) if form[0] in _TENSORS else form[1]
        for own in _each(form[-1], count):
            yield from _leaves(own)


_TENSORS = ("tensor", "array")


def _each(form: Form, count: int) -> list[Form]:
    return list(form[1:]) if form[:1] == ("several",) else [form] * count


def put_together(form: Form, items: Iterator[Any]) -> Any:
    """An argument of this form, made of other numbers."""
    if isinstance(form, str):
        return next(items)
    if form[0] == "dict":
        return {key: put_together(own, items) for key, own in zip(form[1], form[2], strict=True)}
    if form[0] in _TENSORS:
        elements = [next(items) for _ in range(math.prod(form[1]))]
        if form[2] is float64:
            elements = [x if isinstance(x, Value) else Value(x, requires_grad=False) for x in elements]
        return made(elements, form[1], form[2])
    made_items = [put_together(own, items) for own in _each(form[2], form[1])]
    return made_items if form[0] == "list" else tuple(made_items)


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
    values  of each argument what it is made of: numbers and Values
    """

    def __init__(self, in_dims: Any, args: Sequence[Any], name: str) -> None:
        self.mapped = mapped_by(in_dims, len(args), name)
        self.values: list[list[Any]] = []
        forms, lengths = [], []
        for arg, mapped in zip(args, self.mapped):
            numbers: list[Any] = []
            form = taken_apart(arg, numbers)
            if mapped:
                n, form = of_one_sample(form)
                lengths.append(n)
            forms.append(form)
            self.values.append(numbers)
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
                width = size(form)
                if {*map(type, values)} - {float, int}:
                    values = list(map(_number, values))
                found += [buffer(values[k::width]) for k in range(width)]
        return found

    def shared(self) -> list[float]:
        """The numbers of the arguments that all samples use."""
        found = [x for values, mapped in zip(self.values, self.mapped) if not mapped for x in values]
        return [x if type(x) is float else _number(x) for x in found]


def buffer(numbers: Any) -> Any:
    """Numbers as doubles next to each other."""
    return array("d", numbers)


def _number(x: Any) -> float:
    return x._data if isinstance(x, Value) else float(x)


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
    if any(not (dim is None or (dim == 0 and not isinstance(dim, bool))) for dim in dims):
        raise ValueError(
            f"in_dims={in_dims}: each entry is 0 (the argument holds samples, in a list or in the rows of an"
            " array) or None (all samples use the same argument)"
        )
    if count and all(dim is None for dim in dims):
        raise ValueError(f"in_dims={in_dims}: at least one argument must hold samples; or leave in_dims out")
    return tuple([dim is not None for dim in dims])


def shaped(arg: Any, form: Form, mapped: bool, n: int, rest: Any) -> Any:
    """The gradient of an argument in the form of the argument."""
    if hasattr(arg, "tolist") and hasattr(arg, "astype"):
        from numpy import array as numpy_array

        return numpy_array([next(rest) for _ in range(arg.size)]).reshape(arg.shape)
    own = [put_together(_plain(form), rest) for _ in range(n if mapped else 1)]
    return own if mapped else own[0]


def _plain(form: Form) -> Form:
    """The same form with plain numbers instead of Values."""
    if isinstance(form, str):
        return "number"
    return tuple([_plain(x) if isinstance(x, (tuple, str)) and x in _KINDS else x for x in form])


_KINDS = ("constant", "variable")
