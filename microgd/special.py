"""torch.special's names: functions of the package under the names that mathematics uses.

This module uses `ops` and `tensor_elements`.
"""

from __future__ import annotations

from .ops import erf, erfc, exp2, expm1, log1p, log_softmax, logsumexp, sigmoid as expit, softmax
from .tensor_elements import logit, xlogy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["erf", "erfc", "exp2", "expit", "expm1", "log1p", "log_softmax", "logit", "logsumexp"]
__all__ += ["softmax", "xlogy"]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .absent import sentence

    raise AttributeError(sentence(__name__, name))
