"""torch.optim's names: optimizers change parameters, one step at a time."""

from __future__ import annotations

from ..later import later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import lr_scheduler as lr_scheduler
    from .adadelta import *
    from .adagrad import *
    from .adam import *
    from .adamax import *
    from .lbfgs import *
    from .nadam import *
    from .optimizer import *
    from .rmsprop import *
    from .sgd import *

__getattr__, __dir__, __all__ = later(
    __name__,
    {
        "optimizer": "Optimizer",
        "sgd": "SGD",
        "adam": "Adam AdamW",
        "rmsprop": "RMSprop",
        "adagrad": "Adagrad",
        "adadelta": "Adadelta",
        "adamax": "Adamax",
        "nadam": "NAdam",
        "lbfgs": "LBFGS",
        "lr_scheduler": "",
    },
)
