"""microgd: a minimal scalar autograd engine. The public names, and nothing else.

The engine is here at once; `nn`, `optim` and the rest are loaded when they are first named.
"""

from __future__ import annotations

from . import autograd as autograd
from .autograd import detect_anomaly as detect_anomaly
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import no_grad as no_grad
from .later import later
from .ops import abs as abs
from .ops import acos as acos
from .ops import acosh as acosh
from .ops import add as add
from .ops import asin as asin
from .ops import asinh as asinh
from .ops import atan as atan
from .ops import atan2 as atan2
from .ops import atanh as atanh
from .ops import cbrt as cbrt
from .ops import clamp as clamp
from .ops import copysign as copysign
from .ops import cos as cos
from .ops import cosh as cosh
from .ops import div as div
from .ops import dot as dot
from .ops import elu as elu
from .ops import erf as erf
from .ops import erfc as erfc
from .ops import exp as exp
from .ops import exp2 as exp2
from .ops import expm1 as expm1
from .ops import fmod as fmod
from .ops import gelu as gelu
from .ops import hardtanh as hardtanh
from .ops import hypot as hypot
from .ops import leaky_relu as leaky_relu
from .ops import log as log
from .ops import log1p as log1p
from .ops import log2 as log2
from .ops import log10 as log10
from .ops import log_softmax as log_softmax
from .ops import logaddexp as logaddexp
from .ops import logsigmoid as logsigmoid
from .ops import logsumexp as logsumexp
from .ops import max as max
from .ops import maximum as maximum
from .ops import mean as mean
from .ops import min as min
from .ops import minimum as minimum
from .ops import mish as mish
from .ops import mul as mul
from .ops import neg as neg
from .ops import pow as pow
from .ops import prod as prod
from .ops import relu as relu
from .ops import remainder as remainder
from .ops import selu as selu
from .ops import sigmoid as sigmoid
from .ops import sign as sign
from .ops import silu as silu
from .ops import sin as sin
from .ops import sinh as sinh
from .ops import softmax as softmax
from .ops import softplus as softplus
from .ops import softsign as softsign
from .ops import sqrt as sqrt
from .ops import sub as sub
from .ops import sum as sum
from .ops import tan as tan
from .ops import tanh as tanh
from .ops import where as where
from .tensor import Tensor as Tensor
from .tensor import tensor as tensor
from .value import Value as Value

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import func as func
    from . import nn as nn
    from . import optim as optim
    from .nn.random import manual_seed as manual_seed
    from .serialization import load as load
    from .serialization import save as save
    from .viz import draw as draw
    from .viz import explain as explain
    from .viz import play as play
    from .viz import tree as tree

_engine = [name for name in globals() if not name.startswith("_")]
__getattr__, __dir__, _rest = later(
    __name__,
    {
        "nn": "",
        "optim": "",
        "func": "",
        "viz": "draw explain play tree",
        "nn.random": "manual_seed",
        "serialization": "load save",
    },
)

# What `from microgd import *` brings: all but the names of builtins, which it would replace.
_not_for_all = {"abs", "max", "min", "pow", "sum", "annotations", "later", "TYPE_CHECKING"}
__all__ = [name for name in [*_engine, *_rest] if name not in _not_for_all]
