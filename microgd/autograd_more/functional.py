"""torch.autograd.functional's names: derivatives of a function at given inputs.

`inputs` is the argument of the function, or a tuple of all its arguments. Results are constants, unless
create_graph is True: then they have a graph, if the inputs require grad. The derivatives are those of `func`,
whose functions return functions.

This module, `microgd.autograd.functional`, uses `func` and `tensor`.
"""

from __future__ import annotations

from .. import func as _func
from ..ops import is_sequence as _is_sequence
from ..tensor import Tensor as _Tensor, as_tensor as _as_tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _found(x: Any, create_graph: bool) -> Any:
    """A result: numbers as Values and Tensors."""
    if isinstance(x, tuple):
        return tuple(_found(part, create_graph) for part in x)
    result = _as_tensor(x) if _is_sequence(x) or not isinstance(x, _Tensor) else x
    return result if create_graph else result.detach()


def _given(inputs: Any) -> tuple[Any, ...]:
    return inputs if isinstance(inputs, tuple) else (inputs,)


def _number(func: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The same function, which must return one number."""

    def function(*inputs: Any) -> Any:
        out = func(*inputs)
        if _is_sequence(out):
            raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single"
                               " element")  # fmt: skip
        return out

    return function


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """d output / d input, in the shape of the output and then of the input; a tuple for a tuple of inputs."""
    found = tuple(_func.jacrev(func, i)(*_given(inputs)) for i in range(len(_given(inputs))))
    if isinstance(inputs, tuple):
        if found and isinstance(found[0], tuple):  # outputs first, then inputs
            found = tuple(zip(*found))
        return _found(found, create_graph)
    return _found(found[0], create_graph)


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """The second derivatives of a function that returns one number; a tuple of tuples for several inputs."""
    one, n = _number(func, "hessian"), len(_given(inputs))
    rows = tuple(
        tuple(_func.jacrev(_func.jacrev(one, i), j)(*_given(inputs)) for j in range(n)) for i in range(n)
    )
    return _found(rows if isinstance(inputs, tuple) else rows[0][0], create_graph)


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """(the output, vᵀ J). v has the shape of the output; without it, the output is one number."""
    one = func if v is not None else _number(func, "vjp without v")
    out, pullback = _func.vjp(one, *_given(inputs))
    found = pullback(1.0 if v is None else v)
    return _found(out, create_graph), _found(found if isinstance(inputs, tuple) else found[0], create_graph)


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """(the output, J v). v has the shape of the inputs; without it, the input is one number."""
    along = (1.0,) if v is None else _given(v)
    out, found = _func.jvp(func, _given(inputs), along)
    return _found(out, create_graph), _found(found, create_graph)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """(the output, the Hessian times v). The function returns one number; v has the shape of the inputs."""
    one = _number(func, "hvp")
    out, found = _func.hvp(one, _given(inputs), (1.0,) if v is None else _given(v))
    return _found(out, create_graph), _found(found if isinstance(inputs, tuple) else found[0], create_graph)


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """(the output, vᵀ times the Hessian), which is `hvp`: the Hessian is symmetric."""
    return hvp(func, inputs, v, create_graph)
