"""Buffers: numbers that belong to a module and are no parameters, such as a mask.

A buffer is an attribute with a Tensor or a Value of constants. The module remembers its name, and whether a
`state_dict` holds it. `Module` is made from this class. It uses `tensor` and `value`.
"""

from __future__ import annotations

from ..tensor import Tensor
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class WithBuffers:
    """What a Module has for its buffers."""

    _buffered: tuple[str, ...] = ()  # the names of its buffers
    _temporary: frozenset[str] = frozenset()  # those of them that no state_dict holds

    if TYPE_CHECKING:

        def named_modules(
            self, memo: Any = None, prefix: str = "", remove_duplicate: bool = True
        ) -> Iterator[tuple[str, Any]]: ...

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Make `tensor` the attribute `name`: it belongs to the module, and no optimizer sees it.

        tensor      a Tensor, a Value, or None
        persistent  whether `state_dict` holds it
        """
        if not isinstance(name, str):
            raise TypeError(f"buffer name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError('buffer name can\'t contain "."')
        if not name:
            raise KeyError('buffer name can\'t be empty string ""')
        if name not in self._buffered and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")
        if tensor is not None and not isinstance(tensor, (Tensor, Value)):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' (a Tensor, a Value or"
                " None is required)"
            )
        if name not in self._buffered:
            vars(self)["_buffered"] = (*self._buffered, name)
        vars(self)["_temporary"] = self._temporary - {name} if persistent else self._temporary | {name}
        setattr(self, name, tensor)

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Every buffer with its name.

        recurse           False: only those of this module itself
        remove_duplicate  False: a buffer that has two names comes twice
        """
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        seen: set[int] = set()
        for path, module in modules:
            for name in module._buffered:
                x = vars(module).get(name)
                if x is not None and not (remove_duplicate and id(x) in seen):
                    seen.add(id(x))
                    yield f"{path}.{name}" if path else name, x

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """Every buffer, once."""
        for _, x in self.named_buffers("", recurse):
            yield x
