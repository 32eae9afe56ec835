"""How weights start."""

from __future__ import annotations

from ..value import Value
from .random import uniform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0) -> Any:
    """Fill with draws from [a, b), row by row."""
    for x in tensor:
        if isinstance(x, Value):
            x.data = uniform(a, b)
        else:
            uniform_(x, a, b)
    return tensor
