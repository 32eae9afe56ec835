"""torch.func.functional_call: a call of a module with other numbers in place of its parameters.

So the gradient of a loss is a function of parameters that are given as a dict. This module uses `nn.module`,
`tensor` and `value`.
"""

from __future__ import annotations

from .nn.module import Module
from .tensor import as_tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """module(*args, **kwargs), where numbers of a dict stand in place of parameters and buffers.

    parameter_and_buffer_dicts  a dict, or several: Values, Tensors and nested lists by name, as in
                                `state_dict` or `named_parameters`
    args                        a tuple of arguments, or the one argument
    tie_weights                 a parameter that has several names is replaced under all of them
    strict                      True: all parameters and buffers must be named

    The module itself does not change.
    """
    dicts: Any = parameter_and_buffer_dicts
    given = dict(dicts) if hasattr(dicts, "items") else {k: x for each in dicts for k, x in each.items()}
    own = dict(module._named_tensors()) | dict(module.named_buffers("", True, False))
    fresh = {name: _fitting(name, x, own) for name, x in given.items()}
    missing = own.keys() - fresh.keys()
    if missing and strict:
        raise RuntimeError(f"Missing key(s): {', '.join(sorted(missing))}.")
    modules = dict(module.named_modules(None, "", False))
    tied = {id(x): fresh[name] for name, x in own.items() if name in fresh} if tie_weights else {}
    before = []
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        for name, x in own.items():
            if name in fresh or id(x) in tied:
                path, _, attribute = name.rpartition(".")
                attributes = vars(modules[path])
                before.append((attributes, attribute, attributes[attribute]))
                attributes[attribute] = fresh[name] if name in fresh else tied[id(x)]
        return module(*arguments, **(kwargs or {}))
    finally:
        for attributes, attribute, x in reversed(before):
            attributes[attribute] = x


def _fitting(name: str, x: Any, own: Mapping[str, Any]) -> Any:
    """What is given under a name, as a Value or a Tensor."""
    if name not in own:
        raise RuntimeError(f"Unexpected key(s): {name}.")
    x = as_tensor(x)
    if tuple(x.shape) != tuple(own[name].shape):
        raise RuntimeError(f"{name} has the shape {list(own[name].shape)}, but {list(x.shape)} is given")
    return x
