"""torch.optim's names: what moves the parameters, one step at a time."""

from .optimizer import Optimizer as Optimizer
from .sgd import SGD as SGD
