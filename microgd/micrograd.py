"""micrograd's surface over this engine: for code that was written for micrograd.

    from microgd.micrograd import Value, Neuron, Layer, MLP, draw_dot

A Value of this module has micrograd's attributes: a `.grad` that is 0.0 at the start, `_prev`, `_op`, and a
`_backward` that can be called and assigned. It has microgpt's as well, where a Value keeps its partials:
`_children` and `_local_grads`. All else is the engine's, and the Value can be mixed with all the rest of
microgd. docs/from-micrograd.md says what is the same, what differs, and why.

This module uses `by_hand`, `value`, `autograd` and `calls`, for `draw_dot` also `viz`.
"""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any

from . import value as engine
from .autograd import record, shown_record, vertex
from .by_hand import ByHand, Given, Made, as_partials
from .calls import Answer, Place
from .copying import slot_reader
from .value import POW, _node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "pow": "**",
    "neg": "-",
    "remainder": "%",
    "relu": "ReLU",
}
"""What micrograd calls an operation; by default it is the name in the table."""


class Value(engine.Value):
    """A number that records how it was made, with micrograd's attributes.

    data       the number
    _children  the Values that it is made of, for an operation of your own
    _op        the name of that operation; then assign `_backward`. Or, as in microgpt, a tuple with the
               partial for each of `_children`
    label      a name for pictures

    `.grad` is 0.0 until a backward pass reaches this Value. Two Values are equal if they are the same object.
    """

    def __init__(
        self,
        data: Any,
        _children: Iterable[Any] = (),
        _op: Any = "",
        label: str = "",
    ) -> None:
        super().__init__(data, label)
        operands = tuple(_children)
        row: Made
        partials: tuple[float | None, ...]
        for x in operands:
            if not isinstance(x, engine.Value):
                raise TypeError(f"expected Values to make a Value of, got {type(x).__name__}: {x!r}")
        if isinstance(_op, (tuple, list)):
            row, partials = Given(), as_partials(operands, _op)
        else:
            operands = tuple(dict.fromkeys(operands))
            row, partials = Made(_op), (None,) * len(operands)
        if operands:
            self._row, self._a, self._da = row, operands, partials

    # --- what a backward pass finds ---

    @property
    def grad(self) -> float:
        """d loss / d self: the sum over all backward passes since it was 0."""
        return 0.0 if self._grad is None else self._grad

    @grad.setter
    def grad(self, number: Any) -> None:
        engine.Value.grad.__set__(self, number)  # type: ignore[attr-defined]  # a property has it

    @property
    def _backward(self) -> Callable[[], None]:
        """One step of the chain rule: add to the `.grad` of each operand its partial times this `.grad`.

        It can be assigned, to a function without arguments that does so for an operation of your own.
        """
        call = vertex(self)._row
        if isinstance(call, ByHand):
            return call.closure
        # of the record as it is now: a function that is assigned later may call this one
        return partial(_pass_back, self, *shown_record(self))

    @_backward.setter
    def _backward(self, closure: Callable[[], None]) -> None:
        operands = tuple(dict.fromkeys(x for x in self.inputs if isinstance(x, engine.Value)))
        if not operands:
            raise RuntimeError(
                "this Value has no operands that a _backward could pass a gradient to: give them as"
                " Value(data, (a, b), 'name')"
            )
        call = ByHand(self, operands, closure)
        self._row = Made(self._op)
        partials = tuple(Answer(call, i) if want else None for i, want in enumerate(call.wanted))
        self._a, self._b = _node(call, 0.0, operands, None, partials, None, type(self)), None
        self._da, self._db = Place(0, 1), None

    # --- what it was made of ---

    @property
    def _prev(self) -> set[engine.Value]:
        """The operands, each once. A plain number among them is a Value too; an exponent is none."""
        return _operands(self)

    @property
    def _op(self) -> str:
        """The operation's sign, as micrograd writes it; "" for a leaf."""
        return _sign(self)

    @property
    def _children(self) -> tuple[engine.Value, ...]:
        """The operands in order, without those that require no grad, such as plain numbers."""
        return tuple(x for x, d in zip(*shown_record(self), strict=True) if d is not None)

    @property
    def _local_grads(self) -> tuple[float, ...]:
        """The partial for each of `_children`."""
        return tuple(d for d in shown_record(self)[1] if d is not None)

    # --- as micrograd's: equal is who is the same, and each is true ---

    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return True

    def __iadd__(self, other: Any) -> Any:
        return self + other

    def __isub__(self, other: Any) -> Any:
        return self - other

    def __imul__(self, other: Any) -> Any:
        return self * other

    def __itruediv__(self, other: Any) -> Any:
        return self / other

    def __ipow__(self, other: Any) -> Any:
        return self**other

    def __repr__(self) -> str:
        return f"Value(data={self._data!r}, grad={self.grad!r})"


def _pass_back(out: Value, operands: Sequence[Any], partials: Sequence[Any]) -> None:
    for x, d in zip(operands, partials):
        if d is not None:
            x.grad = (0.0 if x._grad is None else x._grad) + d * out.grad


def _operands(x: engine.Value) -> set[engine.Value]:
    node = vertex(x)
    if float in map(type, record(node)[0]):
        slot = slot_reader(lambda y: x._constant(y) if type(y) is float else y, {})
        node._a = slot(node._a)  # the record keeps these Values, so that the next call returns the same
        if node._row is not POW:
            node._b = slot(node._b)
    return {y for y in record(node)[0] if isinstance(y, engine.Value)}


def _sign(x: engine.Value) -> str:
    if isinstance(x._row, Made):
        return x._row.sign
    if x._row is POW and isinstance(x._b, float):
        return f"**{int(x._b) if x._b.is_integer() else x._b}"
    return SIGNS.get(x.op, x.op)


# --- neurons, as micrograd's: sums of products -----------------------------------------------------------


class Module:
    """Something with parameters."""

    def parameters(self) -> list[Value]:
        """Its parameters. To be written by the subclass."""
        return []

    def zero_grad(self) -> None:
        """Set the gradient of each parameter to 0."""
        for p in self.parameters():
            p.grad = 0.0


class Neuron(Module):
    """relu(b + w[0] x[0] + w[1] x[1] + ...), or without relu if `nonlin` is False.

    Weights begin uniform in [-1, 1], drawn by Python's `random`, and the bias at 0.
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1.0, 1.0)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Any]) -> Any:
        """The output for the inputs x."""
        if len(x) != len(self.w):
            raise ValueError(f"a neuron of {len(self.w)} inputs was called with {len(x)}")
        total: Any = self.b
        for weight, number in zip(self.w, x):
            total = total + weight * number
        return total.relu() if self.nonlin else total

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons with the same `nin` inputs."""

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        self.neurons = [Neuron(nin, **options) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> Any:
        """A list of the outputs, or the output itself if there is one neuron."""
        outputs = [neuron(x) for neuron in self.neurons]
        return outputs if len(outputs) != 1 else outputs[0]

    def parameters(self) -> list[Value]:
        """Those of the neurons, one neuron after another."""
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """Layers one after another, with relu between them: MLP(2, [16, 16, 1])."""

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        widths = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [Layer(widths[i], widths[i + 1], nonlin=i != last) for i in range(len(nouts))]

    def __call__(self, x: Sequence[Any]) -> Any:
        """What the last layer returns."""
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        """Those of the layers, first to last."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"


def trace(root: engine.Value) -> tuple[set[engine.Value], set[tuple[engine.Value, engine.Value]]]:
    """The Values that root was made of, with root, and the edges: pairs of an operand and its result."""
    nodes, edges, stack = {root}, set(), [root]
    while stack:
        node = stack.pop()
        for x in _operands(node):
            edges.add((x, node))
            if x not in nodes:
                nodes.add(x)
                stack.append(x)
    return nodes, edges


def draw_dot(root: engine.Value, format: str = "svg", rankdir: str = "LR") -> Any:
    """A `graphviz.Digraph` of the graph: a box for each value, an oval for each operation.

    root     the Value at the end
    format   "svg" or "png", for `render`
    rankdir  "LR" from left to right, "TB" from top to bottom

    It needs no program of the system: `pip install "microgd[viz]"` brings one. `microgd.draw(root)` makes a
    picture with partials, that also shows large graphs.
    """
    from .viz.operations import digraph

    return digraph(root, format, rankdir, _sign)
