"""torch.nn's names on scalars: every number is a Value, and a parameter a Tensor of them."""

from __future__ import annotations

from ..later import later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import functional as functional, init as init, utils as utils
    from .activations import *
    from .cells import *
    from .containers import *
    from .layers import *
    from .losses import *
    from .module import *
    from .norms import *
    from .recurrent import *

__getattr__, __dir__, __all__ = later(
    __name__,
    {
        "module": "Module Parameter",
        "containers": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
        "layers": "CosineSimilarity Dropout Embedding Flatten Identity Linear",
        "norms": "LayerNorm RMSNorm",
        "recurrent": "GRU LSTM RNN",
        "cells": "GRUCell LSTMCell RNNCell",
        "activations": "ELU GELU Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish PReLU ReLU SELU SiLU"
        " Sigmoid Softmax Softplus Softsign Tanh",
        "losses": "BCELoss BCEWithLogitsLoss CosineEmbeddingLoss CrossEntropyLoss HingeEmbeddingLoss"
        " HuberLoss KLDivLoss L1Loss MSELoss MarginRankingLoss NLLLoss SmoothL1Loss TripletMarginLoss",
        "functional": "",
        "init": "",
        "utils": "",
    },
)
