"""Tensor: a (nested) list of Values that does arithmetic element by element.

For people who come from PyTorch. It stands on `value` and adds nothing to the engine: every element
is a Value, every operation is that of its elements. Shapes must agree; only numbers and single
Values are broadcast.
"""

from __future__ import annotations

from . import ops
from .ops import TABLE, Primitive, flat
from .recording import is_grad_enabled
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


class Tensor(list):  # type: ignore[type-arg]
    """A list of Values, or of rows (Tensors) of equal shape.

    nested  numbers become constants, Values stay themselves, sequences become rows
    """

    def __init__(self, nested: Iterable[Any] = ()) -> None:
        if isinstance(nested, (int, float, Value)) or not hasattr(nested, "__iter__"):
            raise TypeError(f"a Tensor is made of a sequence, got {nested!r}: use tensor(x) or Value(x)")
        rows = [_element(x) for x in nested]
        shape(rows)
        super().__init__(rows)

    __array_priority__ = 1000.0  # beside a Tensor, NumPy's scalars and arrays leave arithmetic to it

    if TYPE_CHECKING:  # the table's functions, see the end of this file

        def __getattr__(self, name: str) -> Any: ...

    @staticmethod
    def _apply(row: Primitive, operands: Any) -> Any:
        """row(*operands), element by element, at least one of them a Tensor."""
        if type(row.partials) is not tuple:
            return row(*flat(operands))
        return _mapped(row)(*operands)

    @property
    def _elements(self) -> list[Value]:
        return values(self)

    def _with(self, elements: list[Any]) -> Tensor:
        """A Tensor of this shape with other elements."""
        return shaped(elements, self.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of every dimension, as (rows, columns)."""
        return shape(self)

    @property
    def requires_grad(self) -> bool:
        """Whether any element does."""
        return any(x.requires_grad for x in self)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set requires_grad of every element in place, and return self."""
        for x in self:
            x.requires_grad_(requires_grad)
        return self

    @property
    def data(self) -> Tensor:
        """The numbers as constants. Assigning a nested sequence of the same shape changes them all."""
        return stacked(x.data if isinstance(x, Tensor) else x.detach() for x in self)

    @data.setter
    def data(self, nested: Any) -> None:
        fresh = tensor(nested)
        demand_same_shape(self, fresh)
        for x, new in zip(values(self), values(fresh), strict=True):
            x.data = new.data

    @property
    def grad(self) -> Tensor | None:
        """The gradients as constants (0 where none has arrived); None if none has arrived anywhere."""
        if all(x.grad is None for x in values(self)):
            return None
        return mapped(lambda x: Value(x.grad or 0.0, requires_grad=False), self)

    @grad.setter
    def grad(self, nested: Any) -> None:
        if nested is None:
            self.zero_grad()
            return
        fresh = tensor(nested)
        demand_same_shape(self, fresh)
        for x, new in zip(values(self), values(fresh), strict=True):
            x.grad = new.data

    def zero_grad(self) -> None:
        """Forget the gradient of every element."""
        for x in self:
            x.zero_grad()

    def detach(self) -> Tensor:
        """The same numbers as constants."""
        return self.data

    def tolist(self) -> list[Any]:
        """The numbers as nested lists of floats."""
        return [x.tolist() if isinstance(x, Tensor) else x.data for x in self]

    def item(self) -> float:
        """The number of a Tensor that has one element."""
        return self._only("a Tensor with {} elements cannot be converted to Scalar").item()

    def __float__(self) -> float:
        return float(self._only("only one element tensors can be converted to Python scalars"))

    def __int__(self) -> int:
        return int(self._only("only one element tensors can be converted to Python scalars"))

    def backward(self, gradient: Any = None) -> None:
        """`Value.backward` of the one element."""
        self._only("grad can be implicitly created only for scalar outputs").backward(gradient)

    def _only(self, complaint: str) -> Value:
        elements = values(self)
        if len(elements) != 1:
            raise RuntimeError(complaint.format(len(elements)))
        return elements[0]

    # --- element by element ---

    def __add__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: x + y, self, other)

    def __radd__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: y + x, self, other)

    def __sub__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: x - y, self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: y - x, self, other)

    def __mul__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: x * y, self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: y * x, self, other)

    def __truediv__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: x / y, self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: y / x, self, other)

    def __pow__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: x**y, self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: y**x, self, other)

    def __mod__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: x % y, self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return _elementwise(lambda x, y: y % x, self, other)

    def __pos__(self) -> Tensor:
        return self

    def __neg__(self) -> Tensor:
        return stacked(-x for x in self)

    def __abs__(self) -> Tensor:
        return stacked(abs(x) for x in self)

    # In place, so that a list neither grows by += nor repeats by *=: each element does what `+=`
    # does with a Value.

    def __iadd__(self, other: Any) -> Tensor:
        return self._become(_elementwise(Value.__iadd__, self, other))

    def __isub__(self, other: Any) -> Tensor:
        return self._become(_elementwise(Value.__isub__, self, other))

    def __imul__(self, other: Any) -> Tensor:
        return self._become(_elementwise(Value.__imul__, self, other))

    def __itruediv__(self, other: Any) -> Tensor:
        return self._become(_elementwise(Value.__itruediv__, self, other))

    def __ipow__(self, other: Any) -> Tensor:
        return self._become(_elementwise(Value.__ipow__, self, other))

    def _become(self, other: Tensor) -> Tensor:
        if other is NotImplemented:
            return other
        for i, (x, new) in enumerate(zip(self, other, strict=True)):
            if isinstance(x, Tensor):
                x._become(new)
            else:
                super().__setitem__(i, new)
        return self

    def __matmul__(self, other: Any) -> Any:
        """Vector · vector is a Value, the rest as torch.matmul; the right side has 1 or 2 dimensions."""
        if not _is_sequence(other):
            return NotImplemented
        right = as_tensor(other)
        if self.shape[-1] != len(right) or len(right.shape) > 2 or 0 in self.shape + right.shape:
            raise RuntimeError(
                f"mat1 and mat2 shapes cannot be multiplied ({_by(*self.shape)} and {_by(*right.shape)})"
            )
        return self._times(list(zip(*right, strict=True)) if len(right.shape) == 2 else right)

    def _times(self, right: Any) -> Any:
        """Every row of self times `right`: a vector, or a list of columns."""
        if isinstance(self[0], Tensor):
            return stacked(row._times(right) for row in self)
        if isinstance(right, Tensor):
            return ops.dot(self, right)
        return stacked(ops.dot(self, column) for column in right)

    def __rmatmul__(self, other: Any) -> Any:
        return Tensor(other) @ self if _is_sequence(other) else NotImplemented

    def dot(self, other: Any) -> Value:
        """The sum of the products of two vectors."""
        return ops.dot(self, other)

    # --- as a list ---

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple):
            found: Any = self
            for i in index:
                found = found[i]
            return found
        found = super().__getitem__(index)
        return stacked(found) if isinstance(index, slice) else found

    def __setitem__(self, index: Any, new: Any) -> None:
        """Elements of the same shape; a parameter is no element but a leaf: its number changes."""
        if isinstance(index, tuple) and len(index) > 1:
            self[index[0]][index[1:]] = new
            return
        index = index[0] if isinstance(index, tuple) else index
        old, fresh = self[index], as_tensor(new)
        demand_same_shape(old, fresh)
        if not any(x.is_leaf and x.requires_grad for x in values(old)):
            super().__setitem__(index, fresh)
        elif is_grad_enabled():
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation. To train it,"
                " change it inside `with microgd.no_grad():`."
            )
        else:
            old.data = fresh.data

    def __repr__(self) -> str:
        flag = ", requires_grad=True" if self.requires_grad else ""
        return f"tensor({_text(self)}{flag})"

    __str__ = __repr__


def tensor(data: Any, requires_grad: bool = False) -> Any:
    """A Tensor of the numbers of a nested sequence, or, for a single number, a Value."""
    if hasattr(data, "__iter__") and getattr(data, "shape", None) != ():
        numbers = Tensor(data)
        return numbers.requires_grad_() if requires_grad else numbers
    return Value(data, requires_grad=requires_grad)


def as_tensor(data: Any) -> Any:
    """A Value or a Tensor as it is; anything else as `tensor` makes it."""
    return data if isinstance(data, (Value, Tensor)) else tensor(data)


def shape(nested: Any) -> tuple[int, ...]:
    """The shape of a nested sequence: () for a number or a Value. ValueError if its rows differ."""
    if isinstance(nested, str) or not hasattr(nested, "__len__"):
        return ()
    if not len(nested):
        return (0,)
    row = shape(nested[0])
    if type(nested) in (list, tuple):  # of others, Tensors and arrays, all rows are alike
        for other in nested[1:]:
            found = shape(other)
            if found != row:
                raise ValueError(
                    f"expected sequence of length {row[0] if row else 1} at dim 1"
                    f" (got {found[0] if found else 'a number'}): rows of shapes {row} and {found}"
                )
    return (len(nested), *row)


def values(nested: Any) -> list[Any]:
    """The elements of a nested sequence, row by row."""
    if not hasattr(nested, "__iter__"):
        return [nested]
    if len(nested) and not hasattr(nested[0], "__iter__"):
        return list(nested)
    return [x for row in nested for x in values(row)]


def _element(x: Any) -> Value | Tensor:
    if isinstance(x, (Value, Tensor)):
        return x
    if hasattr(x, "__iter__") and not isinstance(x, str) and getattr(x, "shape", None) != ():
        return Tensor(x)
    return Value(x, requires_grad=False)


def stacked(elements: Iterable[Any]) -> Tensor:
    """A Tensor of elements that are known to fit."""
    made = Tensor()
    made.extend(elements)
    return made


def mapped(function: Callable[..., Any], *nested: Any) -> Any:
    """A function of numbers, applied to the elements of nested sequences of one shape."""
    first = nested[0]
    if not hasattr(first, "__len__"):
        return function(*nested)
    if len(first) and not hasattr(first[0], "__len__"):  # a row of numbers
        return stacked(function(*numbers) for numbers in zip(*nested, strict=True))
    return stacked(mapped(function, *row) for row in zip(*nested, strict=True))


def shaped(numbers: list[Any], lengths: tuple[int, ...]) -> Tensor:
    """A Tensor of this shape, filled row by row."""
    if len(lengths) == 1:
        return stacked(numbers)
    size = len(numbers) // lengths[0]
    return stacked(shaped(numbers[i * size : (i + 1) * size], lengths[1:]) for i in range(lengths[0]))


def along(function: Callable[[Any], Any], x: Any, dim: int) -> Any:
    """A function of a list of numbers, applied to every line of elements that lies along `dim`.

    It returns one number, and the dimension disappears, or as many as it got, and the shape remains.
    """
    dimensions = len(shape(x))
    if not -dimensions <= dim < dimensions:
        bounds = f"[{-max(dimensions, 1)}, {max(dimensions, 1) - 1}]"
        raise IndexError(f"Dimension out of range (expected to be in range of {bounds}, but got {dim})")
    dim %= dimensions
    if dim > 0:
        return stacked(along(function, row, dim - 1) for row in x)
    if dimensions == 1:
        result = function(x)
        return stacked(result) if isinstance(result, list) else result
    columns = [along(function, list(column), 0) for column in zip(*x, strict=True)]
    if len(shape(columns)) < dimensions:
        return stacked(columns)
    return stacked(map(stacked, zip(*columns, strict=True)))


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


def _elementwise(operation: Callable[[Any, Any], Any], a: Tensor, b: Any) -> Tensor:
    if isinstance(b, Tensor):
        demand_same_shape(a, b)
        pairs: Iterable[tuple[Any, Any]] = zip(a, b, strict=True)
    elif isinstance(b, (float, int, Value)) or getattr(b, "shape", None) == ():
        pairs = ((x, b) for x in a)
    elif hasattr(b, "dtype"):  # a NumPy array
        return _elementwise(operation, a, Tensor(b))
    elif isinstance(b, (list, tuple)):  # left alone, Python would concatenate
        raise TypeError(f"unsupported operand types: Tensor and {type(b).__name__}; use Tensor({b!r})")
    else:
        return NotImplemented
    return stacked(
        _elementwise(operation, x, y) if isinstance(x, Tensor) else operation(x, y) for x, y in pairs
    )


def _is_sequence(x: Any) -> bool:
    return isinstance(x, (list, tuple)) or bool(getattr(x, "shape", ()))


def _text(rows: Any) -> str:
    if isinstance(rows, Tensor):
        return f"[{', '.join(_text(x) for x in rows)}]"
    return f"{rows.data:.4g}"


def _by(*lengths: int) -> str:
    return "x".join(map(str, lengths))


def _mapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """The method that applies a function of the table element by element."""

    def method(*operands: Any, **named: Any) -> Tensor:
        tensors = [x for x in operands if isinstance(x, Tensor)]
        for other in tensors[1:]:
            demand_same_shape(tensors[0], other)
        return stacked(
            function(*(x[i] if isinstance(x, Tensor) else x for x in operands), **named)
            for i in range(len(tensors[0]))
        )

    return method


def _mapped_unary(name: str) -> Callable[..., Any]:
    """The same for a function of one operand: straight to the method of each element."""
    of_value, of_rows = getattr(Value, name), getattr(ops, name)

    def method(self: Tensor) -> Tensor:
        return stacked([of_value(x) if type(x) is Value else of_rows(x) for x in self])

    return method


def _reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    """The method that reduces all elements, or those along one dimension, which disappears."""

    # np.sum(x) names all four.
    def method(self: Tensor, dim: Any = None, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        dim = axis if dim is None else dim
        if dim is None:
            result = function(values(self))
            return result if isinstance(result, Value) else Value(result, requires_grad=False)
        return along(lambda xs: function(xs), self, dim)

    return method


for _name, _row in TABLE.items():
    if type(_row.partials) is not tuple:
        if _name != "dot":
            setattr(Tensor, _name, _reduced(getattr(ops, _name)))
    elif len(_row.partials) == 1:
        setattr(Tensor, _name, _mapped_unary(_name))
    else:
        setattr(Tensor, _name, _mapped(getattr(ops, _name)))
