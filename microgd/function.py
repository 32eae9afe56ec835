"""Function: an operation by its forward and its backward, as torch.autograd.Function.

A primitive has partials, one number for each operand. A Function has a backward, which is any function of the
upstream gradients of all its outputs. `calls` says how a call stands in the graph.

This module uses `calls`, `value`, `tensor`, `table` and `recording`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .calls import Call, elements_of
from .recording import current_trace
from .table import as_float
from .tensor import Tensor
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Context:
    """`ctx`: what forward keeps for backward. Any attribute can be set.

    needs_input_grad  for each input of forward, whether backward must find its gradient
    """

    needs_input_grad: tuple[bool, ...]

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Any, ...] = ()
        self._materialize = True
        self._constants: tuple[Any, ...] = ()

    def save_for_backward(self, *numbers: Any) -> None:
        """Keep these for backward, which reads them as `ctx.saved_tensors`."""
        self._saved = numbers

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What forward gave to `save_for_backward`."""
        return self._saved

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """These outputs of forward, the objects themselves, become constants."""
        self._constants = outputs

    def set_materialize_grads(self, value: bool) -> None:
        """False: the upstream gradient of an output that the loss does not use is None, and not 0."""
        self._materialize = value


class Function:
    """An operation by its value and its backward: subclass it, and call `apply`.

        class Cube(microgd.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(ctx, grad):
                (x,) = ctx.saved_tensors
                return 3 * x**2 * grad

        y = Cube.apply(microgd.Value(2.0))

    forward   takes ctx and the inputs. A Value arrives as a float, a Tensor without its graph, anything
              else as it is. It returns a number, a Tensor, or a tuple of these
    backward  takes ctx and the upstream gradient of each output, and returns the gradient of each input: a
              number, a nested list or a Tensor of the input's shape, or None, which counts as 0

    Both run without recording, and backward runs once in each backward pass that reaches an output of the
    call. For second derivatives (`create_graph=True`) backward runs with recording: inputs and outputs that
    forward saved are then the Values and Tensors themselves, and so are the upstream gradients. Other numbers
    that forward kept on ctx are constants, as in PyTorch. There is no forward mode.
    """

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Any:
        """The value. To be written by the subclass."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The gradient of each input. To be written by the subclass."""
        raise NotImplementedError("You must implement the backward for your custom autograd.Function.")

    @classmethod
    def apply(cls, *inputs: Any) -> Any:
        """Run forward and record the call."""
        trace = current_trace()
        if trace is not None:
            trace.refuse(f"calls {cls.__name__}.apply, an autograd.Function")
        operands = [
            x if isinstance(x, Value) else as_float(x) for given in inputs for x in elements_of(given)
        ]
        wanted = [isinstance(x, Value) and x.requires_grad for x in operands]
        needs = tuple(any(_wanted(x) for x in elements_of(given)) for given in inputs)
        call = Call(cls, Context(needs), tuple(map(_plain, inputs)), wanted)
        return call.recorded(operands)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a backward that cannot be differentiated: second derivatives of the Function are then an error."""

    @functools.wraps(backward)
    def marked(ctx: Any, *grads: Any) -> Any:
        return backward(ctx, *grads)

    marked.once_differentiable = True  # type: ignore[attr-defined]
    return marked


def _wanted(x: Any) -> bool:
    return isinstance(x, Value) and x.requires_grad


def _plain(x: Any) -> Any:
    """What forward gets for an input."""
    if isinstance(x, Value):
        return x.item() * 1.0  # a float of its own: `kept` recognizes the object
    if isinstance(x, Tensor):
        return x.detach()
    if isinstance(x, (list, tuple)) and any(map(_wanted, _leaves(x))):
        raise TypeError(
            "apply does not look for Values in a list or tuple, as in PyTorch: give each as an input of its"
            " own, or all as a Tensor"
        )
    return x


def _leaves(nested: Iterable[Any]) -> Iterator[Any]:
    for x in nested:
        if isinstance(x, (list, tuple, Tensor)):
            yield from _leaves(x._elements if isinstance(x, Tensor) else x)
        else:
            yield x
