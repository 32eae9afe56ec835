"""The layers and losses as functions of their inputs: torch.nn.functional's names."""

from __future__ import annotations

from .. import ops
from ..tensor import Tensor, demand_same_shape, mapped, shape, stacked, tensor, values
from ..value import Value, dots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """y = x Wᵀ + b: each output is a neuron, the dot product of the input with a row of weights.

    input   (..., in_features), a nested sequence of numbers or Values
    weight  (out_features, in_features)
    bias    (out_features) or None
    Returns (..., out_features). RuntimeError if the widths differ.
    """
    dimensions = shape(input)
    width = dimensions[-1] if dimensions else 0
    if width != len(weight[0]) or 0 in dimensions:
        rows = 1
        for length in dimensions[:-1]:
            rows *= length
        raise RuntimeError(
            "mat1 and mat2 shapes cannot be multiplied"
            f" ({rows}x{width} and {len(weight[0])}x{len(weight)}):"
            f" input of shape {dimensions}, {len(weight[0])} input features expected"
        )
    return _linear(input, weight, bias, len(dimensions))


def _linear(input: Any, weight: Any, bias: Any, dimensions: int) -> Tensor:
    if dimensions > 1:
        return stacked(_linear(row, weight, bias, dimensions - 1) for row in input)
    return stacked(dots(weight, input, [None] * len(weight) if bias is None else bias))


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The squared error (x - y)², averaged over all elements ("mean"), summed, or as it is ("none").

    input, target  nested sequences of one shape; RuntimeError if the shapes differ
    """
    return reduce(pairwise(lambda x, y: (x - y) ** 2, input, target), reduction)


def pairwise(function: Any, input: Any, target: Any) -> Any:
    """A function of the elements of an input and its target, which must have one shape."""
    demand_same_shape(input, target)
    return mapped(function, input, target)


def reduce(losses: Any, reduction: str) -> Any:
    """The mean or the sum of all losses as one Value, or ("none") the losses themselves."""
    if reduction == "none":
        return tensor(losses) if not isinstance(losses, Value) else losses
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    total = ops.mean(values(losses)) if reduction == "mean" else ops.sum(values(losses))
    return total if isinstance(total, Value) else Value(total, requires_grad=False)
