"""torch.utils' names: `data`, loaders of samples."""

from __future__ import annotations

from ..later import later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import data as data

__getattr__, __dir__, __all__ = later(__name__, {"data": ""})
