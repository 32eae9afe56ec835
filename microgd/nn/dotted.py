"""What stands under a dotted name, such as `layers.0.weight`, inside of a module.

`Module` is made from this class.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class WithDottedNames:
    """What a Module has for dotted names."""

    def get_submodule(self, target: str) -> Any:
        """The Module with this name; of "" it is the module itself. AttributeError if there is none."""
        module: Any = self
        for name in target.split(".") if target else []:
            module = _attribute(module, name)
            if not isinstance(module, WithDottedNames):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target: str) -> Any:
        """The parameter with this name. AttributeError if there is none."""
        module, name, x = self._found(target)
        if name not in dict(module._own_tensors()):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return x

    def get_buffer(self, target: str) -> Any:
        """The buffer with this name. AttributeError if there is none."""
        module, name, x = self._found(target)
        if name not in module._buffered:
            raise AttributeError(f"`{name}` is not a buffer")
        return x

    def _found(self, target: str) -> tuple[Any, str, Any]:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        return module, name, _attribute(module, name)


def _attribute(module: Any, name: str) -> Any:
    if not hasattr(module, name):
        raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
    return getattr(module, name)
