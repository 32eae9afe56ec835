"""Value: a number that remembers how it was made.

Arithmetic on Values records a graph. Each result keeps its operands and, for each operand, the partial:
the partial derivative of the result with respect to this operand, computed together with the result.
The operations and their partials are in the table of `ops`. The chain rule, which goes back through the
record, is in `autograd`.

This module uses `ops`, `recording`, `autograd`, `gradient` and `shapes`.
"""

from __future__ import annotations

from . import autograd, ops
from .autograd import LEAF, record
from .gradient import gradient_of
from .ops import TABLE, Primitive, as_float, dot_of_rows, is_number
from .recording import current_trace, is_grad_enabled, looked_at, scoped, state, switched, tracing, with_line
from .shapes import float64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Self, TypeAlias

    from .nodes import Node

    Operand: TypeAlias = "Value | float"

ADD, SUB, MUL, DIV, POW = (TABLE[name] for name in ("add", "sub", "mul", "div", "pow"))
DOT, NEG, ABS, REMAINDER = (TABLE[name] for name in ("dot", "neg", "abs", "remainder"))


class Value:
    """A number that records how it was made.

        >>> x = Value(3.0, "x")
        >>> y = x * x + 1.0
        >>> y.backward()
        >>> y.data, x.grad
        (10.0, 6.0)

    data           the number: a float, or anything that can be converted to one
    label          a name for pictures and messages
    requires_grad  whether backward() should find the derivative of a loss with respect to it

    `.grad` is None until a backward pass reaches this Value. Every backward pass adds to it, and
    `zero_grad()` makes it None again. `.op` is the name of the operation that made this Value, and
    `.inputs` are the operands, in order.
    """

    __slots__ = (
        "__weakref__",
        "_a",  # the first operand, or a tuple of operands: `autograd.record` says which
        "_b",  # the second operand, or the second tuple
        "_da",  # d self / d _a: a float, a tuple of them, or None where no gradient is wanted
        "_data",
        "_db",  # d self / d _b
        "_grad",
        "_mark",  # the number of the last walk that visited it
        "_row",  # the row of the table; LEAF for a variable, None for a constant
        "_scope",  # the dotted name of the module it was made in
        "_upstream",  # d root / d self so far, during a walk
        "label",
    )

    _a: Any
    _b: Any
    _da: Any
    _data: float
    _db: Any
    _grad: float | None
    _mark: int
    _row: Any
    _scope: str
    _upstream: float
    label: str

    def __init__(self, data: Any, label: str = "", requires_grad: bool = True) -> None:
        self._data = as_float(data)
        self._grad = None
        self.label = label
        self._row = LEAF if requires_grad else None
        self._a = self._b = self._da = self._db = None
        self._mark = 0
        self._scope = ""
        if scoped:
            _noticed(self)

    # --- what it is ---

    @property
    def data(self) -> float:
        """The number. It can be assigned; what was computed from the old number does not change."""
        return float(_read_in_trace(self)) if tracing else self._data

    @data.setter
    def data(self, number: Any) -> None:
        if tracing:
            _demand_new(self, "assigns the data of a Value")
        self._data = as_float(number)

    def item(self) -> float:
        """The number."""
        return float(_read_in_trace(self)) if tracing else self._data

    # As a Tensor of no dimension.

    shape: tuple[()] = ()
    ndim = 0
    dtype = float64

    def size(self) -> tuple[()]:
        """()"""
        return ()

    def dim(self) -> int:
        """0"""
        return 0

    def numel(self) -> int:
        """1"""
        return 1

    ndimension, nelement = dim, numel

    @property
    def device(self) -> Any:
        """device("cpu"): everything is computed on the processor."""
        from .devices import device

        return device()

    @property
    def grad_fn(self) -> Node | None:
        """The node of the graph that made it, with `name()` and `next_functions`; None for a leaf."""
        if self.is_leaf:
            return None
        from .nodes import Node

        return Node(self)

    def retain_grad(self) -> None:
        """Nothing: every Value keeps its gradient."""

    @property
    def grad(self) -> float | None:
        """d loss / d self: the sum over all backward passes since it was None."""
        return None if self._grad is None else gradient_of(self, self._grad)

    @grad.setter
    def grad(self, number: Any) -> None:
        if tracing:
            _demand_new(self, "changes a gradient")
        self._grad = None if number is None else _plain(number)

    @property
    def op(self) -> str:
        """The name of the operation that made it; "" for a leaf."""
        return self._row.name if self._row is not None else ""

    @property
    def inputs(self) -> tuple[Operand, ...]:
        """The operands in order. A plain number among them is a float."""
        return record(autograd.vertex(self))[0]

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self._row is None or self._row is LEAF

    @property
    def requires_grad(self) -> bool:
        """Whether a backward pass finds its gradient."""
        return self._row is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self.is_leaf:
            if self.requires_grad is not bool(wanted):
                if tracing:
                    _demand_new(self, "changes requires_grad")
                autograd.flag_changes += 1
                if not wanted:
                    autograd.frozen[:] = [None]
            self._row = LEAF if wanted else None
        elif not wanted:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a"
                " computed variable in a subgraph that doesn't require differentiation use"
                " var_no_grad = var.detach()."
            )

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set requires_grad in place, and return self."""
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Self:
        """The same number as a constant: no gradient flows through it."""
        twin = self._constant(_read_in_trace(self) if tracing else self._data)
        twin.label = self.label
        return twin

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` is None again."""
        self.grad = None

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add d self / d v to `v.grad` for every v that self was made of, and for self, where it is 1.

        gradient      the number to start from, 1 by default: d loss / d self, if self is not the loss
        retain_graph  accepted, without effect: a graph lives as long as something refers to it
        create_graph  refused, because a `.grad` is a number: use `autograd.grad`, which returns graphs
        inputs        Values or Tensors: only their `.grad` changes
        """
        autograd.demand_graph(self)
        if tracing:
            _demand_new(None, "calls backward()")
        if create_graph:
            raise RuntimeError(
                "backward(create_graph=True) would have to keep a graph in `.grad`, which is a number."
                " Use microgd.autograd.grad(loss, inputs, create_graph=True): it returns the graphs."
            )
        if inputs is not None:
            given = [inputs] if hasattr(inputs, "backward") else list(inputs)
            inputs = [x for one in given for x in getattr(one, "_elements", [one])]
        autograd.backward(self, 1.0 if gradient is None else _plain(gradient), inputs)

    # --- arithmetic. Four compute their partials here, for speed. A test compares them with the table ---

    def __add__(self, other: Any) -> Value:
        if not switched and self._row is not None:
            if type(other) is Value:
                if other._row is not None:
                    return _node(ADD, self._data + other._data, self, other, 1.0, 1.0)
            elif type(other) is float:
                return _node(ADD, self._data + other, self, other, 1.0, None)
        return _binary(ADD, self, other)

    def __sub__(self, other: Any) -> Value:
        if not switched and self._row is not None:
            if type(other) is Value:
                if other._row is not None:
                    return _node(SUB, self._data - other._data, self, other, 1.0, -1.0)
            elif type(other) is float:
                return _node(SUB, self._data - other, self, other, 1.0, None)
        return _binary(SUB, self, other)

    def __mul__(self, other: Any) -> Value:
        if not switched and self._row is not None:
            if type(other) is Value:
                if other._row is not None:
                    x, y = self._data, other._data
                    return _node(MUL, x * y, self, other, y, x)
            elif type(other) is float:
                return _node(MUL, self._data * other, self, other, other, None)
        return _binary(MUL, self, other)

    def __truediv__(self, other: Any) -> Value:
        if not switched and self._row is not None:
            if type(other) is Value:
                y = other._data
                if other._row is not None and y:
                    out = self._data / y
                    return _node(DIV, out, self, other, 1.0 / y, -(out / y))
            elif type(other) is float and other:
                return _node(DIV, self._data / other, self, other, 1.0 / other, None)
        return _binary(DIV, self, other)

    def __pow__(self, other: Any) -> Value:
        return _binary(POW, self, other)

    def __mod__(self, other: Any) -> Value:
        return _binary(REMAINDER, self, other)

    def __radd__(self, other: Any) -> Value:  # other + self
        if type(other) is int and other == 0 and not self.is_leaf and is_grad_enabled():
            return self  # the 0 that sum() starts from (but the sum of one leaf is a new node)
        if not switched and type(self) is Value and self._row is not None and type(other) is float:
            return _node(ADD, other + self._data, other, self, None, 1.0)
        return _binary(ADD, other, self)

    def __rsub__(self, other: Any) -> Value:
        return _binary(SUB, other, self)

    def __rmul__(self, other: Any) -> Value:
        if not switched and self._row is not None and type(other) is float:
            return _node(MUL, other * self._data, other, self, None, other)
        return _binary(MUL, other, self)

    def __rtruediv__(self, other: Any) -> Value:
        return _binary(DIV, other, self)

    def __rpow__(self, other: Any) -> Value:
        return _binary(POW, other, self)

    def __rmod__(self, other: Any) -> Value:
        return _binary(REMAINDER, other, self)

    def __neg__(self) -> Value:
        return unary(NEG, self)

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return unary(ABS, self)

    def __init_subclass__(cls) -> None:
        """Let operations on a subclass return that subclass: the four above always return a Value."""
        super().__init_subclass__()
        for name, method in _ARITHMETIC.items():
            if getattr(cls, name) is getattr(Value, name):
                setattr(cls, name, method)

    def __iadd__(self, other: Any) -> Value:
        return in_place(self, other, self + other)

    def __isub__(self, other: Any) -> Value:
        return in_place(self, other, self - other)

    def __imul__(self, other: Any) -> Value:
        return in_place(self, other, self * other)

    def __itruediv__(self, other: Any) -> Value:
        return in_place(self, other, self / other)

    def __ipow__(self, other: Any) -> Value:
        return in_place(self, other, self**other)

    @staticmethod
    def _apply(row: Primitive, operands: Sequence[Any]) -> Value:
        """row(*operands), where at least one operand is a Value. The functions of the table call this.

        NotImplemented if an operand is neither a Value nor a number, but a Tensor, say.
        """
        if len(operands) == 1 and type(row.partials) is tuple:
            return unary(row, operands[0])
        if len(operands) == 2:
            return _binary(row, *operands)
        if {*map(type, operands)} <= _USUAL:
            return _operation(row, operands)
        inputs: list[Any] = []
        for x in operands:
            if isinstance(x, Value):
                inputs.append(x)
            elif is_number(x):
                inputs.append(as_float(x))
            else:
                return NotImplemented
        return _operation(row, inputs)

    # --- the table's functions as methods, for editors and type checkers: they are attached below ---

    if TYPE_CHECKING:
        # the methods of the table
        def abs(self) -> Value: ...
        def acos(self) -> Value: ...
        def acosh(self) -> Value: ...
        def add(self, b: Operand) -> Value: ...
        def asin(self) -> Value: ...
        def asinh(self) -> Value: ...
        def atan(self) -> Value: ...
        def atan2(self, x: Operand) -> Value: ...
        def atanh(self) -> Value: ...
        def cbrt(self) -> Value: ...
        def clamp(self, min: Operand = ..., max: Operand = ...) -> Value: ...
        def copysign(self, y: Operand) -> Value: ...
        def cos(self) -> Value: ...
        def cosh(self) -> Value: ...
        def div(self, b: Operand) -> Value: ...
        def dot(self, *others: Operand) -> Value: ...
        def elu(self, alpha: Operand = ...) -> Value: ...
        def erf(self) -> Value: ...
        def erfc(self) -> Value: ...
        def exp(self) -> Value: ...
        def exp2(self) -> Value: ...
        def expm1(self) -> Value: ...
        def fmod(self, b: Operand) -> Value: ...
        def gelu(self) -> Value: ...
        def gelu_tanh(self) -> Value: ...
        def hardtanh(self, min_val: Operand = ..., max_val: Operand = ...) -> Value: ...
        def hypot(self, y: Operand) -> Value: ...
        def leaky_relu(self, negative_slope: Operand = ...) -> Value: ...
        def log(self) -> Value: ...
        def log10(self) -> Value: ...
        def log1p(self) -> Value: ...
        def log2(self) -> Value: ...
        def logaddexp(self, b: Operand) -> Value: ...
        def logsumexp(self, *others: Operand) -> Value: ...
        def max(self, *others: Operand) -> Value: ...
        def maximum(self, b: Operand) -> Value: ...
        def mean(self, *others: Operand) -> Value: ...
        def min(self, *others: Operand) -> Value: ...
        def minimum(self, b: Operand) -> Value: ...
        def mish(self) -> Value: ...
        def mul(self, b: Operand) -> Value: ...
        def neg(self) -> Value: ...
        def pow(self, b: Operand) -> Value: ...
        def prod(self, *others: Operand) -> Value: ...
        def relu(self) -> Value: ...
        def remainder(self, b: Operand) -> Value: ...
        def sigmoid(self) -> Value: ...
        def sign(self) -> Value: ...
        def silu(self) -> Value: ...
        def sin(self) -> Value: ...
        def sinh(self) -> Value: ...
        def softplus(self) -> Value: ...
        def softsign(self) -> Value: ...
        def sqrt(self) -> Value: ...
        def sub(self, b: Operand) -> Value: ...
        def sum(self, *others: Operand) -> Value: ...
        def tan(self) -> Value: ...
        def tanh(self) -> Value: ...
        def where(self, input: Operand, other: Operand) -> Value: ...

        arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
        arcsinh, arccosh, arctanh = asinh, acosh, atanh
        fabs, conjugate = abs, __pos__

    # --- comparisons look at data, the hash at identity ---

    def __eq__(self, other: object) -> bool:
        number = _comparable(other)
        return NotImplemented if number is None else data_of(self) == number

    def __ne__(self, other: object) -> bool:
        number = _comparable(other)
        return NotImplemented if number is None else data_of(self) != number

    def __lt__(self, other: Operand) -> bool:
        number = _comparable(other)
        return NotImplemented if number is None else data_of(self) < number

    def __le__(self, other: Operand) -> bool:
        number = _comparable(other)
        return NotImplemented if number is None else data_of(self) <= number

    def __gt__(self, other: Operand) -> bool:
        number = _comparable(other)
        return NotImplemented if number is None else data_of(self) > number

    def __ge__(self, other: Operand) -> bool:
        number = _comparable(other)
        return NotImplemented if number is None else data_of(self) >= number

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return bool(data_of(self) != 0.0)

    # --- as a plain number: only if no graph is lost ---

    def _plain_data(self) -> float:
        if tracing and type(_read_in_trace(self)) is not float:
            return float(_read_in_trace(self))  # it says that it cannot
        if self._row is None or not is_grad_enabled():
            return self._data
        if self._grad is not None and not self.is_leaf:  # a backward pass has used its graph: it may be read
            return self._data
        raise TypeError(
            f"{self!r} requires grad: as a plain number it would be cut off its graph. Use .item()"
            " for the number, and microgd's functions (microgd.exp(x) for math.exp(x)) to go on"
            " differentiating."
        )

    def __float__(self) -> float:
        return self._plain_data()

    def __int__(self) -> int:
        return int(self._plain_data())

    def __trunc__(self) -> int:
        return int(self._plain_data())

    def __complex__(self) -> complex:
        return complex(self._plain_data())

    def __round__(self, ndigits: int | None = None) -> float:
        return round(self._plain_data(), ndigits)

    def __format__(self, spec: str) -> str:
        return format(self._data, spec)

    def __repr__(self) -> str:
        label = str(self.label) if self.label else ""
        label = label if len(label) <= 40 else label[:37] + "..."
        name = f", label={label!r}" if label else ""
        made = f", op={self.op!r}" if self.op else ""
        return f"Value({self._data!r}{name}, grad={self.grad!r}{made})"

    # --- copies and pickles ---

    def __copy__(self) -> Value:
        from .copying import copied

        return copied(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        from .copying import deep_copied

        return deep_copied(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        from .copying import reduced

        return reduced(self)

    @classmethod
    def _constant(cls, number: float) -> Self:
        """A number that requires no grad."""
        return _node(None, number, None, None, None, None, cls)


_USUAL = {Value, float}
"""Operands of these classes are taken as they are."""

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "__add__": lambda self, other: _binary(ADD, self, other),
    "__sub__": lambda self, other: _binary(SUB, self, other),
    "__mul__": lambda self, other: _binary(MUL, self, other),
    "__rmul__": lambda self, other: _binary(MUL, other, self),
    "__truediv__": lambda self, other: _binary(DIV, self, other),
}
"""The operators without their short cuts, which give Values: for subclasses."""


# --- how a Value is made --------------------------------------------------------------------------------

_new: Callable[[Any], Any] = object.__new__


def _node(op: Any, data: float, a: Any, b: Any, da: Any, db: Any, kind: Any = None) -> Any:
    """The result of an operation, with its record: a Value, or an object of its subclass `kind`."""
    node = _new(kind or Value)
    node._data = data
    node._grad = None
    node.label = ""
    node._row = op
    node._a = a
    node._b = b
    node._da = da
    node._db = db
    node._mark = 0
    node._scope = ""
    if scoped:
        here = state()
        node._scope = looked_at(op, data, record(node)[0]) if here.lined else here.scope
        if here.trace is not None:
            here.trace.made(node)
    return node


def unary(row: Primitive, x: Value) -> Value:
    """An operation of one operand."""
    if tracing:
        return _operation(row, (x,))
    data = x._data
    out = row.value(data)
    if x._row is None or (switched and not is_grad_enabled()):
        return _unrecorded(type(x), row, out, data)
    return _node(row, out, x, None, row.partials[0](data, out), None, type(x))


def _binary(row: Primitive, a: Any, b: Any) -> Value:
    """An operation of two operands. One is a Value, the other a Value or a number."""
    x, y = data_of(a), data_of(b)
    if x is None or y is None:
        return NotImplemented
    if type(row.partials) is not tuple or tracing:
        return _operation(row, (a if isinstance(a, Value) else x, b if isinstance(b, Value) else y))
    out = row.value(x, y)
    recording = not switched or is_grad_enabled()
    kind: Any = None
    da = db = None
    partial_a, partial_b = row.partials
    if isinstance(a, Value):
        kind = type(a)
        if recording and a._row is not None:
            da = partial_a(x, y, out)
    else:
        a = x
    if isinstance(b, Value):
        kind = kind or type(b)
        if recording and b._row is not None:
            db = partial_b(x, y, out)
    else:
        b = y
    if da is None and db is None:
        return _unrecorded(kind, row, out, x, y)
    return _node(row, out, a, b, da, db, kind)


def _operation(row: Primitive, operands: Sequence[Any]) -> Value:
    """An operation on Values and floats. At least one operand is a Value."""
    data = [x if type(x) is float else x._data for x in operands]
    if tracing:
        data = list(map(data_of, operands))
    wanted = [type(x) is not float and x._row is not None for x in operands]
    kind = next(type(x) for x in operands if isinstance(x, Value))
    out = row(*data)
    if True not in wanted or (switched and not is_grad_enabled()):
        return _unrecorded(kind, row, out, *data)
    return recorded(kind, row, out, operands, row.partials_at(data, out, wanted))


def recorded(kind: Any, row: Primitive, out: float, operands: Sequence[Any], partials: Sequence[Any]) -> Any:
    """The inverse of `autograd.record`."""
    if len(operands) > 2:
        return _node(row, out, tuple(operands), None, tuple(partials), None, kind)
    a, b = (*operands, None, None)[:2]
    da, db = (*partials, None, None)[:2]
    return _node(row, out, a, b, da, db, kind)


def _unrecorded(kind: Any, row: Primitive, out: float, *data: float) -> Any:
    """The result of row(*data) as a constant: no operand requires grad, or nothing is recorded."""
    if scoped and state().watched:
        looked_at(row, out, data)
    return _node(None, out, None, None, None, None, kind)


def dots(inputs: Sequence[Any], rows: Sequence[Any], biases: Sequence[Any] | None) -> list[list[Value]]:
    """A layer of neurons: for each input of a batch, its dot product with each row, plus the row's bias.

    The nodes are the same as those of `ops.dot`, called once for each neuron. But here each row and each
    input is read only once, and all neurons use the same tuples. The data of one side are the partials of
    the other.
    """
    n = len(rows[0])
    one = () if biases is None else (1.0,)  # d out / d bias
    neurons = []
    for i, row in enumerate(rows):
        ws, w_data, w_wanted = _read(row if biases is None else (*row, biases[i]))
        neurons.append((ws, w_data, w_data[:n], w_wanted))
    unrecorded = bool(switched) and not is_grad_enabled()
    layers = []
    for input in inputs:
        xs, x_data, x_wanted = _read(input)
        x_partials = x_data + one
        layer: list[Value] = []
        for ws, w_data, w_partials, w_wanted in neurons:
            if x_wanted is None or w_wanted is None or tracing:
                layer.append(_operation(DOT, xs + ws))
                continue
            out = dot_of_rows(x_data, w_data)
            if unrecorded or not (x_wanted or w_wanted):
                layer.append(_unrecorded(Value, DOT, out, *x_data, *w_data))
            else:
                da = w_partials if x_wanted else ()
                layer.append(_node(DOT, out, xs, ws, da, x_partials if w_wanted else ()))
        layers.append(layer)
    return layers


def _read(numbers: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[float, ...], bool | None]:
    """A row of operands, their data, and whether they require grad: True all, False none, None some."""
    kinds = {*map(type, numbers)}
    if kinds == {float}:
        return tuple(numbers), tuple(numbers), False
    if kinds == {Value}:
        constants = [x._row for x in numbers].count(None)
        wanted = True if not constants else False if constants == len(numbers) else None
        return tuple(numbers), tuple([x._data for x in numbers]), wanted
    operands = tuple([x if isinstance(x, Value) else as_float(x) for x in numbers])
    return operands, tuple([x if isinstance(x, float) else x._data for x in operands]), None


def data_of(x: Any) -> Any:
    """The data of a Value, or a plain number as a float. None for anything else."""
    if isinstance(x, Value):
        return _read_in_trace(x) if tracing else x._data
    if type(x) is float:
        return x
    return as_float(x) if is_number(x) else None


def demand(x: Any, holds: Callable[[float], bool], complaint: Callable[[Any], Exception]) -> None:
    """Raise complaint(x) unless the number x holds. In a compiled function each call asks its arguments."""
    number = data_of(x)
    if type(number) is not float:
        number.demand(holds, complaint)
    elif not holds(number):
        raise complaint(x)


def _comparable(x: Any) -> Any:
    """As `data_of`, but an int stays an int: Python compares floats and ints exactly."""
    return x if isinstance(x, int) else data_of(x)


def _read_in_trace(x: Value) -> Any:
    """The data of a Value while a function is traced, perhaps on another thread: a float or a symbol."""
    trace = current_trace()
    return x._data if trace is None else trace.read(x)


def _noticed(x: Value) -> None:
    """Let a Value that was made by hand know its line, and let the trace know of it."""
    here = state()
    if here.lined:
        x._scope = with_line("")
    if here.trace is not None:
        here.trace.made(x)


def _demand_new(x: Value | None, what: str) -> None:
    """While a function is traced, refuse to change what existed before: the change would happen once."""
    trace = current_trace()
    if trace is not None and (x is None or not trace.is_new(x)):
        trace.refuse(what)


def _plain(x: Any) -> float:
    """A number given as a gradient, by itself or as a Value."""
    return x._data if isinstance(x, Value) else as_float(x)


def in_place(x: Value, other: Any, result: Value) -> Value:
    """The new x after `x += other`, given `result`, which is x + other.

    Inside of no_grad(), a leaf is changed in place, as training does. Elsewhere a leaf that requires grad
    must not change, because the record would no longer be true. But a loop may start at a leaf and add
    other Values: that makes a new Value, as `x = x + other` does.
    """
    if not x.is_leaf:
        return result
    if not isinstance(result, Value):  # x + a Tensor
        raise RuntimeError(f"output with shape [] doesn't match the broadcast shape {list(result.shape)}")
    if not result.requires_grad:
        if tracing:
            _demand_new(x, "changes a Value in place")
        x._data = result._data
        return x
    if (isinstance(other, Value) and other.requires_grad) or not x.requires_grad:
        return result
    raise RuntimeError(
        "a leaf Variable that requires grad is being used in an in-place operation. To train it,"
        " change it inside `with microgd.no_grad():`; to compute with it, write x = x - y."
    )


# --- the functions of the table as methods: NumPy's np.tanh(x) calls x.tanh(), and chains read well -------


def _method(row: Primitive) -> Callable[..., Any]:
    function = getattr(ops, row.name)

    def single(self: Value) -> Any:
        return unary(row, self)

    def several(self: Value, *others: Any, **named: Any) -> Any:
        return function(self, *others, **named)

    def reduced(self: Value, *others: Any) -> Any:
        return row(self, *others)

    method: Any = (
        reduced if type(row.partials) is not tuple else single if len(row.partials) == 1 else several
    )
    method.__name__ = row.name
    method.__qualname__ = f"Value.{row.name}"
    method.__doc__ = row.value.__doc__
    method.__wrapped__ = row.value
    return method


for _row in TABLE.values():
    setattr(Value, _row.name, _method(_row))

# np.arcsin(array of Values) asks each element for `arcsin`. Some of NumPy's functions ask for nothing and
# raise TypeError: logaddexp, copysign, float_power. Use microgd's there.
NUMPYS_NAMES = {
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "tan2", "sinh", "cosh", "tanh")},
    "fabs": "abs",
    "conjugate": "__pos__",  # np.var and np.std ask for it
}
for _name, _own in NUMPYS_NAMES.items():
    setattr(Value, _name, getattr(Value, _own))
