"""torch.nn's names on scalars: a parameter is a Value, a weight matrix a Tensor of them."""

from . import functional as functional
from . import init as init
from .containers import ModuleList as ModuleList
from .containers import Sequential as Sequential
from .layers import Linear as Linear
from .layers import ReLU as ReLU
from .layers import Tanh as Tanh
from .losses import MSELoss as MSELoss
from .module import Module as Module
from .module import Parameter as Parameter
