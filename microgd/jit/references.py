"""What a function refers to beside its arguments: names of its module, variables of the functions around it,
functions that it calls, and attributes of Modules.

A trace holds as long as these are the same. So a model that is made anew in a notebook, or a number that has
changed, is noticed at the next call. What is inside of a list or a dict is not watched.

This module uses `symbol` and `value`.
"""

from __future__ import annotations

from _operator import attrgetter, is_not
from opcode import EXTENDED_ARG, opmap
from types import CodeType, FunctionType

from ..value import Value
from .symbol import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CellType
    from typing import Any


_mode = attrgetter("training")
_LOAD_GLOBAL = opmap["LOAD_GLOBAL"]


class References:
    """The references of a function after its trace."""

    def __init__(self, function: Any, modules: Iterable[Any]) -> None:
        """`modules`: the Modules that the function has called."""
        self._names: list[tuple[dict[str, Any], str, Any]] = []
        self._cells: list[tuple[CellType, str, Any]] = []
        known = dict.fromkeys(modules)
        waiting, seen = [function], set()
        while waiting:
            x = waiting.pop()
            x = getattr(x, "__wrapped__", x)  # of a compiled function, and of one with a decorator
            if hasattr(x, "named_modules") and not isinstance(x, type):  # a Module
                known.update(dict.fromkeys(x.modules()))
            waiting += [x.__self__] if hasattr(x, "__func__") else []  # the object of a method
            x = getattr(x, "__func__", x)
            if isinstance(x, FunctionType) and x not in seen:
                seen.add(x)
                waiting += self._watched(x)
        for module in known:
            own = vars(module)
            lasting = [(name, x) for name, x in own.items() if name != "training" and _is_lasting(x)]
            self._names += [(own, name, x) for name, x in lasting]
        self._columns = list(zip(*self._names)) or [(), (), ()]
        self._modules = list(known)
        self._modes = list(map(_mode, known))

    def _watched(self, function: FunctionType) -> list[Any]:
        """What a function refers to."""
        cells = list(zip(function.__closure__ or (), function.__code__.co_freevars))
        self._cells += [(cell, name, _in_cell(cell)) for cell, name in cells]
        found = [_in_cell(cell) for cell, _ in cells]
        space = function.__globals__
        if not str(function.__module__).startswith("microgd."):
            names = {*_names(function.__code__)} & space.keys()
            self._names += [(space, name, space[name]) for name in names]
            found += [space[name] for name in names]
        return found

    def changed(self) -> str | None:
        """The name of something that is not what it was in the trace. None: all is as it was."""
        if any(map(is_not, map(_mode, self._modules), self._modes)):
            return "training"
        spaces, names, were = self._columns
        if any(map(is_not, map(dict.get, spaces, names), were)):  # quick, because it is asked at each call
            for space, name, x in self._names:
                if not _is_same(space.get(name), x):
                    return name
        for cell, name, x in self._cells:
            if not _is_same(_in_cell(cell), x):
                return name
        return None


def _names(code: CodeType) -> Iterator[str]:
    """The names of the module that are read in a function, and in the functions inside of it."""
    extended = 0
    for operation, argument in zip(code.co_code[::2], code.co_code[1::2]):  # `dis` is slow to import
        argument |= extended
        extended = argument << 8 if operation == EXTENDED_ARG else 0
        if operation == _LOAD_GLOBAL:
            yield code.co_names[argument >> 1]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _in_cell(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None


def _is_lasting(x: Any) -> bool:
    """Whether x is no result which the trace has left in an attribute."""
    return not (isinstance(x, Value) and isinstance(x._data, Symbol))


def _is_same(x: Any, y: Any) -> bool:
    """Whether x is y, or the same number or text."""
    return x is y or (type(x) is type(y) and isinstance(x, (bool, int, float, str)) and x == y)
