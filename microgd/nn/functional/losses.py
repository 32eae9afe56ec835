"""Losses: how far an input (the model's output) is from its target. More of them are in classification.py.

Every loss has a `reduction`: "mean" (the default), "sum", or "none" for the losses one by one. In the
formulas, x is an element of the input and y an element of the target.
"""

from __future__ import annotations

from ... import ops
from ...tensor import as_tensor, demand_same_shape, mapped, shape, values
from ...value import demand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

REDUCTIONS = ("none", "mean", "sum")


def reduce(losses: Any, reduction: str, total_weight: Any = None) -> Any:
    """The losses themselves, their sum, or their mean. With a total weight, the mean is the sum over it."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction: it is one of {REDUCTIONS}")
    if reduction == "none":
        return as_tensor(losses)
    if reduction == "sum":
        result = ops.sum(values(losses))
    elif total_weight is None:
        result = ops.mean(values(losses))
    else:
        result = ops.div(ops.sum(values(losses)), total_weight)
    return as_tensor(result)


def pairwise(function: Callable[[Any, Any], Any], input: Any, target: Any) -> Any:
    """A function of each element of the input and of the target, which must have the same shape."""
    demand_same_shape(input, target)
    return mapped(function, as_tensor(input), target)


def demand_probabilities(name: str, numbers: Any) -> None:
    """RuntimeError, PyTorch's, unless all numbers are in [0, 1]."""

    def wrong(x: Any) -> Exception:
        return RuntimeError(f"all elements of {name} should be between 0 and 1, got {x!r}")

    for x in values(numbers):
        demand(x, lambda p: 0.0 <= p <= 1.0, wrong)


# --- regression -----------------------------------------------------------------------------------------


def mse_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """(x - y)², the squared error

    input, target  nested sequences of one shape; RuntimeError if the shapes differ
    weight         of the same shape. Each loss is multiplied with it, and the mean is divided by its sum
    """
    losses = pairwise(lambda x, y: (x - y) ** 2, input, target)
    return reduce(_weighted(losses, weight), reduction, _total(weight))


def l1_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """|x - y|. Arguments as in mse_loss."""
    losses = pairwise(lambda x, y: ops.abs(x - y), input, target)
    return reduce(_weighted(losses, weight), reduction, _total(weight))


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """(x - y)² / 2β where |x - y| < β, else |x - y| - β/2. Girshick 2015, arXiv:1504.08083."""
    if beta < 0.0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta, got {beta}")
    if beta == 0.0:
        return l1_loss(input, target, reduction)

    def loss(x: Any, y: Any) -> Any:
        d = x - y
        return ops.where(ops.abs(d) < beta, d * d * (0.5 / beta), ops.abs(d) - 0.5 * beta)

    return reduce(pairwise(loss, input, target), reduction)


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    """(x - y)² / 2 where |x - y| <= δ, else δ (|x - y| - δ/2). Huber 1964, doi:10.1214/aoms/1177703732.

    weight  of the same shape. Each loss is multiplied with it. The mean is divided by the number of losses
    """
    if not delta > 0.0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta, got {delta}")

    def loss(x: Any, y: Any) -> Any:
        d = x - y
        return ops.where(ops.abs(d) <= delta, d * d * 0.5, (ops.abs(d) - 0.5 * delta) * delta)

    return reduce(_weighted(pairwise(loss, input, target), weight), reduction)  # PyTorch's mean, too


def _weighted(losses: Any, weight: Any) -> Any:
    if weight is None:
        return losses
    if shape(weight) != shape(losses):
        raise ValueError(
            f"Weights and input must have the same size, got {shape(weight)} and {shape(losses)}"
        )
    return mapped(ops.mul, losses, weight)


def _total(weight: Any) -> Any:
    return None if weight is None else ops.sum(values(weight))


# --- distributions, similarity, order ---------------------------------------------------------------------


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """y (log y - x), where x is a log probability: the divergence of the input from the target.

    log_target  True: the target holds log y
    reduction   also "batchmean": the sum divided by the length of the first dimension. This is the mean
                of the divergences. ("mean" divides by the number of elements)
    """

    def loss(x: Any, y: Any) -> Any:
        if log_target:
            return ops.exp(y) * (y - x)
        return y * ops.log(ops.where(y == 0.0, 1.0, y)) - y * x  # 0 log 0 = 0

    if not log_target:
        demand_probabilities("target", target)
    losses = pairwise(loss, input, target)
    if reduction == "batchmean":
        return reduce(losses, "sum") / float((shape(losses) or (1,))[0])
    return reduce(losses, reduction)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """x if y = 1 (a pair that is alike), max(0, margin - x) if y = -1 (a pair that is not)."""
    demand_signs(target)

    def loss(x: Any, y: Any) -> Any:
        return ops.where(y > 0.0, x, ops.clamp(margin - x, 0.0))

    return reduce(pairwise(loss, input, target), reduction)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """max(0, -y (x1 - x2) + margin): y = 1 wants x1 to be the larger, y = -1 x2.

    input1, input2, target  of one shape; RuntimeError if the shapes differ
    """
    first, second, signs = shape(input1), shape(input2), shape(target)
    if not first == second == signs:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes:"
            f" input1: {first}, input2: {second}, target: {signs}"
        )
    demand_signs(target)
    losses = mapped(
        lambda a, b, y: ops.clamp(-y * (a - b) + margin, 0.0), as_tensor(input1), as_tensor(input2), target
    )
    return reduce(losses, reduction)


def demand_signs(target: Any) -> None:
    """ValueError unless all numbers are 1 or -1."""

    def wrong(y: Any) -> Exception:
        return ValueError(f"the target must be 1 or -1 everywhere, got {y!r}")

    for y in values(target):
        demand(y, lambda y: y == 1.0 or y == -1.0, wrong)
