"""Tensor: Values in rows and columns, and arithmetic on all of them at once.

For people who come from PyTorch. It uses `value` and adds nothing to the engine: every element of a
float64 Tensor is a Value, and every operation is that of its elements. Tensors of kind int64 and bool
hold plain numbers: they are constants, and they can index. A single float64 number is no Tensor but
a Value; a single int64 or bool is a Tensor of shape ().

A Tensor is a flat list of elements and a shape. A view (a row, a slice, a transposed matrix) refers to
the same list and knows the positions of its elements in it.
"""

from __future__ import annotations

import _operator as operator  # `operator` itself is slower to import
import math
from itertools import product

from . import ops, shapes
from .ops import TABLE, Primitive, flat
from .recording import is_grad_enabled
from .shapes import bool_, broadcast, dimension, dtype, float64, int64
from .tensor_storage import Detached, Gradients, cast, constants, copies, kind_of_all
from .value import Value, unary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from .shapes import Shape

_REDUCTIONS = " ".join(name for name, row in TABLE.items() if type(row.partials) is not tuple)
METHODS: dict[str, str] = {
    name: module
    for module, names in {
        "tensor_functions": "view reshape expand permute transpose t unsqueeze squeeze flatten contiguous"
        " softmax log_softmax norm argmax argmin max min any all amax amin atleast_1d atleast_2d "
        "is_floating_point " + _REDUCTIONS,
        "tensor_products": "matmul mm dot outer mv bmm addmm addmv inner ger",
        "tensor_elements": "eq ne lt le gt ge logical_and logical_or logical_xor logical_not isnan isinf"
        " isfinite isclose allclose equal floor ceil trunc round frac floor_divide square rsqrt reciprocal"
        " deg2rad rad2deg"
        " logit xlogy clamp_min clamp_max clip lerp addcmul addcdiv dist masked_fill negative multiply"
        " subtract divide true_divide",
        "tensor_parts": "narrow select unbind split chunk diagonal trace movedim swapaxes swapdims ravel"
        " unflatten view_as reshape_as expand_as broadcast_to repeat tile repeat_interleave flip fliplr"
        " flipud roll index_select take masked_select nonzero argwhere count_nonzero tril triu diag gather"
        " take_along_dim scatter scatter_add index_add",
        "tensor_in_place": "fill_diagonal_ t_ transpose_ squeeze_ unsqueeze_ uniform_ normal_",
        "tensor_kinds": "type type_as cpu is_contiguous new_full new_zeros new_ones new_tensor",
        "linalg": "det inverse logdet slogdet cholesky pinverse",
        "tensor_statistics": "quantile nanmean cov corrcoef histc",
        "tensor_order": "var std cumsum cumprod diff sort argsort topk median unique bincount",
    }.items()
    for name in names.split()
}
"""The methods that are loaded when one of them is first named, and the module that has them."""

_IN_PLACE = (
    "clip clamp_min clamp_max floor ceil trunc round frac square rsqrt reciprocal logit lerp addcmul addcdiv"
    " masked_fill tril triu scatter scatter_add index_add cumsum cumprod negative multiply subtract divide"
)
IN_PLACE = {name for name, row in TABLE.items() if type(row.partials) is tuple and name != "where"}
IN_PLACE.update(_IN_PLACE.split())
"""The methods that have a twin in place: `x.exp_()` is x.copy_(x.exp())."""

_OF_ONE = "clone numpy tolist double float long int bool to fill_ copy_ zero_"
_OF_MANY = "det inverse logdet slogdet cholesky pinverse fill_diagonal_ t_ transpose_ squeeze_ unsqueeze_"
OF_ONE = {*METHODS, *_OF_ONE.split()} - {*_OF_MANY.split()}
"""What a Value has of a Tensor: it is one of no dimension."""

LEAF_CHANGED = (
    "a leaf Variable that requires grad is being used in an in-place operation. To train it, change it inside"
    " `with microgd.no_grad():`."
)
_ONE_ELEMENT = "only one element tensors can be converted to Python scalars"

values = flat
"""The elements of a nested sequence, row by row."""


class Tensor:
    """Numbers in rows and columns.

        >>> a = Tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> a @ Tensor([1.0, -1.0])
        tensor([-1., -1.])
        >>> a.sum(0)
        tensor([4., 6.])

    nested  a nested sequence: numbers become constants, Values stay themselves; always float64
    """

    _storage: list[Any]
    _positions: Sequence[int] | None  # where in _storage the elements stand; None: they are all of it
    shape: Shape
    dtype: shapes.dtype
    _is_view = False  # whether it was made as a part, or in the shape, of another: for `repr`

    __array_priority__ = 1000.0  # beside a Tensor, NumPy's scalars and arrays leave arithmetic to it

    def __init__(self, nested: Iterable[Any] = ()) -> None:
        if getattr(nested, "shape", None) == () or not hasattr(nested, "__iter__"):
            raise TypeError(f"a Tensor is made of a sequence, got {nested!r}: use tensor(x) or Value(x)")
        elements, self.shape = _read(nested)
        self._storage, self._positions, self.dtype = constants(elements), None, float64

    def __getattr__(self, name: str) -> Any:
        """A method of `METHODS`: its module is loaded when one of them is first named."""
        if name in METHODS:
            __import__(f"{__package__}.{METHODS[name]}")  # it attaches them
            return getattr(self, name)
        if name[-1] == "_" and name[:-1] in IN_PLACE:
            from .tensor_methods import twin_in_place

            setattr(Tensor, name, twin_in_place(name))
            return getattr(self, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *METHODS, *(f"{name}_" for name in IN_PLACE)})

    if TYPE_CHECKING:  # attached by `tensor_methods`

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

    @property
    def _values(self) -> list[Any]:
        """The elements that are Values: all of them, or none."""
        return self._elements if self.dtype is float64 else []

    def _with(self, elements: list[Any]) -> Any:
        """A float64 Tensor of this shape with other elements."""
        return made(elements, self.shape)

    def _shared(self, lengths: Shape, positions: Sequence[int] | None = None) -> Tensor:
        """A Tensor of another shape, of the elements at these positions; it shares the storage."""
        own = self._positions
        if positions is None:
            positions = own
        elif own is not None:
            row = slice(positions.start, positions.stop) if isinstance(positions, range) else None
            positions = own[row] if row else [own[p] for p in positions]
        view = object.__new__(Tensor)
        view._storage, view._positions, view.shape, view.dtype = self._storage, positions, lengths, self.dtype
        return view

    def _view(self, lengths: Shape, positions: Sequence[int] | None = None) -> Any:
        """As `_shared`; the element itself, if it is one float64."""
        view = self._shared(lengths, positions)
        view._is_view = True
        return view if lengths or self.dtype is not float64 else view._elements[0]

    def _write(self, elements: Iterable[Any]) -> Tensor:
        """Replace the elements. A leaf that requires grad stays, and gets the number."""
        old, fresh = self._elements, cast(elements, self.dtype)
        leaves = [x.is_leaf and x.requires_grad for x in self._values] if self.requires_grad else []
        if True in leaves:
            if is_grad_enabled():
                raise RuntimeError(LEAF_CHANGED)
            numbers = [new.item() for new in fresh]  # all are read before the first is written
            for i, leaf in enumerate(leaves):
                if leaf:
                    old[i].data, fresh[i] = numbers[i], old[i]
        for p, new in zip(self._positions or range(len(old)), fresh):
            self._storage[p] = new
        return self

    @staticmethod
    def _apply(row: Primitive, operands: Any) -> Any:
        """row(*operands), element by element, at least one of them a Tensor; a reduction of them all."""
        if type(row.partials) is not tuple:
            return row(*flat(list(operands)))
        given = [
            x.to(float64) if isinstance(x, Tensor) else Tensor(x) if ops.is_sequence(x) else x
            for x in operands
        ]
        tensors = [x for x in given if isinstance(x, Tensor)]
        if not tensors:  # whole numbers of no dimension became Values
            return row(*given)
        if len(given) == 1:
            return tensors[0]._with([unary(row, x) for x in tensors[0]._elements])
        lengths: Shape = ()
        for x in tensors:
            lengths = broadcast(lengths, x.shape)
        count = math.prod(lengths)
        columns = [spread(x, lengths) if isinstance(x, Tensor) else [x] * count for x in given]
        return made(constants(map(row, *columns)), lengths)

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

    ndimension, nelement = dim, numel

    @property
    def device(self) -> Any:
        """device("cpu"): everything is computed on the processor."""
        from .devices import device

        return device()

    @property
    def requires_grad(self) -> bool:
        """Whether any element does."""
        return any(x.requires_grad for x in self._values)

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set requires_grad of every element in place, and return self."""
        if requires_grad and self.dtype is not float64:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        for x in self._values:
            x.requires_grad_(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether every element is."""
        return all(x.is_leaf for x in self._values)

    @property
    def data(self) -> Tensor:
        """The numbers, as constants. Assigning a nested sequence of the same shape changes them all.

        Of leaves: what is changed in place in `w.data` (`w.data[0] = 5`, `w.data -= 1`) changes w. But a
        `w.data` that was kept does not show what is changed in w later.
        Of results it is a copy: otherwise it would keep their graph in memory.
        """
        if self.dtype is not float64:
            return self._shared(self.shape)
        numbers = [x.detach() for x in self._elements]
        if self.is_leaf:
            numbers = Detached(numbers)
            numbers.source = self
        return stored(numbers, self.shape, float64)

    @data.setter
    def data(self, nested: Any) -> None:
        fresh = tensor(nested)
        demand_same_shape(self, fresh)
        for x, number in zip(self._values, plain(fresh)):
            x.data = number
        if self.dtype is not float64:
            self._write(fresh._elements)

    @property
    def grad(self) -> Tensor | None:
        """The gradients as constants (0 where none has arrived); None if none has arrived anywhere.

        What is changed in it in place, as by `w.grad.zero_()`, changes the gradients.
        """
        found = [x.grad for x in self._values]
        if all(gradient is None for gradient in found):
            return None
        numbers = Gradients(constants(0.0 if gradient is None else gradient for gradient in found))
        numbers.values = self._values
        return self._with(numbers)

    @grad.setter
    def grad(self, nested: Any) -> None:
        if nested is None:
            self.zero_grad()
            return
        fresh = tensor(nested)
        demand_same_shape(self, fresh)
        if self.dtype is not float64:
            raise RuntimeError("only Tensors of floating point dtype can have gradients")
        for x, number in zip(self._elements, plain(fresh)):
            x.grad = number

    @property
    def grad_fn(self) -> Any:
        """How it was made: `grad_fn` of its first element that is a result, or None."""
        return next((x.grad_fn for x in self._values if not x.is_leaf), None)

    def retain_grad(self) -> None:
        """Without effect: every element that requires grad keeps its gradient."""

    def zero_grad(self) -> None:
        """Forget the gradient of every element."""
        for x in self._values:
            x.zero_grad()

    def backward(self, gradient: Any = None, **options: Any) -> None:
        """`Value.backward` of the one element; of several, of their dot product with `gradient`."""
        if not self.requires_grad:
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
        wanted = [(x, g) for x, g in zip(self._elements, plain(given)) if x.requires_grad]
        ops.dot(*map(list, zip(*wanted))).backward(**options)

    def _only(self, complaint: str, error: type[Exception] = RuntimeError) -> Any:
        if self.numel() != 1:
            raise error(complaint.format(self.numel()))
        return self._elements[0]

    # --- the numbers ---

    def detach(self) -> Tensor:
        """The numbers as constants: `data`."""
        return self.data

    def detach_(self) -> Tensor:
        """Cut off from the graph: the elements are replaced by constants."""
        for p, x in zip(self._positions or range(self.numel()), self._elements):
            self._storage[p] = x.detach() if isinstance(x, Value) else x
        return self

    def clone(self, **options: Any) -> Any:
        """A copy: new elements, through which a gradient flows."""
        if self.dtype is not float64:
            return made(list(self._elements), self.shape, self.dtype)
        return self._with([x * 1.0 if x.requires_grad else x.detach() for x in self._elements])

    def tolist(self) -> Any:
        """The numbers as nested lists."""
        return shapes.nested(plain(self), self.shape)

    def numpy(self) -> Any:
        """A NumPy array of the numbers; only of constants."""
        if self.requires_grad:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        import numpy

        return numpy.array(plain(self), dtype=self.dtype.name).reshape(self.shape)

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
        return float(self._only(_ONE_ELEMENT, ValueError))

    def __int__(self) -> int:
        return int(self._only(_ONE_ELEMENT, ValueError))

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

    def __repr__(self) -> str:
        from .tensor_printing import text, with_suffixes

        body = text(plain(self), self.shape) if self.shape else str(self._elements[0])
        suffixes = [] if self.numel() or self.ndim == 1 else [f"size={self.shape}"]
        results = [x for x in self._values if not x.is_leaf]
        if results:
            from .nodes import name_of

            suffixes.append(f"grad_fn=<{name_of(results[0])}>")
        elif self.requires_grad:
            suffixes.append("grad_fn=<ViewBackward0>" if self._is_view else "requires_grad=True")
        return with_suffixes(body, suffixes)

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
        equal: Any = self == x
        return equal if isinstance(equal, bool) else True in equal._elements

    def __getitem__(self, index: Any) -> Any:
        """A row, an element, a part: a view; of a list, a mask or a Tensor as index a copy."""
        if type(index) is int and self.shape and -self.shape[0] <= index < self.shape[0]:  # the usual
            n, *inner = self.shape
            if not inner and self.dtype is float64:
                return self._storage[index if self._positions is None else self._positions[index]]
            size = math.prod(inner)
            start = index % n * size
            return self._view(tuple(inner), range(start, start + size))
        items = _items(index)
        part = self._view(*shapes.selected(self.shape, items))
        if any(type(i) in (tuple, bool) for i in items):
            return made(copies(flat(part)), part.shape, self.dtype)
        return part

    def __setitem__(self, index: Any, new: Any) -> None:
        """Other elements; a leaf that requires grad is not replaced: under no_grad, its number changes."""
        self._shared(*shapes.selected(self.shape, _items(index))).copy_(new)

    # --- in place: each element is replaced, or, if it is a leaf that requires grad, changed ---

    def copy_(self, other: Any) -> Tensor:
        """Take over numbers or Values, which are broadcast to this shape."""
        source = as_tensor(other)
        found: Shape = source.shape
        while len(found) > self.ndim and found[0] == 1:
            found = found[1:]
        shapes.expanded(found, self.shape)
        elements = flat(source)
        return self._write(copies(elements[p] for p in shapes.spread(found, self.shape)))

    def fill_(self, value: Any) -> Tensor:
        """The same number everywhere."""
        if dimensions := len(shape(value)):
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {dimensions} dimensions."
            )
        return self.copy_(value)

    def zero_(self) -> Tensor:
        """0 everywhere."""
        return self.copy_(0.0)

    def _turn(self, view: Tensor) -> Tensor:
        """Become a view of its own."""
        self._positions, self.shape = view._positions, view.shape
        return self

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
                f"result type Float can't be cast to the desired output type {KIND_NAMES[self.dtype]}"
            )
        return self._write(result._elements if isinstance(result, Tensor) else [result])

    # --- along dimensions ---

    @property
    def T(self) -> Any:  # noqa: N802
        """The dimensions in reverse order."""
        return self.permute(list(range(self.ndim))[::-1])

    def _reduced(self, function: Any, dim: Any, keepdim: bool, kind: shapes.dtype = float64) -> Any:
        """A function of lists of elements, of all of them or of those along the dimensions `dim`."""
        elements, dims = self._elements, shapes.several(dim, self.ndim)
        if len(dims) == self.ndim:
            results = [function(elements)]
        else:
            results = [function([elements[p] for p in line]) for line in shapes.lines(self.shape, dims)]
        return made(cast(results, kind), shapes.without(self.shape, dims, keepdim), kind)

    def _along(self, function: Any, dim: int) -> Any:
        """A function of lists of elements that returns as many, of those along `dim`."""
        elements = constants(self._elements)
        results = list(elements)
        for line in shapes.lines(self.shape, [dimension(dim, self.ndim)]):
            for p, result in zip(line, function([elements[p] for p in line])):
                results[p] = result
        return self._with(results)

    def where(self, condition: Any, other: Any) -> Any:
        """The elements where `condition` is not 0, and those of `other` elsewhere."""
        return ops.where(condition, self, other)

    @property
    def mT(self) -> Any:  # noqa: N802
        """The last two dimensions in each other's place."""
        if self.ndim < 2:
            raise RuntimeError(
                f"tensor.mT is only supported on matrices or batches of matrices. Got {self.ndim}-D tensor."
            )
        return self.transpose(-2, -1)

    # --- products ---

    def __matmul__(self, other: Any) -> Any:
        return self.matmul(other) if ops.is_sequence(other) else NotImplemented

    def __rmatmul__(self, other: Any) -> Any:
        return Tensor(other).matmul(self) if ops.is_sequence(other) else NotImplemented

    def __pos__(self) -> Tensor:
        return self

    def __neg__(self) -> Any:
        return made([-x for x in self._elements], self.shape, float64 if self.dtype is float64 else int64)

    def __abs__(self) -> Any:
        return made([abs(x) for x in self._elements], self.shape, self.dtype)

    def __invert__(self) -> Any:
        return made([not x if self.dtype is bool_ else ~x for x in self._elements], self.shape, self.dtype)

    # --- other kinds ---

    def to(self, *targets: Any, dtype: Any = None, device: Any = None, **options: Any) -> Any:
        """The same numbers as another kind; fractions lose what follows the point.

        targets  a dtype, a device, or a Tensor whose dtype is taken; there is one device, "cpu"
        options  `copy` and `non_blocking` of PyTorch; only copy=True has an effect
        """
        kind = self.dtype
        for x in (*targets, dtype, device):
            if isinstance(x, shapes.dtype):
                kind = shapes.kept(x)
            elif isinstance(x, (Tensor, Value)):
                kind = x.dtype
            elif x is not None and not isinstance(x, bool):
                _demand_processor(x)
        if kind is not self.dtype:
            return made(cast(self._elements, kind), self.shape, kind)
        return self.clone() if options.get("copy") else self


def _demand_processor(device: Any) -> None:
    """RuntimeError if a device is not the processor; TypeError if it is none."""
    kind = getattr(device, "type", device)
    if not isinstance(kind, str):
        raise TypeError(f"to() takes a dtype (microgd.float64, int64 or bool) or a device, got {device!r}")
    if kind.partition(":")[0] != "cpu":
        raise RuntimeError(f"there is no device {kind!r}: everything is computed on the processor, 'cpu'")


KIND_NAMES = {int64: "Long", bool_: "Bool", float64: "Double"}


# --- how a Tensor is made -------------------------------------------------------------------------------


def made(elements: list[Any], lengths: Shape, kind: dtype = float64) -> Any:
    """A Tensor of elements that fit; a Value, if it is one float64."""
    return elements[0] if not lengths and kind is float64 else stored(elements, lengths, kind)


def stored(elements: list[Any], lengths: Shape, kind: dtype) -> Tensor:
    """As `made`, but always a Tensor."""
    x = object.__new__(Tensor)
    x._storage, x._positions, x.shape, x.dtype = elements, None, lengths, kind
    return x


def tensor(data: Any, requires_grad: bool = False, dtype: Any = None, device: Any = None) -> Any:
    """A Tensor of the numbers of a nested sequence, or, for a single number, a Value.

    Values stay themselves. Of a Tensor only the numbers are taken, as PyTorch does.

    dtype   its kind; without it bool if all numbers are, int64 if all are whole, and else float64
    device  there is only the processor, "cpu"
    """
    if device is not None:
        _demand_processor(device)
    if not ops.is_sequence(data):
        if isinstance(data, Tensor):
            return data.clone()
        return Value(data, requires_grad=requires_grad)
    elements, lengths = _read(data)
    if isinstance(data, Tensor):
        elements = plain(data)
    found = shapes.kept(dtype or getattr(data, "dtype", None))
    if not isinstance(found, shapes.dtype):
        found = kind_of_all(elements)
    if found is not float64 and requires_grad:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    result = made(cast(elements, found), lengths, found)
    return result.requires_grad_() if requires_grad else result


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


def plain(x: Any) -> list[Any]:
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
            constants(x for x in (nested[0], other) if not ops.is_sequence(x))  # is it a number at all?
            raise ValueError(
                f"expected sequence of length {row[0] if row else 1} at dim 1"
                f" (got {found[0] if found else 'a number'}): rows of shapes {row} and {found}"
            )
    return (len(nested), *row)


def shaped(numbers: Iterable[Any], lengths: Shape) -> Any:
    """A Tensor of this shape, filled row by row."""
    return made(constants(numbers), tuple(lengths))


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


def spread(x: Tensor, lengths: Shape) -> list[Any]:
    """The elements of a Tensor that is broadcast to a shape."""
    elements = x._elements
    return elements if x.shape == lengths else [elements[p] for p in shapes.spread(x.shape, lengths)]


def named_elements(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Value]]:
    """The Values in pairs of a name and a Value or Tensor, with names such as `0.weight[1][3]`."""
    for name, x in named:
        if not isinstance(x, Tensor):
            yield name, x
            continue
        for index, element in zip(product(*map(range, x.shape)), x._elements):
            yield f"{name}[{']['.join(map(str, index))}]", element


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


def _items(index: Any) -> list[Any]:
    """An index for `shapes.selected`."""
    items = index if type(index) is tuple else (index,)
    return [i if type(i) in (int, slice) else _index(i) for i in items]


def _index(i: Any) -> Any:
    """One of its items: a list or Tensor as its numbers and their shape."""
    if i is None or i is Ellipsis or isinstance(i, bool):
        return i
    if isinstance(i, slice):
        return slice(*(None if x is None else operator.index(x) for x in (i.start, i.stop, i.step)))
    found = tensor(i) if ops.is_sequence(i) else i
    if isinstance(found, (Value, Tensor)) and found.dtype is float64 and i != []:
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    if isinstance(found, Tensor):
        return (found._elements, found.shape) if found.shape else found._elements[0]
    if not hasattr(i, "__index__"):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid"
            f" indices (got {type(i).__name__})"
        )
    return operator.index(i)
