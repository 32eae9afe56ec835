"""Modules that hold modules, under the names "0", "1", "2" ..."""

from __future__ import annotations

from .module import Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Self


class Row(Module):
    """What Sequential and ModuleList have in common: they are lists of modules."""

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        self._put(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def _put(self, name: str, module: Module) -> None:
        if not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass: {module!r}")
        setattr(self, name, module)

    def __len__(self) -> int:
        return len(list(self._inside()))

    def __iter__(self) -> Iterator[Module]:
        for _, module in self._inside():
            yield module

    def __getitem__(self, index: int | slice) -> Any:
        """The module at an index. A slice gives a container of the same kind, with the same modules."""
        if isinstance(index, slice):
            return type(self)().extend(list(self)[index])
        return getattr(self, self._name_at(index))

    def __setitem__(self, index: int, module: Module) -> None:
        self._put(self._name_at(index), module)

    def _name_at(self, index: int) -> str:
        names = [name for name, _ in self._inside()]
        if not -len(names) <= index < len(names):
            raise IndexError(f"index {index} is out of range: there are {len(names)} modules")
        return names[index]


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
