"""Where PyTorch is not installed, the tests that compare with it are skipped, and no others.

`import torch` gives a stand-in then. It may be named, also in the parameters of a test; the test that calls
anything of it is skipped with a sentence, and so is a file that does so when it is imported.
"""

import importlib.util
import sys
import types
from typing import Any

import pytest

WHY = 'PyTorch is not installed: pip install -e ".[parity]"'


class StandIn(types.ModuleType):
    """torch, or anything that is reached from it."""

    __path__ = ()  # so that `import torch.nn` is possible

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        part = sys.modules.get(f"{self.__name__}.{name}") or StandIn(f"{self.__name__}.{name}")
        sys.modules[part.__name__] = part
        setattr(self, name, part)
        return part

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        pytest.skip(WHY, allow_module_level=True)

    def __or__(self, other: Any) -> Any:  # in annotations
        return self

    __ror__ = __or__
    __signature__ = property(__call__)
    __mro_entries__ = __enter__ = __iter__ = __len__ = __bool__ = __float__ = __call__


class Finder:
    """Finds torch and its modules."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name.split(".")[0] == "torch" else None

    def create_module(self, spec: Any) -> Any:
        return StandIn(spec.name)

    def exec_module(self, module: Any) -> None:
        """It has nothing."""


def install() -> None:
    """Put the stand-in where torch would be, if it is not there."""
    if importlib.util.find_spec("torch") is None:
        sys.meta_path.append(Finder())
