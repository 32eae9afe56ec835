"""torch.func.functional_call: a call of a module with other numbers in place of its parameters.

So the gradient of a loss is a function of parameters that are given as a dict. This module uses `nn.module`,
`tensor` and `value`.
"""

from __future__ import annotations

import re

from .nn.module import Module
from .shapes import offsets
from .tensor import Tensor, as_tensor, made

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

    parameter_and_buffer_dicts  a dict, or several: Values, Tensors and nested lists. A name is that of a
                                Tensor, as in `state_dict`, or of one number, as in `named_parameters`
    args                        a tuple of arguments, or the one argument
    tie_weights                 a parameter that has several names is replaced under all of them
    strict                      True: all parameters and buffers must be named

    The module itself does not change.
    """
    dicts: Any = parameter_and_buffer_dicts
    given = dict(dicts) if hasattr(dicts, "items") else {k: x for each in dicts for k, x in each.items()}
    own = dict(module._named_tensors()) | dict(module.named_buffers("", True, False))
    fresh = _whole(given, own)
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


def _whole(given: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The Tensors and Values that are given, those of which only some numbers are given completed."""
    fresh: dict[str, Any] = {}
    for name, x in given.items():
        found = re.fullmatch(r"(.*?)((?:\[\d+\])*)", name)
        tensor, index = found.groups() if found else (name, "")
        if tensor not in own:
            raise RuntimeError(f"Unexpected key(s): {name}.")
        if not index:
            fresh[tensor] = _fitting(as_tensor(x), own[tensor], name)
            continue
        if tensor not in fresh:
            fresh[tensor] = made(list(own[tensor]._elements), own[tensor].shape)
        places = tuple(int(i) for i in re.findall(r"\d+", index))
        position = _position(places, own[tensor], name)
        fresh[tensor]._storage[position] = _fitting(as_tensor(x), own[tensor]._elements[position], name)
    return fresh


def _fitting(x: Any, old: Any, name: str) -> Any:
    if tuple(x.shape) != tuple(old.shape):
        raise RuntimeError(f"{name} has the shape {list(old.shape)}, but {list(x.shape)} is given")
    return x


def _position(index: tuple[int, ...], x: Tensor, name: str) -> int:
    if len(index) != x.ndim or any(i >= n for i, n in zip(index, x.shape)):
        raise RuntimeError(f"Unexpected key(s): {name}.")
    return sum(offset[i] for offset, i in zip(offsets(x.shape), index))
