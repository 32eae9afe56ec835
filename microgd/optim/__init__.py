"""torch.optim's names: what moves the parameters, one step at a time."""

from __future__ import annotations

from .adagrad import Adagrad as Adagrad
from .adam import Adam as Adam
from .adam import AdamW as AdamW
from .optimizer import Optimizer as Optimizer
from .rmsprop import RMSprop as RMSprop
from .sgd import SGD as SGD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import lr_scheduler as lr_scheduler


def __getattr__(name: str) -> Any:
    """`lr_scheduler`, loaded when it is first named."""
    if name != "lr_scheduler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return import_module(f".{name}", __name__)
