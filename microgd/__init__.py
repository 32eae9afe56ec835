"""microgd: a minimal scalar autograd engine. The public names, and nothing else."""

from . import autograd as autograd
from .autograd import detect_anomaly as detect_anomaly
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import no_grad as no_grad
from .ops import *  # noqa: F403
from .value import Value as Value
