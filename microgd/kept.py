"""What the forward of a Function kept on ctx, and which of it are the inputs and the outputs of the call.

A second derivative needs their graphs. So the backward that is recorded gets a ctx with the Values and the
Tensors themselves instead of their numbers. A number is recognized as the same object: `apply` gives forward
a new float for each Value. Other numbers are constants, as in PyTorch.

This module uses `tensor`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from .tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Call


class Known(NamedTuple):
    """One input or one output of a call."""

    output: bool
    number: int


def places(call: Call) -> dict[int, Known]:
    """The inputs and outputs through which a gradient flows, by the id of what forward got and returned.

    A number that is written in the code of forward is one object wherever it is written: it is left out.
    """
    code = getattr(call.function.forward, "__code__", None)
    left_out = [*call.context._constants, *(code.co_consts if code else ())]
    found = {}
    for k, x in enumerate(call.outputs()):
        if isinstance(x, (float, Tensor)) and not any(x is other for other in left_out):
            found[id(x)] = Known(True, k)
    for k, x in enumerate(call.arguments):
        if call.context.needs_input_grad[k]:
            found[id(x)] = Known(False, k)
    return found


def with_kept(context: Any, replaced: Callable[[Any], Any]) -> Any:
    """A copy of ctx with replaced(x) for everything that was kept on it, also in lists, tuples and dicts."""

    def again(x: Any) -> Any:
        if type(x) in (list, tuple):
            return type(x)(map(again, x))
        if type(x) is dict:
            return {key: again(item) for key, item in x.items()}
        return replaced(x)

    twin = copy.copy(context)
    vars(twin).update({name: again(x) for name, x in vars(context).items()})
    return twin


def marked(call: Call) -> Any:
    """ctx for a pickle, with a `Known` for each: a pickle forgets whether two floats are the same object."""
    known = places(call)
    return with_kept(call.context, lambda x: known.get(id(x), x))


def unmarked(call: Call) -> Any:
    """The inverse of `marked`: ctx with what forward got and returned."""
    outputs = call.outputs()

    def of(x: Any) -> Any:
        if not isinstance(x, Known):
            return x
        return outputs[x.number] if x.output else call.arguments[x.number]

    return with_kept(call.context, of)
