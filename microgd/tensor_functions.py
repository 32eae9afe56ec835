"""torch's functions of whole Tensors: their shapes, reductions, products, several of them as one.

Each function is a method of Tensor too: they are attached at the end. This module uses `tensor`.
"""

from __future__ import annotations

import builtins
import math

from . import ops, shapes
from .ops import TABLE, Primitive, as_float, flat
from .shapes import bool_, dimension, float64, int64
from .tensor import KIND_NAMES, METHODS, Tensor, as_tensor, made, plain
from .tensor_methods import attach, documented
from .tensor_storage import cast, copies
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .shapes import Shape


class Extremes(tuple):  # type: ignore[type-arg]
    """What `max(dim)` and `min(dim)` return: `values`, and `indices`, where they stand along `dim`."""

    __slots__ = ()

    @property
    def values(self) -> Tensor:
        """The largest, or the smallest."""
        return self[0]

    @property
    def indices(self) -> Tensor:
        """Their positions along the dimension, the first where several are equal."""
        return self[1]

    def __repr__(self) -> str:
        return f"(values={self[0]!r}, indices={self[1]!r})"


def _floats(x: Tensor) -> Any:
    """The same as a float64 Tensor, of at least one dimension."""
    return view(x, x.shape or (1,)).to(float64)


def lengths_of(sizes: Any) -> Shape:
    """Sizes given one by one or as one sequence."""
    return tuple(sizes[0] if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes)


# --- other shapes: views ----------------------------------------------------------------------------------


def view(input: Tensor, *sizes: Any) -> Any:
    """The same elements, row by row, in another shape; one length may be -1: what is left."""
    return input._view(shapes.viewed(input.shape, lengths_of(sizes)))


reshape = view


def expand(input: Tensor, *sizes: Any) -> Any:
    """Repeated along dimensions of length 1 and along new ones; -1 keeps a length."""
    wanted = shapes.expanded(input.shape, lengths_of(sizes))
    return input._view(wanted, shapes.spread(input.shape, wanted))


def permute(input: Tensor, *dims: Any) -> Any:
    """The dimensions in another order."""
    given = lengths_of(dims)
    if len(given) != input.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of"
            f" the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not equal to"
            f" len(dims) = {len(given)}"
        )
    wanted: list[int] = []
    for d in given:
        wanted.append(dimension(d, input.ndim))
        if wanted.count(wanted[-1]) > 1:
            raise RuntimeError("permute(): duplicate dims are not allowed.")
    own = shapes.offsets(input.shape)
    return input._view(tuple(input.shape[d] for d in wanted), shapes.grid(own[d] for d in wanted))


def transpose(input: Tensor, dim0: int, dim1: int) -> Any:
    """Two dimensions in each other's place."""
    dims = list(range(input.ndim))
    first, second = dimension(dim0, input.ndim), dimension(dim1, input.ndim)
    if dims:
        dims[first], dims[second] = second, first
    return input.permute(dims)


def t(input: Tensor) -> Any:
    """A matrix, its rows as columns."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return input.T


def unsqueeze(input: Tensor, dim: int) -> Any:
    """With one more dimension, of length 1."""
    at = dimension(dim, input.ndim + 1)
    return input._view((*input.shape[:at], 1, *input.shape[at:]))


def squeeze(input: Tensor, dim: Any = None) -> Any:
    """Without the dimensions of length 1, or without these of them."""
    dims = shapes.several(dim, input.ndim)
    return input._view(tuple(n for d, n in enumerate(input.shape) if n != 1 or d not in dims))


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Any:
    """These dimensions, and those between them, as one."""
    first, last = dimension(start_dim, input.ndim), dimension(end_dim, input.ndim)
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    inner = math.prod(input.shape[first : last + 1])
    return input._view((*input.shape[:first], inner, *input.shape[last + 1 :]))


def contiguous(input: Tensor) -> Tensor:
    """The Tensor itself."""
    return input


def clone(input: Tensor) -> Any:
    """A copy, through which a gradient flows."""
    return input.clone()


def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.numel()


def is_tensor(obj: Any) -> bool:
    """Whether it is a Tensor or a Value."""
    return isinstance(obj, (Tensor, Value))


def is_floating_point(input: Any) -> bool:
    """Whether its kind is float64."""
    return input.dtype is float64


def atleast_1d(input: Tensor) -> Any:
    """A Value as a Tensor of one element."""
    return input if input.ndim else input.reshape(1)


def atleast_2d(input: Tensor) -> Any:
    """A Value, or a row, as a matrix of one row."""
    return input if input.ndim > 1 else input.reshape(1, -1)


# --- along dimensions ------------------------------------------------------------------------------------


def softmax(input: Tensor, dim: int) -> Any:
    """eˣⁱ / Σⱼ eˣʲ along `dim`."""
    return input._along(ops.softmax, dim)


def log_softmax(input: Tensor, dim: int) -> Any:
    """xᵢ - log Σⱼ eˣʲ along `dim`."""
    return input._along(ops.log_softmax, dim)


def norm(input: Tensor, p: Any = 2.0, dim: Any = None, keepdim: bool = False) -> Any:
    """(Σ |x|^p)^(1/p); p may be inf, the largest |x|; -inf, the smallest; 0, how many are not 0."""

    def length(xs: Any) -> Any:
        sizes = [ops.abs(x) for x in xs]
        if p == math.inf:
            return ops.max(sizes)
        if p == -math.inf:
            return ops.min(sizes)
        if p == 0.0:
            return Value(float(builtins.sum(x != 0.0 for x in sizes)), requires_grad=False)
        total = ops.sum([x**p for x in sizes])
        if p == 1.0 or total == 0.0:  # at the origin the gradient is 0, as PyTorch's
            return total
        return ops.sqrt(total) if p == 2.0 else total ** (1.0 / p)

    p = 2.0 if p == "fro" else as_float(p)
    return _floats(input)._reduced(length, dim, keepdim)


def _extreme(input: Tensor, name: str, dim: Any, keepdim: bool) -> Any:
    """max and min: of everything as amax, and along one dimension together with its index."""
    if isinstance(dim, (Tensor, Value)):
        return getattr(ops, f"{name}imum")(input, dim)
    if dim is None:
        return getattr(input, f"a{name}")() if input.numel() else _nothing(input, name, RuntimeError, None)
    indices = getattr(input, f"arg{name}")(dim, True, name)
    d = dimension(dim, input.ndim)
    own = shapes.offsets(input.shape)
    starts = shapes.grid([0] if k == d else offset for k, offset in enumerate(own))
    places = [start + i * (own[d][1] if len(own[d]) > 1 else 0) for start, i in zip(starts, plain(indices))]
    lengths = shapes.without(input.shape, [d], keepdim)
    found = made(copies(input._elements[p] for p in places), lengths, input.dtype)
    return Extremes((found, made(plain(indices), lengths, int64)))


def _arg(input: Tensor, name: str, sign: int, dim: int | None, keepdim: bool, caller: str) -> Any:
    def first(xs: Sequence[Any]) -> int:
        nans = [i for i, x in enumerate(xs) if x != x]
        return nans[0] if nans else builtins.max(range(len(xs)), key=lambda i: sign * xs[i])

    if not (input.numel() if dim is None else input.shape == () or input.size(dim)):
        _nothing(input, caller, IndexError, dim)
    numbers = made(plain(input), input.shape, int64)  # a Tensor of plain numbers
    return numbers._reduced(first, dim, keepdim, int64)


def _nothing(input: Tensor, name: str, error: type[Exception], dim: int | None) -> None:
    if dim is None:
        hint = " Specify the reduction dim with the 'dim' argument." if error is RuntimeError else ""
        raise error(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.{hint}")
    raise error(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False, name: str = "argmax") -> Any:
    """The index of the largest element, the first of several; in the flat list without `dim`."""
    return _arg(input, "max", 1, dim, keepdim, name)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False, name: str = "argmin") -> Any:
    """The index of the smallest element, the first of several; in the flat list without `dim`."""
    return _arg(input, "min", -1, dim, keepdim, name)


def max(input: Tensor, dim: Any = None, keepdim: bool = False, axis: Any = None, out: Any = None) -> Any:
    """The largest; along `dim`: (values, indices), the first of several; beside a Tensor: maximum."""
    return _extreme(input, "max", axis if dim is None else dim, keepdim)


def min(input: Tensor, dim: Any = None, keepdim: bool = False, axis: Any = None, out: Any = None) -> Any:
    """The smallest; along `dim`: (values, indices), the first of several; beside a Tensor: minimum."""
    return _extreme(input, "min", axis if dim is None else dim, keepdim)


def any(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether one of them is not 0."""
    return input._reduced(builtins.any, dim, keepdim, bool_)


def all(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether none of them is 0."""
    return input._reduced(builtins.all, dim, keepdim, bool_)


# --- several Tensors ------------------------------------------------------------------------------------


def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors, or Values, of one shape, along a new dimension."""
    given = [as_tensor(x) for x in tensors]
    if not given:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = given[0].shape
    for i, x in enumerate(given):
        if x.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and"
                f" {list(x.shape)} at entry {i}"
            )
    at = dimension(dim, len(first) + 1)
    return cat([made(flat(x), (*first[:at], 1, *first[at:]), x.dtype) for x in given], at)


def cat(tensors: Sequence[Any], dim: int = 0, axis: int | None = None) -> Any:
    """Tensors one after the other along a dimension; their other lengths are equal."""
    dim = dim if axis is None else axis
    given = [as_tensor(x) for x in tensors]
    if not given:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for i, x in enumerate(given):
        if not x.shape:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    first = given[0].shape
    at = dimension(dim, len(first))
    for i, x in enumerate(given):
        if x.ndim != len(first):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {x.ndim}")
        for d, (n, own) in enumerate(zip(first, x.shape)):
            if d != at and n != own:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {at}. Expected size {n} but got size"
                    f" {own} for tensor number {i} in the list."
                )
    kinds = {x.dtype for x in given}
    kind = float64 if float64 in kinds else int64 if int64 in kinds else bool_
    sizes = [math.prod(x.shape[at:]) for x in given]
    flats = [copies(cast(x._elements, kind)) for x in given]
    joined = [
        x
        for i in range(math.prod(first[:at]))
        for elements, size in zip(flats, sizes)
        for x in elements[i * size : (i + 1) * size]
    ]
    return made(joined, (*first[:at], builtins.sum(x.shape[at] for x in given), *first[at + 1 :]), kind)


# What Tensors of whole numbers become, and the kind of it: None is their own.
_WHOLE: dict[str, Any] = {
    "sum": (builtins.sum, int64),
    "prod": (math.prod, int64),
    "amax": (builtins.max, None),
    "amin": (builtins.min, None),
}


def _reduction(row: Primitive, name: str = "") -> Callable[..., Any]:
    """The method that reduces all elements, or those along dimensions, which disappear."""
    name = name or row.name

    # np.sum(x) names all of them.
    def method(
        self: Tensor,
        dim: Any = None,
        keepdim: bool = False,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
    ) -> Any:
        dim, keepdim = axis if dim is None else dim, keepdim or keepdims
        if row.name in ("max", "min"):
            for d in shapes.several(dim, self.ndim):
                if self.shape[d] == 0:
                    _nothing(self, name, IndexError, d)
        if self.dtype is float64:
            return self._reduced(lambda xs: row(*xs) if xs else Value(row.value(), "", False), dim, keepdim)
        if name == "mean":
            raise RuntimeError(
                "mean(): could not infer output dtype. Input dtype must be either a floating point or complex"
                f" dtype. Got: {KIND_NAMES[self.dtype]}"
            )
        if name in _WHOLE:
            function, kind = _WHOLE[name]
            return self._reduced(function, dim, keepdim, kind or self.dtype)
        return method(_floats(self), dim, keepdim)

    return documented(method, row)


# --- all of them as methods -------------------------------------------------------------------------------

for _name, _row in TABLE.items():
    if METHODS.get(_name) == "tensor_functions":
        setattr(Tensor, _name, globals().get(_name) or _reduction(_row))
amax, amin = _reduction(TABLE["max"], "amax"), _reduction(TABLE["min"], "amin")
attach(globals(), "tensor_functions")
