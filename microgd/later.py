"""Names that are loaded when they are first used, so that a program pays only for what it names.

A package gets its module-level `__getattr__` and `__dir__` (PEP 562) from `later`. This module uses
`absent` for the sentence about a name that is left out.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def later(
    package: str, modules: dict[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and the public names of a package whose modules are loaded on demand.

    `modules` has, for each module of the package, the names it defines, separated by spaces; "" where the
    module itself is what users name.
    """
    found_in = {name: part for part, names in modules.items() for name in names.split() or [part]}

    def getattr_(name: str) -> Any:
        part = found_in.get(name, name)
        if part not in modules:
            if name.startswith("__"):
                raise AttributeError(f"module {package!r} has no attribute {name!r}")
            from .absent import sentence

            raise AttributeError(sentence(package, name))
        __import__(f"{package}.{part}")
        module = sys.modules[f"{package}.{part}"]
        found = module if name == part else getattr(module, name)
        setattr(sys.modules[package], name, found)
        return found

    def dir_() -> list[str]:
        return sorted({*vars(sys.modules[package]), *found_in})

    return getattr_, dir_, list(found_in)
