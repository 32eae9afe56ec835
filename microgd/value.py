"""Value: a number that remembers how it was made.

Arithmetic on Values records a graph: each result keeps its operands and, beside each operand, the
partial derivative of the result with respect to it, taken at the moment of the operation. The chain
rule over that record is `autograd.pull`; what each operation is, and its derivatives, is the table
in `ops`. Everything else in microgd stands on this file.
"""

from __future__ import annotations

from . import autograd
from .autograd import LEAF, _paused, _places, is_grad_enabled, record, watched_scope
from .ops import TABLE, Primitive, as_float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias

    Operand: TypeAlias = "Value | float"

ADD, SUB, MUL, DIV, POW = (TABLE[name] for name in ("add", "sub", "mul", "div", "pow"))


class Value:
    """A float with a memory.

    data           its number: anything that is one is converted, anything else refused
    label          a name for pictures and messages
    requires_grad  whether backward() should find the slope of a loss along it

    `.grad` is None until a backward pass reaches it, and again after `zero_grad()`; every pass adds
    to it. `.inputs` are the operands in order, `.op` the name of the operation that joined them.
    """

    __slots__ = (
        "__weakref__",
        "_a",  # the first operand; or, for a reduction, the tuple of all operands
        "_b",  # the second operand
        "_da",  # d self / d _a, or None if no gradient is wanted there; or the tuple of all
        "_data",
        "_db",  # d self / d _b
        "_op",  # the row of the table; LEAF for a variable, None for a constant
        "_scope",  # the dotted name of the module it was made in
        "_sum",  # d loss / d self so far, during a walk
        "grad",
        "label",
    )

    _a: Any
    _b: Any
    _da: Any
    _data: float
    _db: Any
    _op: Any
    _scope: str
    _sum: float
    grad: float | None
    label: str

    def __init__(self, data: Any, label: str = "", requires_grad: bool = True) -> None:
        self._data = as_float(data)
        self.grad = None
        self.label = label
        self._op = LEAF if requires_grad else None
        self._a = self._b = self._da = self._db = None
        self._sum = 0.0
        self._scope = ""

    # --- what it is ---

    @property
    def data(self) -> float:
        """The number. Assigning one changes it in place, and leaves what was recorded as it is."""
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        self._data = as_float(number)

    def item(self) -> float:
        """The number."""
        return self._data

    @property
    def op(self) -> str:
        """The operation that made it, by its name in the table; "" for a leaf."""
        return self._op.name if self._op is not None else ""

    @property
    def inputs(self) -> tuple[Operand, ...]:
        """The operands in order, one per argument: Values, and floats where plain numbers stood."""
        return record(self)[0]

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by hand and not by an operation on something that requires grad."""
        return self._op is None or self._op is LEAF

    @property
    def requires_grad(self) -> bool:
        """Whether a backward pass finds its gradient."""
        return self._op is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self.is_leaf:
            self._op = LEAF if wanted else None
        elif not wanted:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a"
                " computed variable in a subgraph that doesn't require differentiation use"
                " var_no_grad = var.detach()."
            )

    def requires_grad_(self, requires_grad: bool = True) -> Value:
        """Set requires_grad in place, and return self."""
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Value:
        """The same number as a constant: no gradient flows through it."""
        return Value(self._data, self.label, requires_grad=False)

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` is None again."""
        self.grad = None

    def backward(self, gradient: Any = None) -> None:
        """Add d self / d v to `v.grad` for every v that self was made of, and for self (there it is 1).

        gradient  what to start from in place of 1: d loss / d self, if the loss lies further on
        """
        autograd._demand_graph(self)
        autograd.backward(self, 1.0 if gradient is None else _plain(gradient))

    # --- arithmetic: these four hold their partials in place, for speed; a test holds them to the table ---

    def __add__(self, other: Any) -> Value:
        if not _paused and self._op is not None:
            if type(other) is Value:
                if other._op is not None:
                    return _node(ADD, self._data + other._data, self, other, 1.0, 1.0)
            elif type(other) is float:
                return _node(ADD, self._data + other, self, other, 1.0, None)
        return _binary(ADD, self, other)

    def __sub__(self, other: Any) -> Value:
        if not _paused and self._op is not None:
            if type(other) is Value:
                if other._op is not None:
                    return _node(SUB, self._data - other._data, self, other, 1.0, -1.0)
            elif type(other) is float:
                return _node(SUB, self._data - other, self, other, 1.0, None)
        return _binary(SUB, self, other)

    def __mul__(self, other: Any) -> Value:
        if not _paused and self._op is not None:
            if type(other) is Value:
                if other._op is not None:
                    x, y = self._data, other._data
                    return _node(MUL, x * y, self, other, y, x)
            elif type(other) is float:
                return _node(MUL, self._data * other, self, other, other, None)
        return _binary(MUL, self, other)

    def __truediv__(self, other: Any) -> Value:
        if not _paused and self._op is not None:
            if type(other) is Value:
                y = other._data
                if other._op is not None and y:
                    out = self._data / y
                    return _node(DIV, out, self, other, 1.0 / y, -(out / y))
            elif type(other) is float and other:
                return _node(DIV, self._data / other, self, other, 1.0 / other, None)
        return _binary(DIV, self, other)

    def __pow__(self, other: Any) -> Value:
        return _binary(POW, self, other)

    def __mod__(self, other: Any) -> Value:
        return _binary(TABLE["remainder"], self, other)

    def __radd__(self, other: Any) -> Value:  # other + self
        if type(other) is int and other == 0 and not _constant_now(self):
            return self  # the 0 that sum() starts from
        return _binary(ADD, other, self)

    def __rsub__(self, other: Any) -> Value:
        return _binary(SUB, other, self)

    def __rmul__(self, other: Any) -> Value:
        if not _paused and self._op is not None and type(other) is float:
            return _node(MUL, other * self._data, other, self, None, other)
        return _binary(MUL, other, self)

    def __rtruediv__(self, other: Any) -> Value:
        return _binary(DIV, other, self)

    def __rpow__(self, other: Any) -> Value:
        return _binary(POW, other, self)

    def __rmod__(self, other: Any) -> Value:
        return _binary(TABLE["remainder"], other, self)

    def __neg__(self) -> Value:
        return _unary("neg", self)

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return _unary("abs", self)

    def __iadd__(self, other: Any) -> Value:
        return _in_place(self, other, self + other)

    def __isub__(self, other: Any) -> Value:
        return _in_place(self, other, self - other)

    def __imul__(self, other: Any) -> Value:
        return _in_place(self, other, self * other)

    def __itruediv__(self, other: Any) -> Value:
        return _in_place(self, other, self / other)

    def __ipow__(self, other: Any) -> Value:
        return _in_place(self, other, self**other)

    # --- the table's functions as methods: what microgd.tanh(x) and np.tanh(x) ask for ---

    def neg(self) -> Value:
        return _unary("neg", self)

    def abs(self) -> Value:
        return _unary("abs", self)

    def sign(self) -> Value:
        return _unary("sign", self)

    def exp(self) -> Value:
        return _unary("exp", self)

    def exp2(self) -> Value:
        return _unary("exp2", self)

    def expm1(self) -> Value:
        return _unary("expm1", self)

    def log(self) -> Value:
        return _unary("log", self)

    def log2(self) -> Value:
        return _unary("log2", self)

    def log10(self) -> Value:
        return _unary("log10", self)

    def log1p(self) -> Value:
        return _unary("log1p", self)

    def sqrt(self) -> Value:
        return _unary("sqrt", self)

    def cbrt(self) -> Value:
        return _unary("cbrt", self)

    def sin(self) -> Value:
        return _unary("sin", self)

    def cos(self) -> Value:
        return _unary("cos", self)

    def tan(self) -> Value:
        return _unary("tan", self)

    def asin(self) -> Value:
        return _unary("asin", self)

    def acos(self) -> Value:
        return _unary("acos", self)

    def atan(self) -> Value:
        return _unary("atan", self)

    def sinh(self) -> Value:
        return _unary("sinh", self)

    def cosh(self) -> Value:
        return _unary("cosh", self)

    def tanh(self) -> Value:
        return _unary("tanh", self)

    def asinh(self) -> Value:
        return _unary("asinh", self)

    def acosh(self) -> Value:
        return _unary("acosh", self)

    def atanh(self) -> Value:
        return _unary("atanh", self)

    def erf(self) -> Value:
        return _unary("erf", self)

    def erfc(self) -> Value:
        return _unary("erfc", self)

    def sigmoid(self) -> Value:
        return _unary("sigmoid", self)

    def softplus(self) -> Value:
        return _unary("softplus", self)

    def softsign(self) -> Value:
        return _unary("softsign", self)

    def relu(self) -> Value:
        return _unary("relu", self)

    def silu(self) -> Value:
        return _unary("silu", self)

    def mish(self) -> Value:
        return _unary("mish", self)

    def gelu(self) -> Value:
        return _unary("gelu", self)

    def gelu_tanh(self) -> Value:
        return _unary("gelu_tanh", self)

    # With more operands than one, any of them may be the Value, self included or not:
    # microgd.atan2(1.0, v) asks for Value.atan2(1.0, v).

    def leaky_relu(self, negative_slope: Operand = 0.01) -> Value:
        return _apply("leaky_relu", self, negative_slope)

    def elu(self, alpha: Operand = 1.0) -> Value:
        return _apply("elu", self, alpha)

    def add(self, other: Operand) -> Value:
        return _binary(ADD, self, other)

    def sub(self, other: Operand) -> Value:
        return _binary(SUB, self, other)

    def mul(self, other: Operand) -> Value:
        return _binary(MUL, self, other)

    def div(self, other: Operand) -> Value:
        return _binary(DIV, self, other)

    def pow(self, exponent: Operand) -> Value:
        return _binary(POW, self, exponent)

    def maximum(self, other: Operand) -> Value:
        return _apply("maximum", self, other)

    def minimum(self, other: Operand) -> Value:
        return _apply("minimum", self, other)

    def atan2(self, other: Operand) -> Value:
        return _apply("atan2", self, other)

    def hypot(self, other: Operand) -> Value:
        return _apply("hypot", self, other)

    def fmod(self, other: Operand) -> Value:
        return _apply("fmod", self, other)

    def remainder(self, other: Operand) -> Value:
        return _apply("remainder", self, other)

    def copysign(self, other: Operand) -> Value:
        return _apply("copysign", self, other)

    def logaddexp(self, other: Operand) -> Value:
        return _apply("logaddexp", self, other)

    def clamp(self, min: Operand | None = None, max: Operand | None = None) -> Value:
        low = float("-inf") if min is None else min
        return _apply("clamp", self, low, float("inf") if max is None else max)

    def hardtanh(self, min_val: Operand = -1.0, max_val: Operand = 1.0) -> Value:
        return _apply("hardtanh", self, min_val, max_val)

    def where(self, input: Operand, other: Operand) -> Value:  # self is the condition
        return _apply("where", float(bool(self)), input, other)

    def sum(self, *others: Operand) -> Value:
        return reduced("sum", (self, *others))

    def mean(self, *others: Operand) -> Value:
        return reduced("mean", (self, *others))

    def prod(self, *others: Operand) -> Value:
        return reduced("prod", (self, *others))

    def max(self, *others: Operand) -> Value:
        return reduced("max", (self, *others))

    def min(self, *others: Operand) -> Value:
        return reduced("min", (self, *others))

    def logsumexp(self, *others: Operand) -> Value:
        return reduced("logsumexp", (self, *others))

    def dot(self, *others: Operand) -> Value:
        return reduced("dot", (self, *others))

    # NumPy's names for some of them.
    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
    fabs = abs
    conjugate = __pos__  # np.var and np.std ask for it

    # --- comparisons are by data, the hash is identity ---

    def __eq__(self, other: object) -> bool:
        number = _number(other)
        return NotImplemented if number is None else self._data == number

    def __ne__(self, other: object) -> bool:
        number = _number(other)
        return NotImplemented if number is None else self._data != number

    def __lt__(self, other: Operand) -> bool:
        number = _number(other)
        return NotImplemented if number is None else self._data < number

    def __le__(self, other: Operand) -> bool:
        number = _number(other)
        return NotImplemented if number is None else self._data <= number

    def __gt__(self, other: Operand) -> bool:
        number = _number(other)
        return NotImplemented if number is None else self._data > number

    def __ge__(self, other: Operand) -> bool:
        number = _number(other)
        return NotImplemented if number is None else self._data >= number

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self._data != 0.0

    # --- as a plain number: only where that cuts no graph ---

    def _plain_data(self) -> float:
        if _constant_now(self):
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

    # --- copies and pickles: iterative, so that a long chain is no deep recursion ---

    def __copy__(self) -> Value:
        return _clone(self, None)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        def copied(operand: Any) -> Any:
            if isinstance(operand, float):
                return operand
            if id(operand) not in memo:  # a constant; nodes have been copied before
                memo[id(operand)] = _clone(operand, None)
            return memo[id(operand)]

        for node in autograd.order((self,)):
            if id(node) not in memo:
                memo[id(node)] = _clone(node, copied)
        return memo[id(self)]

    def __reduce__(self) -> tuple[Any, ...]:
        if self.is_leaf:
            return _leaf, (self._data, self.label, self.requires_grad, self.grad, self._scope)
        # Columns of plain numbers, not an object for each node: pickle is much faster at these.
        leaves: list[Value] = []
        nodes: list[Value] = []
        counts: list[int] = []
        references: list[float | int] = []
        slopes: list[float | None] = []
        places: dict[int, int] = {}  # of a leaf ~i, of a node i

        def reference(operand: Any) -> float | int:
            if isinstance(operand, float):
                return operand
            if id(operand) not in places:  # a leaf; nodes have been put in before
                places[id(operand)] = ~len(leaves)
                leaves.append(operand)
            return places[id(operand)]

        for node in autograd.order((self,)):
            if not node.is_leaf:
                operands, partials = record(node)
                counts.append(len(operands))
                references += map(reference, operands)
                slopes += partials
                places[id(node)] = len(nodes)
                nodes.append(node)
        facts = [(n.op, n._data, n.grad, n.label, n._scope) for n in nodes]
        return _replay, (leaves, counts, references, slopes, *map(list, zip(*facts)))


# --- how a Value is made --------------------------------------------------------------------------------

_new: Callable[[type[Value]], Value] = object.__new__


def _node(op: Primitive, data: float, a: Any, b: Any, da: Any, db: Any) -> Value:
    """The result of an operation, with its record."""
    node = _new(Value)
    node._data = data
    node.grad = None
    node.label = ""
    node._op = op
    node._a = a
    node._b = b
    node._da = da
    node._db = db
    node._sum = 0.0
    node._scope = ""
    if _places:
        node._scope = watched_scope(node)
    return node


def _constant(op: Primitive, out: float, *data: float) -> Value:
    """The result of an operation, op(*data), that nobody wants the gradient of."""
    if _places:
        autograd.watch(op, out, data)
    return _node(None, out, None, None, None, None)  # type: ignore[arg-type]


def _constant_now(x: Value) -> bool:
    """Whether operations on x are not recorded: it is a constant, or no_grad() is on."""
    return x._op is None or not is_grad_enabled()


def _unary(name: str, x: Value) -> Value:
    op = TABLE[name]
    data = x._data
    out = op.value(data)
    if x._op is None or (_paused and not is_grad_enabled()):
        return _constant(op, out, data)
    return _node(op, out, x, None, op.partials[0](data, out), None)


def _binary(op: Primitive, a: Any, b: Any) -> Value:
    """An operation of two operands, one of them a Value and the other perhaps a number."""
    x, y = _number(a), _number(b)
    if x is None or y is None:
        return NotImplemented
    out = op.value(x, y)
    da = db = None
    if not _paused or is_grad_enabled():
        d_a, d_b = op.partials
        if isinstance(a, Value):
            da = d_a(x, y, out) if a._op is not None else None
        else:
            a = x
        if isinstance(b, Value):
            db = d_b(x, y, out) if b._op is not None else None
        else:
            b = y
    if da is None and db is None:
        return _constant(op, out, x, y)
    return _node(op, out, a, b, da, db)


def _apply(name: str, *operands: Any) -> Value:
    """An operation of two or three operands, at least one of them a Value."""
    op = TABLE[name]
    if len(operands) == 2:
        return _binary(op, *operands)
    data = [_number(x) for x in operands]
    if None in data:
        return NotImplemented
    return reduced(name, [x if isinstance(x, Value) else y for x, y in zip(operands, data)])


def reduced(name: str, operands: Sequence[Any]) -> Value:
    """An operation of any number of operands, at least one of them a Value: one node."""
    inputs = [x if type(x) is Value or type(x) is float else _operand(x) for x in operands]
    return _reduction(TABLE[name], inputs, *_looked_at(inputs))


def dots(rows: Sequence[Any], batch: Sequence[Any], biases: Sequence[Any]) -> list[list[Value]]:
    """For each input of a batch its dot products with all rows, each with its bias: a layer of neurons.

    The nodes are those that `ops.dot` makes one by one. Here every row and every input is looked at
    only once, however many nodes it is part of.
    """
    op = TABLE["dot"]
    neurons = [(row, *_looked_at(row), *_looked_at([] if b is None else [b])) for row, b in zip(rows, biases)]
    biases = [[] if b is None else [b] for b in biases]
    layers = []
    for input in batch:
        xs = [_operand(x) for x in input]
        x_data, x_wanted = _looked_at(xs)
        layers.append(
            [
                _reduction(op, (*ws, *xs, *b), (*w_data, *x_data, *b_data), (*w_wanted, *x_wanted, *b_wanted))
                for (ws, w_data, w_wanted, b_data, b_wanted), b in zip(neurons, biases)
            ]
        )
    return layers


def _looked_at(operands: Sequence[Any]) -> tuple[list[float], list[bool]]:
    """The data of Values and floats, and which of them want a gradient."""
    data = [x if type(x) is float else x._data for x in operands]
    return data, [type(x) is not float and x._op is not None for x in operands]


def _reduction(op: Primitive, inputs: Sequence[Any], data: Sequence[float], wanted: Sequence[bool]) -> Value:
    out = op.value(*data)
    if (_paused and not is_grad_enabled()) or True not in wanted:
        return _constant(op, out, *data)
    return _node(op, out, tuple(inputs), None, tuple(op.slopes(data, out, wanted)), None)


def _operand(x: Any) -> Any:
    """A Value as it is, anything else as a float."""
    return x if isinstance(x, Value) else as_float(x)


def _number(x: Any) -> float | None:
    """The data of a Value or the number that x is; None for anything else."""
    if isinstance(x, Value):
        return x._data
    if isinstance(x, (float, int)):
        return float(x)
    if getattr(x, "shape", None) == ():  # a NumPy scalar
        return as_float(x)
    return None


def _plain(x: Any) -> float:
    """The number given as a gradient: a float, or a constant Value."""
    return x._data if isinstance(x, Value) else as_float(x)


def _in_place(x: Value, other: Any, result: Value) -> Value:
    """What `x += other` makes of x, given x + other.

    A leaf is changed in place under no_grad(), where training does it. A leaf that requires grad
    cannot be while its graph is recorded: the record would no longer be true. But adding up Values
    in a loop that starts at one is no such change, and makes a new Value as `x = x + other` does.
    """
    if result is NotImplemented or not x.is_leaf:
        return result
    if not result.requires_grad:
        x._data = result._data
        return x
    if (isinstance(other, Value) and other.requires_grad) or not x.requires_grad:
        return result
    raise RuntimeError(
        "a leaf Variable that requires grad is being used in an in-place operation. To train it,"
        " change it inside `with microgd.no_grad():`; to compute with it, write x = x - y."
    )


def _clone(node: Value, swap: Callable[[Any], Any] | None) -> Value:
    """A copy of one node, with the same operands, or what `swap` makes of them."""
    operands, partials = record(node)
    twin = _made(node._op, node._data, operands if swap is None else [*map(swap, operands)], partials)
    twin.grad, twin.label, twin._scope = node.grad, node.label, node._scope
    return twin


def _made(op: Any, data: float, operands: Sequence[Any], partials: Sequence[Any]) -> Value:
    """The inverse of `autograd.record`. No operation happens here, so there is none to watch."""
    node = Value(data)
    node._op = op
    if op is not None and (type(op.partials) is not tuple or len(operands) > 2):
        node._a, node._da = tuple(operands), tuple(partials)
    elif operands:
        node._a, node._b = (*operands, None)[:2]
        node._da, node._db = (*partials, None)[:2]
    return node


def _leaf(data: float, label: str, requires_grad: bool, grad: float | None, scope: str) -> Value:
    leaf = Value(data, label, requires_grad)
    leaf.grad, leaf._scope = grad, scope
    return leaf


def _replay(
    leaves: list[Value], counts: list[int], references: list[Any], slopes: list[Any], *facts: list[Any]
) -> Value:
    """What `Value.__reduce__` wrote down, made again."""
    nodes: list[Value] = []
    end = 0
    for count, op, data, grad, label, scope in zip(counts, *facts):
        start, end = end, end + count
        operands = [
            x if isinstance(x, float) else nodes[x] if x >= 0 else leaves[~x] for x in references[start:end]
        ]
        node = _made(TABLE[op], data, operands, slopes[start:end])
        node.grad, node.label, node._scope = grad, label, scope
        nodes.append(node)
    return nodes[-1]
