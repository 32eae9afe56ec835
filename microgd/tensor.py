"""Tensor: Values in rows and columns, and arithmetic on all of them at once.

For people who come from PyTorch. It uses `value` and adds nothing to the engine: every element of a
float64 Tensor is a Value, and every operation is that of its elements. Tensors of kind int64 and bool
hold plain numbers: they are constants, and they can index. A single float64 number is no Tensor but
a Value; a single int64 or bool is a Tensor of shape ().

A Tensor is a flat list of elements and a shape. A view (a row, a slice, a transposed matrix) refers to
the same list and knows the positions of its elements in it.
"""

from __future__ import annotations

import math
import operator
from collections import namedtuple
from itertools import product, repeat

from . import ops, shapes
from .ops import TABLE, Primitive, as_float, flat, is_number
from .recording import is_grad_enabled
from .shapes import bool_, broadcast, dimension, dtype, float64, int64
from .value import Value, dots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from .shapes import Shape

values = flat
"""The elements of a nested sequence, row by row."""


class Tensor:
    """Numbers in rows and columns.

    nested  a nested sequence: numbers become constants, Values stay themselves; always float64
    """

    _storage: list[Any]
    _positions: Sequence[int] | None  # where in _storage the elements stand; None: they are all of it
    shape: Shape
    dtype: shapes.dtype

    __array_priority__ = 1000.0  # beside a Tensor, NumPy's scalars and arrays leave arithmetic to it
    __hash__ = object.__hash__

    def __init__(self, nested: Iterable[Any] = ()) -> None:
        if getattr(nested, "shape", None) == () or not hasattr(nested, "__iter__"):
            raise TypeError(f"a Tensor is made of a sequence, got {nested!r}: use tensor(x) or Value(x)")
        elements, self.shape = _read(nested)
        self._storage, self._positions, self.dtype = _constants(elements), None, float64

    if TYPE_CHECKING:  # attached at the end of this file

        def __getattr__(self, name: str) -> Any: ...
        def _arithmetic(self, other: Any) -> Any: ...

        __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __mod__ = _arithmetic
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmod__ = _arithmetic
        __and__ = __or__ = __xor__ = __lt__ = __le__ = __gt__ = __ge__ = _arithmetic

    @property
    def _elements(self) -> list[Any]:
        """Values, or plain numbers, row by row. Not to be changed: it may be the storage itself."""
        positions = self._positions
        if positions is None:
            return self._storage
        if type(positions) is range and positions.step == 1:
            return self._storage[positions.start : positions.stop]
        return [self._storage[p] for p in positions]

    def _with(self, elements: list[Any]) -> Any:
        """A float64 Tensor of this shape with other elements."""
        return _made(elements, self.shape)

    def _view(self, lengths: Shape, positions: Sequence[int] | None = None) -> Any:
        """A Tensor of another shape that shares the storage."""
        if positions is None:
            positions = self._positions
        elif self._positions is not None:
            own = self._positions
            positions = (
                own[positions.start : positions.stop]
                if type(positions) is range
                else [own[p] for p in positions]
            )
        if not lengths and self.dtype is float64:
            return self._storage[0 if positions is None else positions[0]]
        view = object.__new__(Tensor)
        view._storage, view._positions, view.shape, view.dtype = self._storage, positions, lengths, self.dtype
        return view

    def _write(self, elements: Sequence[Any]) -> Tensor:
        """Put elements in the place of these. A leaf that requires grad stays, and gets the number."""
        old = self._elements
        leaves = [x.is_leaf and x.requires_grad for x in old] if self.dtype is float64 else []
        if True in leaves and is_grad_enabled():
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation. To train it,"
                " change it inside `with microgd.no_grad():`."
            )
        fresh = _cast(elements, self.dtype)
        if True not in leaves:
            for p, new in zip(range(len(old)) if self._positions is None else self._positions, fresh):
                self._storage[p] = new
        else:
            for x, number in zip(old, [new.item() for new in fresh]):
                x.data = number
        return self

    @staticmethod
    def _apply(row: Primitive, operands: Any) -> Any:
        """row(*operands), element by element, at least one of them a Tensor; a reduction of them all."""
        if type(row.partials) is not tuple:
            return row(*flat(list(operands)))
        given = [Tensor(x) if ops.is_sequence(x) or isinstance(x, Tensor) else x for x in operands]
        if len(given) == 1:
            return given[0]._with([row(x) for x in given[0]._elements])
        lengths: Shape = ()
        for x in given:
            if isinstance(x, Tensor):
                lengths = broadcast(lengths, x.shape)
        columns = [_spread(x, lengths) if isinstance(x, Tensor) else repeat(x) for x in given]
        return _made(_constants(map(row, *columns)), lengths)

    # --- what it is ---

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension."""
        return self.shape if dim is None else self.shape[dimension(dim, self.ndim)]

    def numel(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def requires_grad(self) -> bool:
        """Whether any element does."""
        return self.dtype is float64 and any(x.requires_grad for x in self._elements)

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set requires_grad of every element in place, and return self."""
        if self.dtype is not float64:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        for x in self._elements:
            x.requires_grad_(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether every element is."""
        return self.dtype is not float64 or all(x.is_leaf for x in self._elements)

    @property
    def data(self) -> Tensor:
        """The numbers as constants. Assigning a nested sequence of the same shape changes them all."""
        return _made(
            [x.detach() if isinstance(x, Value) else x for x in self._elements], self.shape, self.dtype
        )

    @data.setter
    def data(self, nested: Any) -> None:
        fresh = tensor(nested)
        demand_same_shape(self, fresh)
        if self.dtype is not float64:
            self._write(fresh._elements)
            return
        for x, number in zip(self._elements, _plain(fresh)):
            x.data = number

    @property
    def grad(self) -> Tensor | None:
        """The gradients as constants (0 where none has arrived); None if none has arrived anywhere."""
        found = [x.grad for x in self._elements] if self.dtype is float64 else []
        if all(gradient is None for gradient in found):
            return None
        return self._with(_constants(gradient or 0.0 for gradient in found))

    @grad.setter
    def grad(self, nested: Any) -> None:
        if nested is None:
            self.zero_grad()
            return
        fresh = tensor(nested)
        demand_same_shape(self, fresh)
        for x, number in zip(self._elements, _plain(fresh)):
            x.grad = number

    def zero_grad(self) -> None:
        """Forget the gradient of every element."""
        for x in self._elements:
            x.zero_grad()

    def backward(self, gradient: Any = None, **options: Any) -> None:
        """`Value.backward` of the one element; of several, of their dot product with `gradient`."""
        if self.dtype is not float64:
            raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
        if gradient is None:
            self._only("grad can be implicitly created only for scalar outputs").backward(**options)
            return
        given = as_tensor(gradient)
        if given.shape != self.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[0] has a shape of {list(given.shape)} and output[0] has a"
                f" shape of {list(self.shape)}."
            )
        with_graph = [(x, g) for x, g in zip(self._elements, _plain(given)) if x.requires_grad]
        if not with_graph:
            raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
        ops.dot([x for x, _ in with_graph], [g for _, g in with_graph]).backward(**options)

    def _only(self, complaint: str, error: type[Exception] = RuntimeError) -> Any:
        if self.numel() != 1:
            raise error(complaint.format(self.numel()))
        return self._elements[0]

    # --- the numbers ---

    def detach(self) -> Tensor:
        """The same numbers as constants."""
        return self.data

    def clone(self) -> Tensor:
        """A copy: new elements, through which a gradient flows."""
        if self.dtype is not float64:
            return self.data
        return self._with([x * 1.0 if x.requires_grad else x.detach() for x in self._elements])

    def tolist(self) -> Any:
        """The numbers as nested lists."""
        return shapes.nested(_plain(self), self.shape)

    def numpy(self) -> Any:
        """A NumPy array of the numbers; only of constants."""
        if self.requires_grad:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        import numpy

        return numpy.array(_plain(self), dtype=self.dtype.name).reshape(self.shape)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """For NumPy: an array of the numbers, or, if they require grad, of the Values."""
        import numpy

        if not self.requires_grad:
            return self.numpy().astype(dtype or self.dtype.name)
        array = numpy.empty(self.numel(), dtype=object)
        array[:] = self._elements
        return array.reshape(self.shape)

    def item(self) -> Any:
        """The number of a Tensor that has one element."""
        only = self._only("a Tensor with {} elements cannot be converted to Scalar")
        return only.item() if self.dtype is float64 else only

    def __float__(self) -> float:
        return float(self._only("only one element tensors can be converted to Python scalars", ValueError))

    def __int__(self) -> int:
        return int(self._only("only one element tensors can be converted to Python scalars", ValueError))

    def __index__(self) -> int:
        if self.dtype is float64 or self.numel() != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._elements[0])

    def __bool__(self) -> bool:
        if self.numel() != 1:
            many = "more than one value" if self.numel() else "no values"
            raise RuntimeError(f"Boolean value of Tensor with {many} is ambiguous")
        return bool(self._elements[0])

    def __format__(self, spec: str) -> str:
        return format(self._elements[0], spec) if not self.shape else format(str(self), spec)

    def _repr(self) -> str:
        body = shapes.text(_plain(self), self.shape) if self.shape else str(self._elements[0])
        suffixes = [] if self.numel() or self.ndim == 1 else [f"size={self.shape}"]
        made = [x for x in self._elements if self.dtype is float64 and not x.is_leaf]
        if made:
            suffixes.append(f"grad_fn=<{made[0].op.capitalize()}Backward0>")
        elif self.requires_grad:
            suffixes.append("requires_grad=True")
        return shapes.with_suffixes(body, suffixes)

    def __repr__(self) -> str:
        return self._repr()

    # --- rows, elements ---

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d tensor")
        if self.ndim == 1 and self.dtype is float64:
            return iter(self._elements)
        return map(self.__getitem__, range(self.shape[0]))

    def __contains__(self, x: Any) -> bool:
        equal = self == x
        return equal if isinstance(equal, bool) else True in equal._elements

    def _selected(self, index: Any) -> tuple[Sequence[int], Shape]:
        items = index if type(index) is tuple else (index,)
        return shapes.selected(self.shape, [i if type(i) in (int, slice) else _index(i) for i in items])

    def __getitem__(self, index: Any) -> Any:
        positions, lengths = self._selected(index)
        return self._view(lengths, positions)

    def __setitem__(self, index: Any, new: Any) -> None:
        """Other elements; a leaf that requires grad is not replaced: under no_grad, its number changes."""
        positions, lengths = self._selected(index)
        target = object.__new__(Tensor)
        own = self._positions
        target._storage, target.shape, target.dtype = self._storage, lengths, self.dtype
        target._positions = positions if own is None else [own[p] for p in positions]
        target.copy_(new)

    # --- in place: each element is replaced, or, if it is a leaf that requires grad, changed ---

    def copy_(self, other: Any) -> Tensor:
        """Take over numbers or Values, which are broadcast to this shape."""
        source = as_tensor(other)
        found: Shape = source.shape
        while len(found) > self.ndim and found[0] == 1:
            found = found[1:]
        if isinstance(source, Value):
            return self._write([source] * self.numel())
        shapes.expanded(found, self.shape)
        return self._write(_spread(source._view(found), self.shape))

    def fill_(self, value: Any) -> Tensor:
        """The same number everywhere."""
        if getattr(value, "shape", ()) != ():
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with"
                f" {len(value.shape)} dimensions."
            )
        return self.copy_(value)

    def zero_(self) -> Tensor:
        """0 everywhere."""
        return self.copy_(0.0)

    def _become(self, result: Any) -> Any:
        """`self += other`, given self + other."""
        if result is NotImplemented:
            return result
        if result.shape != self.shape:
            raise RuntimeError(
                f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(result.shape)}"
            )
        if self.dtype is not float64 and result.dtype is float64:
            raise RuntimeError(
                f"result type Float can't be cast to the desired output type {_NAMES[self.dtype]}"
            )
        return self._write(result._elements if isinstance(result, Tensor) else [result])

    # --- other shapes: views ---

    def view(self, *sizes: Any) -> Any:
        """The same elements, row by row, in another shape; one length may be -1: what is left."""
        return self._view(shapes.viewed(self.shape, _lengths(sizes)))

    reshape = view

    def expand(self, *sizes: Any) -> Any:
        """Repeated along dimensions of length 1 and along new ones; -1 keeps a length."""
        wanted = shapes.expanded(self.shape, _lengths(sizes))
        return self._view(wanted, shapes.spread(self.shape, wanted))

    def permute(self, *dims: Any) -> Any:
        """The dimensions in another order."""
        wanted = [dimension(d, self.ndim) for d in _lengths(dims)]
        if len(wanted) != self.ndim:
            raise RuntimeError(
                "permute(sparse_coo): number of dimensions in the tensor input does not match the length of"
                f" the desired ordering of dimensions i.e. input.dim() = {self.ndim} is not equal to"
                f" len(dims) = {len(wanted)}"
            )
        if len(set(wanted)) < len(wanted):
            raise RuntimeError("permute(): duplicate dims are not allowed.")
        own = shapes.offsets(self.shape)
        return self._view(tuple(self.shape[d] for d in wanted), shapes.grid(own[d] for d in wanted))

    def transpose(self, dim0: int, dim1: int) -> Any:
        """Two dimensions in each other's place."""
        dims = list(range(self.ndim))
        first, second = dimension(dim0, self.ndim), dimension(dim1, self.ndim)
        if dims:
            dims[first], dims[second] = second, first
        return self.permute(dims)

    @property
    def T(self) -> Any:  # noqa: N802
        """The dimensions in reverse order."""
        return self.permute(list(range(self.ndim))[::-1])

    def t(self) -> Any:
        """A matrix, its rows as columns."""
        if self.ndim > 2:
            raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {self.ndim}D")
        return self.T

    def unsqueeze(self, dim: int) -> Any:
        """With one more dimension, of length 1."""
        at = dimension(dim, self.ndim + 1)
        return self._view((*self.shape[:at], 1, *self.shape[at:]))

    def squeeze(self, dim: Any = None) -> Any:
        """Without the dimensions of length 1, or without these of them."""
        dims = shapes.several(dim, self.ndim)
        return self._view(tuple(n for d, n in enumerate(self.shape) if n != 1 or d not in dims))

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:
        """These dimensions, and those between them, as one."""
        first, last = dimension(start_dim, self.ndim), dimension(end_dim, self.ndim)
        if first > last:
            raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
        inner = math.prod(self.shape[first : last + 1])
        return self._view((*self.shape[:first], inner, *self.shape[last + 1 :]))

    def contiguous(self) -> Tensor:
        """Itself."""
        return self

    # --- along dimensions ---

    def _reduced(self, function: Any, dim: Any, keepdim: bool, kind: shapes.dtype = float64) -> Any:
        """A function of lists of elements, of all of them or of those along the dimensions `dim`."""
        elements, dims = self._elements, shapes.several(dim, self.ndim)
        if len(dims) == self.ndim:
            results = [function(elements)]
        else:
            results = [function([elements[p] for p in line]) for line in shapes.lines(self.shape, dims)]
        return _made(results, shapes.without(self.shape, dims, keepdim), kind)

    def _along(self, function: Any, dim: int) -> Any:
        """A function of lists of elements that returns as many, of those along `dim`."""
        elements = _constants(self._elements)
        made = list(elements)
        for line in shapes.lines(self.shape, [dimension(dim, self.ndim)]):
            for p, result in zip(line, function([elements[p] for p in line])):
                made[p] = result
        return self._with(made)

    def softmax(self, dim: int) -> Any:
        """eˣⁱ / Σⱼ eˣʲ along `dim`."""
        return self._along(ops.softmax, dim)

    def log_softmax(self, dim: int) -> Any:
        """xᵢ - log Σⱼ eˣʲ along `dim`."""
        return self._along(ops.log_softmax, dim)

    def norm(self, p: Any = 2.0, dim: Any = None, keepdim: bool = False) -> Any:
        """(Σ |x|^p)^(1/p); p may be inf: the largest |x|."""

        def length(xs: Any) -> Any:
            sizes = [ops.abs(x) for x in xs]
            if p == math.inf:
                return ops.max(sizes)
            total = ops.sum([x**p for x in sizes])
            if p == 1.0 or total == 0.0:  # at the origin the gradient is 0, as PyTorch's
                return total
            return ops.sqrt(total) if p == 2.0 else total ** (1.0 / p)

        p = 2.0 if p == "fro" else as_float(p)
        return Tensor(self)._reduced(length, dim, keepdim) if self.shape else self._float().norm(p)

    def _extreme(self, name: str, best: Any, dim: Any, keepdim: bool) -> Any:
        """max and min: of everything as amax, and along one dimension together with its index."""
        if isinstance(dim, (Tensor, Value)):
            return getattr(ops, f"{name}imum")(self, dim)
        if dim is None:
            return getattr(self, f"a{name}")() if self.numel() else self._nothing(name, RuntimeError, None)
        indices = getattr(self, f"arg{name}")(dim, True, name)
        d = dimension(dim, self.ndim)
        own = shapes.offsets(self.shape)
        starts = shapes.grid([0] if k == d else offset for k, offset in enumerate(own))
        places = [
            start + i * (own[d][1] if len(own[d]) > 1 else 0) for start, i in zip(starts, _plain(indices))
        ]
        lengths = shapes.without(self.shape, [d], keepdim)
        found = _made([self._elements[p] for p in places], lengths, self.dtype)
        return _Extreme[name](found, _made(_plain(indices), lengths, int64))

    def _arg(self, name: str, sign: int, dim: int | None, keepdim: bool, caller: str) -> Any:
        def first(xs: Sequence[Any]) -> int:
            nans = [i for i, x in enumerate(xs) if x != x]
            return nans[0] if nans else max(range(len(xs)), key=lambda i: sign * xs[i])

        if not (self.numel() if dim is None else self.shape == () or self.size(dim)):
            self._nothing(caller, IndexError, dim)
        numbers = _made(_plain(self), self.shape, int64)  # a Tensor of plain numbers
        return numbers._reduced(first, dim, keepdim, int64)

    def _nothing(self, name: str, error: type[Exception], dim: int | None) -> None:
        if dim is None:
            hint = " Specify the reduction dim with the 'dim' argument." if error is RuntimeError else ""
            raise error(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.{hint}")
        raise error(f"{name}(): Expected reduction dim {dim} to have non-zero size.")

    def argmax(self, dim: int | None = None, keepdim: bool = False, name: str = "argmax") -> Any:
        """The index of the largest element, the first of several; in the flat list without `dim`."""
        return self._arg("max", 1, dim, keepdim, name)

    def argmin(self, dim: int | None = None, keepdim: bool = False, name: str = "argmin") -> Any:
        """The index of the smallest element, the first of several; in the flat list without `dim`."""
        return self._arg("min", -1, dim, keepdim, name)

    def max(self, dim: Any = None, keepdim: bool = False, axis: Any = None, out: Any = None) -> Any:
        """The largest; along `dim`: (values, indices), the first of several; beside a Tensor: maximum."""
        return self._extreme("max", max, axis if dim is None else dim, keepdim)

    def min(self, dim: Any = None, keepdim: bool = False, axis: Any = None, out: Any = None) -> Any:
        """The smallest; along `dim`: (values, indices), the first of several; beside a Tensor: minimum."""
        return self._extreme("min", min, axis if dim is None else dim, keepdim)

    def any(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether one of them is not 0."""
        return self._reduced(any, dim, keepdim, bool_)

    def all(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether none of them is 0."""
        return self._reduced(all, dim, keepdim, bool_)

    # --- comparisons: by data; the hash is identity ---

    def __eq__(self, other: object) -> Any:
        return _elementwise(operator.eq, self, other, bool_)

    def __ne__(self, other: object) -> Any:
        return _elementwise(operator.ne, self, other, bool_)

    def equal(self, other: Any) -> bool:
        """Whether the shapes are equal and all numbers are."""
        return self.shape == other.shape and _plain(self) == _plain(other)

    def allclose(self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
        """Whether |x - y| <= atol + rtol |y| everywhere."""
        lengths = broadcast(self.shape, other.shape)
        first, second = (_made(_plain(x), x.shape, int64) for x in (self, as_tensor(other)))
        return all(
            x == y or abs(x - y) <= atol + rtol * abs(y) < math.inf or (equal_nan and x != x and y != y)
            for x, y in zip(_spread(first, lengths), _spread(second, lengths))
        )

    def isnan(self) -> Any:
        """True where a number is nan."""
        return _made([x != x for x in _plain(self)], self.shape, bool_)

    # --- products ---

    def __matmul__(self, other: Any) -> Any:
        return _matmul(self, as_tensor(other)) if ops.is_sequence(other) else NotImplemented

    def __rmatmul__(self, other: Any) -> Any:
        return _matmul(Tensor(other), self) if ops.is_sequence(other) else NotImplemented

    def matmul(self, other: Any) -> Any:
        """Vector · vector is a Value; matrices are multiplied; further dimensions are broadcast."""
        return _matmul(self, as_tensor(other))

    def mm(self, mat2: Any) -> Any:
        """The product of two matrices."""
        for name, x in (("self", self), ("mat2", mat2)):
            if len(x.shape) != 2:
                raise RuntimeError(f"{name} must be a matrix")
        return _matmul(self, mat2)

    def dot(self, other: Any) -> Any:
        """The sum of the products of two vectors."""
        other = as_tensor(other)
        if not self.ndim == other.ndim == 1:
            raise RuntimeError(f"1D tensors expected, but got {self.ndim}D and {other.ndim}D tensors")
        return _matmul(self, other)

    def outer(self, vec2: Any) -> Any:
        """The products of each element with each of `vec2`."""
        vec2 = as_tensor(vec2)
        for name, x in (("self", self), ("vec2", vec2)):
            if x.ndim != 1:
                raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {x.ndim}-D")
        return self.unsqueeze(1) * vec2

    def __pos__(self) -> Tensor:
        return self

    def __neg__(self) -> Any:
        return _made([-x for x in self._elements], self.shape, float64 if self.dtype is float64 else int64)

    def __abs__(self) -> Any:
        return _made([abs(x) for x in self._elements], self.shape, self.dtype)

    def __invert__(self) -> Any:
        return _made([not x if self.dtype is bool_ else ~x for x in self._elements], self.shape, self.dtype)

    # --- other kinds ---

    def to(self, kind: Any) -> Any:
        """The same numbers as another kind; fractions lose what follows the point."""
        return self if kind is self.dtype else _made(_cast(self._elements, kind), self.shape, kind)

    def _float(self) -> Any:
        return self.to(float64)


_Extreme = {name: namedtuple(name, "values indices") for name in ("max", "min")}
_NAMES = {int64: "Long", bool_: "Bool", float64: "Double"}


# --- how a Tensor is made -------------------------------------------------------------------------------


def _made(elements: list[Any], lengths: Shape, kind: dtype = float64) -> Any:
    """A Tensor of elements that fit; a Value, if it is one float64."""
    if not lengths and kind is float64:
        return elements[0]
    made = object.__new__(Tensor)
    made._storage, made._positions, made.shape, made.dtype = elements, None, lengths, kind
    return made


def tensor(data: Any, requires_grad: bool = False, dtype: Any = None) -> Any:
    """A Tensor of the numbers of a nested sequence, or, for a single number, a Value.

    dtype  its kind; without it bool if all numbers are, int64 if all are whole, and else float64
    """
    if not ops.is_sequence(data):
        if isinstance(data, Tensor):
            return data.clone()
        return Value(data, requires_grad=requires_grad)
    elements, lengths = _read(data)
    found = dtype or getattr(data, "dtype", None)
    if not isinstance(found, shapes.dtype):
        found = _kind(elements)
    if found is not float64 and requires_grad:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    made = _made(_cast(elements, found), lengths, found)
    return made.requires_grad_() if requires_grad else made


def as_tensor(data: Any) -> Any:
    """A Value or a Tensor as it is; a number as a constant, a nested sequence as float64."""
    if isinstance(data, (Value, Tensor)):
        return data
    return Tensor(data) if ops.is_sequence(data) else Value(data, requires_grad=False)


def _read(nested: Any) -> tuple[list[Any], Shape]:
    """The elements of a nested sequence, and its shape."""
    if isinstance(nested, Tensor):
        return list(nested._elements), nested.shape
    if hasattr(nested, "tolist"):  # an array
        return flat(nested.tolist()), tuple(nested.shape)
    rows = list(nested)
    lengths = shape(rows)
    return flat(rows), lengths


def _kind(elements: Sequence[Any]) -> dtype:
    """The kind that PyTorch infers from numbers."""
    kinds = {_kind_of(x) for x in elements}
    if not kinds or float64 in kinds:
        return float64
    return int64 if int64 in kinds else bool_


def _kind_of(x: Any) -> dtype:
    if isinstance(x, bool):
        return bool_
    if isinstance(x, int):
        return int64
    return {"b": bool_, "i": int64, "u": int64}.get(getattr(getattr(x, "dtype", None), "kind", ""), float64)


def _constants(elements: Iterable[Any]) -> list[Any]:
    """Values as they are, numbers as constants."""
    return [x if type(x) is Value or hasattr(type(x), "_apply") else Value(x, "", False) for x in elements]


def _cast(elements: Iterable[Any], kind: dtype) -> list[Any]:
    """Elements for a Tensor of this kind."""
    if kind is float64:
        return _constants(elements)
    made = int if kind is int64 else bool
    return [made(x.item() if isinstance(x, Value) else x) for x in elements]


def _plain(x: Any) -> list[Any]:
    """The numbers of a Value or a Tensor, row by row."""
    if x.dtype is float64:
        return [element.item() for element in flat(x)]
    return list(x._elements)


def shape(nested: Any) -> Shape:
    """The shape of a nested sequence: () for a number or a Value. ValueError if its rows differ."""
    if hasattr(nested, "shape"):
        return tuple(nested.shape)
    if isinstance(nested, str) or not hasattr(nested, "__len__"):
        return ()
    if not len(nested):
        return (0,)
    row = shape(nested[0])
    for other in nested[1:]:
        found = shape(other)
        if found != row:
            _constants(x for x in (nested[0], other) if not ops.is_sequence(x))  # is it a number at all?
            raise ValueError(
                f"expected sequence of length {row[0] if row else 1} at dim 1"
                f" (got {found[0] if found else 'a number'}): rows of shapes {row} and {found}"
            )
    return (len(nested), *row)


def stacked(elements: Iterable[Any]) -> Any:
    """A Tensor of Values, or of rows (Tensors) of one shape."""
    rows = list(elements)
    if rows and isinstance(rows[0], Tensor):
        return _made([x for row in rows for x in row._elements], (len(rows), *rows[0].shape), rows[0].dtype)
    return _made(_constants(rows), (len(rows),))


def shaped(numbers: Iterable[Any], lengths: Shape) -> Any:
    """A Tensor of this shape, filled row by row."""
    return _made(_constants(numbers), tuple(lengths))


def mapped(function: Callable[..., Any], *nested: Any) -> Any:
    """A function of numbers, applied to the elements of nested sequences of one shape."""
    if not ops.is_sequence(nested[0]):
        return function(*nested)
    return shaped(map(function, *map(flat, nested)), shape(nested[0]))


def along(function: Callable[[Any], Any], x: Any, dim: int) -> Any:
    """A function of a list of numbers that returns as many, applied to every line along `dim`."""
    x = as_tensor(x)
    if isinstance(x, Value):
        dimension(dim, 0)
        return function([x])[0]
    return x._along(function, dim)


def demand_same_shape(a: Any, b: Any) -> None:
    """RuntimeError, naming both shapes, unless they are equal."""
    first, second = shape(a), shape(b)
    if first == second:
        return
    if len(first) == len(second):
        i = next(i for i in range(len(first)) if first[i] != second[i])
        raise RuntimeError(
            f"The size of tensor a ({first[i]}) must match the size of tensor b ({second[i]}) at"
            f" non-singleton dimension {i}: shapes {first} and {second}"
        )
    raise RuntimeError(f"shapes {first} and {second} do not match")


def _lengths(sizes: Any) -> Shape:
    """Sizes given one by one or as one sequence."""
    return tuple(sizes[0] if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes)


def _index(i: Any) -> Any:
    """An index for `shapes.selected`: a list or Tensor as its numbers and their shape."""
    if i is None or i is Ellipsis or isinstance(i, bool):
        return i
    if isinstance(i, slice):
        return slice(*(None if x is None else operator.index(x) for x in (i.start, i.stop, i.step)))
    if isinstance(i, (Value, Tensor)) and i.dtype is float64:
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    if isinstance(i, Tensor) and i.shape == () and i.dtype is int64:
        return int(i)
    if ops.is_sequence(i):
        made = tensor(i)
        if made.dtype is float64 and made.numel():
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        return made._elements, made.shape
    if isinstance(i, Tensor):
        return bool(i)
    if not hasattr(i, "__index__"):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid"
            f" indices (got {type(i).__name__})"
        )
    return operator.index(i)


# --- arithmetic -----------------------------------------------------------------------------------------


def _spread(x: Tensor, lengths: Shape) -> list[Any]:
    """The elements of a Tensor that is broadcast to a shape."""
    elements = x._elements
    return elements if x.shape == lengths else [elements[p] for p in shapes.spread(x.shape, lengths)]


def _elementwise(
    function: Callable[[Any, Any], Any], a: Tensor, b: Any, result: dtype | None = None, whole: bool = False
) -> Any:
    """function(x, y) for the elements of `a` and of `b`, which is a Tensor, an array or a number.

    result  the kind of the result: without it float64, or if `whole`, int64 where both are whole
    """
    if isinstance(b, Tensor):
        kind = b.dtype
    elif is_number(b) or isinstance(b, Value) or hasattr(type(b), "_apply"):
        kind = _kind_of(b)
        if isinstance(b, int) and b and a.dtype is float64:
            b = as_float(b)  # faster; but the 0 that `sum` starts from stays what it is
    elif hasattr(b, "dtype"):  # a NumPy array
        return _elementwise(function, a, tensor(b), result, whole)
    elif isinstance(b, (list, tuple)) and result is None:
        raise TypeError(f"unsupported operand types: Tensor and {type(b).__name__}; use Tensor({b!r})")
    else:
        return NotImplemented
    lengths = broadcast(a.shape, b.shape) if isinstance(b, Tensor) else a.shape
    xs = _spread(a, lengths)
    ys: Iterable[Any] = _spread(b, lengths) if isinstance(b, Tensor) else repeat(b, len(xs))
    if result is None:
        if whole and float64 not in (a.dtype, kind):
            return _made(_whole(map(function, xs, ys)), lengths, int64 if int64 in (a.dtype, kind) else bool_)
        xs = xs if a.dtype is float64 else _constants(xs)
    return _made(list(map(function, xs, ys)), lengths, result or float64)


def _whole(results: Iterable[int]) -> list[int]:
    try:
        return list(results)
    except ZeroDivisionError:
        raise RuntimeError("ZeroDivisionError") from None


def _by(lengths: Shape) -> str:
    return f"{math.prod(lengths[:-1])}x{lengths[-1]}"


def _matmul(a: Any, b: Any) -> Any:
    """As torch.matmul: a vector on the left is a row, one on the right a column."""
    if not a.shape or not b.shape:
        raise RuntimeError(
            "both arguments to matmul need to be at least 1D, but they are"
            f" {len(a.shape)}D and {len(b.shape)}D"
        )
    left, right = a.shape if a.ndim > 1 else (1, *a.shape), b.shape if b.ndim > 1 else (*b.shape, 1)
    if left[-1] != right[-2]:
        if a.ndim == b.ndim == 1:
            raise RuntimeError(
                f"inconsistent tensor size, expected tensor [{a.shape[0]}] and src [{b.shape[0]}] to have the"
                f" same number of elements, but got {a.shape[0]} and {b.shape[0]} elements respectively"
            )
        if b.ndim == 1:
            raise RuntimeError(
                f"size mismatch, got input ({math.prod(left[:-1])}), mat ({_by(left)}), vec ({b.shape[0]})"
            )
        if b.ndim == 2:
            raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({_by(left)} and {_by(right)})")
        size = math.prod(broadcast(left[:-2], right[:-2]))
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{size}, {left[-1]}] but got:"
            f" [{size}, {right[-2]}]."
        )
    n, k, m = left[-2], left[-1], right[-1]
    outer = broadcast(left[:-2], right[:-2])
    kind = float64 if float64 in (a.dtype, b.dtype) else int64
    xs, ys = a.view(left), b.view(right).transpose(-1, -2)
    rows, columns = _spread(xs, (*outer, n, k)), _spread(ys, (*outer, m, k))
    made: list[Any] = []
    for i in range(math.prod(outer)):
        own = [rows[j * k : (j + 1) * k] for j in range(i * n, (i + 1) * n)]
        other = [columns[j * k : (j + 1) * k] for j in range(i * m, (i + 1) * m)]
        if kind is int64 or not k:
            made += [sum(map(operator.mul, x, y)) for x, y in product(own, other)]
        else:
            made += [x for layer in dots(own, other, None) for x in layer]
    lengths = (*outer, *((n,) if a.ndim > 1 else ()), *((m,) if b.ndim > 1 else ()))
    return _made(_cast(made, kind), lengths, kind)


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
    return cat([_made(flat(x), (*first[:at], 1, *first[at:]), x.dtype) for x in given], at)


def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors one after the other along a dimension; their other lengths are equal."""
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
    flats = [_cast(x._elements, kind) for x in given]
    made = [
        x
        for i in range(math.prod(first[:at]))
        for elements, size in zip(flats, sizes)
        for x in elements[i * size : (i + 1) * size]
    ]
    return _made(made, (*first[:at], sum(x.shape[at] for x in given), *first[at + 1 :]), kind)


# --- methods from tables --------------------------------------------------------------------------------


def _attach() -> None:
    """The operators, and the functions of the table as methods."""
    arithmetic = {"add": True, "sub": True, "mul": True, "truediv": False, "pow": False, "mod": True}
    for name in (*arithmetic, "and_", "or_", "xor"):
        _operators(name.rstrip("_"), getattr(operator, name), arithmetic.get(name, True))
    for name in ("lt", "le", "gt", "ge"):
        setattr(Tensor, f"__{name}__", _comparison(getattr(operator, name)))
    for name, row in TABLE.items():
        if not hasattr(Tensor, name):
            setattr(Tensor, name, _reduction(row) if type(row.partials) is not tuple else _method(row))
    for kind, names in ((float64, "float double"), (int64, "long int"), (bool_, "bool")):
        for name in names.split():
            setattr(Tensor, name, _conversion(kind))


def _operators(name: str, function: Callable[[Any, Any], Any], whole: bool) -> None:
    def forward(self: Tensor, other: Any) -> Any:
        return _elementwise(function, self, other, None, whole)

    def reflected(self: Tensor, other: Any) -> Any:
        return _elementwise(lambda x, y: function(y, x), self, other, None, whole)

    def in_place(self: Tensor, other: Any) -> Any:
        return self._become(_elementwise(function, self, other, None, whole))

    setattr(Tensor, f"__{name}__", forward)
    setattr(Tensor, f"__r{name}__", reflected)
    setattr(Tensor, f"__i{name}__", in_place)
    setattr(Tensor, {"truediv": "div_"}.get(name, f"{name}_"), in_place)


def _comparison(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda self, other: _elementwise(function, self, other, bool_)


def _conversion(kind: dtype) -> Callable[..., Any]:
    return lambda self: self.to(kind)


def _method(row: Primitive) -> Callable[..., Any]:
    function = getattr(ops, row.name)

    def method(self: Tensor, *others: Any, **named: Any) -> Any:
        return function(self, *others, **named)

    return _documented(method, row)


_WHOLE: dict[str, Any] = {
    "sum": (sum, int64),
    "prod": (math.prod, int64),
    "amax": (max, None),
    "amin": (min, None),
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
    ) -> Any:
        dim = axis if dim is None else dim
        if row.name in ("max", "min"):
            for d in shapes.several(dim, self.ndim):
                if self.shape[d] == 0:
                    self._nothing(name, IndexError, d)
        if self.dtype is float64:
            return self._reduced(lambda xs: row(*xs) if xs else Value(row.value(), "", False), dim, keepdim)
        if name == "mean":
            raise RuntimeError(
                "mean(): could not infer output dtype. Input dtype must be either a floating point or complex"
                f" dtype. Got: {_NAMES[self.dtype]}"
            )
        if name in _WHOLE:
            function, kind = _WHOLE[name]
            return self._reduced(function, dim, keepdim, kind or self.dtype)
        return method(Tensor(self), dim, keepdim)

    return _documented(method, row)


def _documented(method: Any, row: Primitive) -> Any:
    method.__name__, method.__doc__ = row.name, row.value.__doc__
    method.__qualname__ = f"Tensor.{row.name}"
    return method


_attach()
Tensor.amax, Tensor.amin = (_reduction(TABLE[name], f"a{name}") for name in ("max", "min"))  # type: ignore[method-assign]
