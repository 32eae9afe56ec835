"""Modules that hold modules or parameters: in a row, under the names "0", "1", "2" ..., or by name."""

from __future__ import annotations

from ..tensor import Tensor
from ..value import Value
from .module import Module, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Self


class Holder(Module):
    """What all of them have in common. What they hold are their attributes, as in every Module."""

    def _held(self) -> Iterator[tuple[str, Any]]:
        """What is in it, with names."""
        return self._inside()

    def _put(self, name: str, x: Any) -> None:
        if not isinstance(x, Module):
            raise TypeError(f"{type(x).__name__} is not a Module subclass: {x!r}")
        setattr(self, name, x)

    def __len__(self) -> int:
        return len(list(self._held()))


class Row(Holder):
    """What Sequential, ModuleList and ParameterList have in common: they are lists."""

    def append(self, module: Any) -> Self:
        """Add one at the end."""
        self._put(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Any]) -> Self:
        """Add several at the end."""
        for module in modules:
            self.append(module)
        return self

    __iadd__ = extend

    def __iter__(self) -> Iterator[Any]:
        for _, x in self._held():
            yield x

    def __getitem__(self, index: int | slice) -> Any:
        """What is at an index. A slice gives a container of the same kind, with the same content."""
        if isinstance(index, slice):
            return type(self)().extend(list(self)[index])
        return getattr(self, self._name_at(index))

    def __setitem__(self, index: int, module: Any) -> None:
        self._put(self._name_at(index), module)

    def _name_at(self, index: int) -> str:
        names = [name for name, _ in self._held()]
        if not -len(names) <= index < len(names):
            raise IndexError(f"index {index} is out of range: the length is {len(names)}")
        return names[index]


class Named(Holder):
    """What ModuleDict and ParameterDict have in common: they are dicts."""

    def update(self, given: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Put in all of a dict, or of pairs of a name and what it stands for."""
        pairs: Any = given.items() if hasattr(given, "items") else given
        for name, x in pairs:
            self[name] = x

    def keys(self) -> list[str]:
        """The names, in order."""
        return [name for name, _ in self._held()]

    def values(self) -> list[Any]:
        """What is in it, in order."""
        return [x for _, x in self._held()]

    def items(self) -> list[tuple[str, Any]]:
        """Pairs of a name and what it stands for, in order."""
        return list(self._held())

    def pop(self, key: str) -> Any:
        """Take one out, and return it."""
        x = self[key]
        del self[key]
        return x

    def clear(self) -> None:
        """Take all out."""
        for name in self.keys():
            del self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: str) -> bool:
        return key in self.keys()

    def __getitem__(self, key: str) -> Any:
        return dict(self._held())[key]

    def __setitem__(self, key: str, x: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"a name should be a string. Got {type(key).__name__}")
        if key not in self and hasattr(self, key):
            raise KeyError(f"attribute '{key}' already exists")
        if "." in key:
            raise KeyError(f'a name can\'t contain ".", got: {key}')
        if not key:
            raise KeyError('a name can\'t be empty string ""')
        self._put(key, x)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        delattr(self, key)


class OfParameters(Holder):
    """What ParameterList and ParameterDict have in common: a Tensor or a Value becomes a parameter."""

    _type_shown: str

    def _held(self) -> Iterator[tuple[str, Any]]:
        for name, x in vars(self).items():  # in a functional_call what is there is no Parameter
            if isinstance(x, (Tensor, Value)) and name not in self._buffered:
                yield name, x

    def _put(self, name: str, x: Any) -> None:
        if not isinstance(x, (Tensor, Value)):
            raise TypeError(f"{type(x).__name__} is no Tensor and no Value: {x!r}")
        kept = isinstance(x, Parameter) or (isinstance(x, Value) and x.is_leaf and x.requires_grad)
        setattr(self, name, x if kept else Parameter(x))

    def extra_repr(self) -> str:
        """A line for each parameter."""
        return "\n".join(
            f"  ({name}): Parameter containing: [{self._type_shown} of size {'x'.join(map(str, x.shape))}]"
            for name, x in self._held()
        )

    def _text(self) -> str:
        lines = self.extra_repr().split("\n")
        shown = lines[0] if len(lines) == 1 else "\n  " + "\n  ".join(lines) + "\n"
        return f"{type(self).__name__}({shown})"


class Sequential(Row):
    """Modules one after the other: each is called on the result of the one before.

    modules  given one by one, or in one dict, by name
    """

    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], dict):
            for name, module in modules[0].items():
                self._put(name, module)
        else:
            self.extend(modules)

    def forward(self, input: Any) -> Any:
        """Call the modules one after another, each on the result of the one before."""
        for module in self:
            input = module(input)
        return input


class ModuleList(Row):
    """A list of modules. They belong to the module that holds the list. It computes nothing itself."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        self.extend(modules or ())

    def _shown(self) -> Iterator[tuple[str, str]]:
        """One line for neighbours that look the same, such as `(0-2): 3 x Tanh()`."""
        runs: list[tuple[int, int, str]] = []
        for i, module in enumerate(self):
            text = repr(module)
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        for first, last, text in runs:
            several = (f"{first}-{last}", f"{last - first + 1} x {text}")
            yield (str(first), text) if first == last else several


class ModuleDict(Named):
    """Modules by name. They belong to the module that holds the dict. It computes nothing itself."""

    def __init__(self, modules: Any = None) -> None:
        self.update(modules or ())


class ParameterList(OfParameters, Row):
    """A list of parameters. They belong to the module that holds the list.

    values  Tensors and Values: what is no parameter becomes one
    """

    _type_shown = "microgd.float64"

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        self.extend(values or ())


class ParameterDict(OfParameters, Named):
    """Parameters by name. They belong to the module that holds the dict.

    parameters  Tensors and Values by name: what is no parameter becomes one
    """

    _type_shown = "microgd.DoubleTensor"

    def __init__(self, parameters: Any = None) -> None:
        self.update(parameters or ())

    def update(self, given: Any) -> None:
        """Put in all of a dict, or of pairs. The names of a plain dict are sorted, as PyTorch does it."""
        super().update(sorted(given.items(), key=lambda pair: pair[0]) if type(given) is dict else given)

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter with this name, or else the default."""
        return dict(self._held()).get(key, default)
