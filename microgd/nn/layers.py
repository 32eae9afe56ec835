"""Layers with parameters, and the activations between them."""

from __future__ import annotations

import math

from .. import ops
from ..tensor import Tensor, tensor
from . import functional as F
from . import init
from .module import Module, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Linear(Module):
    """y = x Wᵀ + b

    in_features, out_features  the width of x and of y
    bias                       False leaves b out

    weight (out_features, in_features) and bias (out_features) start uniform in ±1/sqrt(in_features):
    the weights of torch.nn.Linear, bit for bit, after the same manual_seed.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        for width in (in_features, out_features):
            if width < 1:
                raise RuntimeError(
                    f"Linear needs at least one feature on either side, got"
                    f" in_features={in_features}, out_features={out_features}"
                )
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter([[0.0] * in_features for _ in range(out_features)])
        self.bias = Parameter([0.0] * out_features) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw fresh weights, then fresh biases."""
        # kaiming_uniform_ with a = sqrt(5), in PyTorch's order of operations: the last bit counts.
        gain = math.sqrt(2.0 / (1.0 + math.sqrt(5.0) ** 2))
        bound = math.sqrt(3.0) * (gain / math.sqrt(self.in_features))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            bound = 1.0 / math.sqrt(self.in_features)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Tensor:
        """(..., in_features) to (..., out_features)"""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


class ReLU(Module):
    """max(0, x), element by element"""

    def forward(self, input: Any) -> Any:
        return ops.relu(tensor(input) if isinstance(input, list) else input)


class Tanh(Module):
    """tanh(x), element by element"""

    def forward(self, input: Any) -> Any:
        return ops.tanh(tensor(input) if isinstance(input, list) else input)
