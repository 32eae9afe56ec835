"""torch.nn's names on scalars: a parameter is a Value, a weight matrix a Tensor of them."""

from __future__ import annotations

from . import functional as functional
from . import init as init
from .activations import ELU as ELU
from .activations import GELU as GELU
from .activations import SELU as SELU
from .activations import Hardtanh as Hardtanh
from .activations import LeakyReLU as LeakyReLU
from .activations import LogSigmoid as LogSigmoid
from .activations import LogSoftmax as LogSoftmax
from .activations import Mish as Mish
from .activations import ReLU as ReLU
from .activations import Sigmoid as Sigmoid
from .activations import SiLU as SiLU
from .activations import Softmax as Softmax
from .activations import Softplus as Softplus
from .activations import Softsign as Softsign
from .activations import Tanh as Tanh
from .containers import ModuleList as ModuleList
from .containers import Sequential as Sequential
from .layers import Dropout as Dropout
from .layers import Embedding as Embedding
from .layers import Identity as Identity
from .layers import Linear as Linear
from .losses import BCELoss as BCELoss
from .losses import BCEWithLogitsLoss as BCEWithLogitsLoss
from .losses import CrossEntropyLoss as CrossEntropyLoss
from .losses import HingeEmbeddingLoss as HingeEmbeddingLoss
from .losses import HuberLoss as HuberLoss
from .losses import KLDivLoss as KLDivLoss
from .losses import L1Loss as L1Loss
from .losses import MarginRankingLoss as MarginRankingLoss
from .losses import MSELoss as MSELoss
from .losses import NLLLoss as NLLLoss
from .losses import SmoothL1Loss as SmoothL1Loss
from .module import Module as Module
from .module import Parameter as Parameter
from .norms import LayerNorm as LayerNorm
from .norms import RMSNorm as RMSNorm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from . import utils as utils


def __getattr__(name: str) -> ModuleType:
    if name != "utils":  # needed by few, and loaded when it is first named
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return import_module(f"{__name__}.utils")
