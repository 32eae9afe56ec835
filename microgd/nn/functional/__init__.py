"""The layers and losses as functions of their inputs: torch.nn.functional's names.

The formulas are here. The modules of microgd.nn keep the parameters and options, and call these functions.
An argument of numbers may be a nested sequence of numbers or Values (lists, Tensors, NumPy arrays), or a
single one.
"""

from __future__ import annotations

from ...later import later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .activations import *
    from .attention import *
    from .classification import *
    from .directions import *
    from .distances import *
    from .layers import *
    from .losses import *

__getattr__, __dir__, __all__ = later(
    __name__,
    {
        "attention": "scaled_dot_product_attention",
        "directions": "cosine_similarity normalize",
        "distances": "cosine_embedding_loss triplet_margin_loss",
        "layers": "dropout embedding layer_norm linear rms_norm",
        "activations": "elu gelu hardtanh leaky_relu log_softmax logsigmoid mish prelu relu selu sigmoid"
        " silu softmax softplus softsign tanh",
        "losses": "hinge_embedding_loss huber_loss kl_div l1_loss margin_ranking_loss mse_loss"
        " smooth_l1_loss",
        "classification": "binary_cross_entropy binary_cross_entropy_with_logits cross_entropy nll_loss"
        " one_hot",
    },
)
