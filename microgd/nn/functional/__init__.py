"""The layers and losses as functions of their inputs: torch.nn.functional's names.

Here stand the formulas; the modules of microgd.nn keep the parameters and options, and call these.
Wherever a function takes numbers, it takes a nested sequence of numbers or Values (lists, Tensors,
NumPy arrays), or a single one.
"""

from .activations import elu as elu
from .activations import gelu as gelu
from .activations import hardtanh as hardtanh
from .activations import leaky_relu as leaky_relu
from .activations import log_softmax as log_softmax
from .activations import logsigmoid as logsigmoid
from .activations import mish as mish
from .activations import relu as relu
from .activations import selu as selu
from .activations import sigmoid as sigmoid
from .activations import silu as silu
from .activations import softmax as softmax
from .activations import softplus as softplus
from .activations import softsign as softsign
from .activations import tanh as tanh
from .layers import dropout as dropout
from .layers import embedding as embedding
from .layers import layer_norm as layer_norm
from .layers import linear as linear
from .layers import rms_norm as rms_norm
from .losses import binary_cross_entropy as binary_cross_entropy
from .losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from .losses import cross_entropy as cross_entropy
from .losses import hinge_embedding_loss as hinge_embedding_loss
from .losses import huber_loss as huber_loss
from .losses import kl_div as kl_div
from .losses import l1_loss as l1_loss
from .losses import margin_ranking_loss as margin_ranking_loss
from .losses import mse_loss as mse_loss
from .losses import nll_loss as nll_loss
from .losses import smooth_l1_loss as smooth_l1_loss
