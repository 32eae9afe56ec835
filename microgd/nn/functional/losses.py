"""Losses: how far an input (the model's output) is from its target.

Everywhere, `reduction` is "mean" (the default), "sum", or "none" for the losses one by one. In the
formulas x is an element of the input, y of the target.
"""

from __future__ import annotations

import math

from ... import ops
from ...tensor import as_tensor, demand_same_shape, mapped, shape, stacked, values
from ...value import Value
from .layers import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

REDUCTIONS = ("none", "mean", "sum")


def reduce(losses: Any, reduction: str, total_weight: Any = None) -> Any:
    """The losses themselves, their sum, or their mean: their sum over the total weight, if given."""
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
    """A function of the elements of an input and its target, which must have one shape."""
    demand_same_shape(input, target)
    return mapped(function, as_tensor(input), target)


# --- regression -----------------------------------------------------------------------------------------


def mse_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """(x - y)², the squared error

    input, target  nested sequences of one shape; RuntimeError if the shapes differ
    weight         of the same shape: each loss is multiplied by it, and the mean divided by its sum
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

    weight  of the same shape: each loss is multiplied by it (the mean is over their number)
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


# --- classification: one class of many -------------------------------------------------------------------


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-Σ_c w_c y_c log p_c, where p = softmax(x): how surprising the target is to the logits.

    input            (C), (N, C) or (N, C, d1 ...): a logit for each of C classes
    target           the class: a whole number from 0 to C - 1, for which y is 1 and else 0; or all y
                     as probabilities, in the shape of the input
    weight           (C), one for each class; the mean over classes is divided by those of the targets
    ignore_index     targets of this class count for nothing
    label_smoothing  ε: y becomes (1 - ε) y + ε/C. Szegedy et al. 2015, arXiv:1512.00567
    IndexError for a class out of range, ValueError for a target of another shape, RuntimeError for
    options and probabilities out of range.
    """
    smooth = label_smoothing
    if not 0.0 <= smooth <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {smooth}")
    logits = _classes_last(input)
    classes = shape(logits)[-1]
    weights = _class_weights(weight, classes)

    def losses(row: Any) -> list[Any]:  # -w log p of every class
        total = ops.logsumexp(row)
        return [_scaled(w, total - x) for w, x in zip(weights, row)]

    def given_class(row: Any, y: int) -> Any:
        if smooth == 0.0:
            return _scaled(weights[y], ops.logsumexp(row) - row[y])
        every = losses(row)
        return (1.0 - smooth) * every[y] + smooth / classes * ops.sum(every)

    def given_probabilities(row: Any, ys: Any) -> Any:
        return ops.dot([(1.0 - smooth) * y + smooth / classes for y in ys] if smooth else ys, losses(row))

    if shape(target) != shape(input):
        return _of_classes(given_class, logits, target, weights, ignore_index, reduction)
    if ignore_index >= 0:
        raise RuntimeError(f"ignore_index is not supported for floating point target, got {ignore_index}")
    demand_probabilities("target", target)
    return reduce(_each_row(given_probabilities, logits, _classes_last(target)), reduction)


def nll_loss(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """-w_y x_y: the input holds log probabilities, as of log_softmax. Arguments as in cross_entropy."""
    rows = _classes_last(input)
    weights = _class_weights(weight, shape(rows)[-1])
    return _of_classes(
        lambda row, y: _scaled(weights[y], -row[y]), rows, target, weights, ignore_index, reduction
    )


def _classes_last(input: Any) -> Any:
    """(N, C, d1 ...) as (N, d1 ..., C); a single sample (C) as it is."""

    def last(x: Any) -> Any:
        return x if len(shape(x)) < 2 else stacked(last(stacked(column)) for column in zip(*x))

    x = as_tensor(input)
    found = shape(x)
    if not found or 0 in found:
        raise RuntimeError(f"expected an input of shape (C), (N, C) or (N, C, d1 ...), got {found}")
    return x if len(found) < 2 else stacked(last(sample) for sample in x)


def _class_weights(weight: Any, classes: int) -> Any:
    if weight is None:
        return [None] * classes
    if shape(weight) != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes"
            f" but got weight tensor of shape: {list(shape(weight))}"
        )
    return weight


def _scaled(weight: Any, x: Any) -> Any:
    return x if weight is None else weight * x


def _each_row(function: Callable[..., Any], rows: Any, targets: Any) -> Any:
    """A function of every row of classes, and of what stands at its place in the targets."""
    if len(shape(rows)) == 1:
        return function(rows, targets)
    return stacked(_each_row(function, row, y) for row, y in zip(rows, targets))


def _of_classes(
    loss: Callable[[Any, int], Any], rows: Any, target: Any, weights: Any, ignored: int, reduction: str
) -> Any:
    """The losses of rows of logits, given the class that each should be."""
    *expected, classes = shape(rows)
    found = shape(target)
    if found != tuple(expected):
        raise ValueError(
            f"Expected input batch_size ({expected[0] if expected else 1}) to match target batch_size"
            f" ({found[0] if found else 1}): {classes} classes for each of {tuple(expected)}, got targets"
            f" of shape {found}"
        )

    def label(y: Any) -> int:
        c = whole(y, "a class index")
        if c != ignored and not 0 <= c < classes:
            raise IndexError(f"Target {c} is out of bounds: there are {classes} classes")
        return c

    labels = mapped(label, target)
    counted = [weights[c] for c in values(labels) if c != ignored]
    total = ops.sum([0.0, *(1.0 if w is None else w for w in counted)])
    nothing = Value(0.0, requires_grad=False)
    losses = _each_row(lambda row, c: nothing if c == ignored else loss(row, c), rows, labels)
    return reduce(losses, reduction, total)


# --- classification: yes or no ----------------------------------------------------------------------------


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """-w (y log x + (1 - y) log(1 - x)), where a logarithm counts as -100 at least.

    input, target  probabilities, of one shape
    weight         of that shape, or of its last dimensions
    RuntimeError if a probability is outside of [0, 1], ValueError if the shapes differ.
    """
    _demand_same_size(input, target)
    demand_probabilities("input", input)
    demand_probabilities("target", target)
    losses = mapped(lambda x, y: -(y * _log(x) + (1.0 - y) * _log1m(x)), as_tensor(input), target)
    return reduce(_times(weight, losses, "weight"), reduction)


LEAST_LOG = -100.0
SMALLEST = math.exp(LEAST_LOG)
LARGEST = 1.0 - 2.0**-53
STEEPEST = 1e12
"""PyTorch's slope of binary_cross_entropy at a probability of 0 for what happened."""


def _log(x: Any) -> Any:
    """log x, continued below e⁻¹⁰⁰ by a line that is -100 but still points the way."""
    return ops.where(x > SMALLEST, ops.log(ops.maximum(x, SMALLEST)), STEEPEST * x + LEAST_LOG)


def _log1m(x: Any) -> Any:
    """log(1 - x), likewise."""
    return ops.where(x < 1.0, ops.log1p(-ops.minimum(x, LARGEST)), STEEPEST * (1.0 - x) + LEAST_LOG)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """-w (p y log σ(x) + (1 - y) log(1 - σ(x))), exact where σ(x) itself would be 0 or 1.

    input, target  logits and probabilities, of one shape
    weight         of that shape, or of its last dimensions
    pos_weight     p, likewise: how much a yes counts beside a no
    """
    _demand_same_size(input, target)
    demand_probabilities("target", target)
    p = _times(pos_weight, target, "pos_weight")
    losses = mapped(
        lambda x, y, py: py * ops.softplus(-x) + (1.0 - y) * ops.softplus(x), as_tensor(input), target, p
    )
    return reduce(_times(weight, losses, "weight"), reduction)


def _demand_same_size(input: Any, target: Any) -> None:
    if shape(input) != shape(target):
        raise ValueError(f"Target size ({shape(target)}) must be the same as input size ({shape(input)})")


def demand_probabilities(name: str, numbers: Any) -> None:
    """RuntimeError, PyTorch's, unless all numbers are in [0, 1]."""
    for x in values(numbers):
        if not 0.0 <= x <= 1.0:
            raise RuntimeError(f"all elements of {name} should be between 0 and 1, got {x!r}")


def _times(weight: Any, numbers: Any, name: str) -> Any:
    """The numbers, each times its weight; a weight of fewer dimensions serves all rows."""
    if weight is None:
        return numbers
    own, wanted = shape(weight), shape(numbers)
    if own != wanted[len(wanted) - len(own) :]:
        raise RuntimeError(f"{name} of shape {own} does not fit losses of shape {wanted}")
    for length in reversed(wanted[: len(wanted) - len(own)]):
        weight = [weight] * length
    return mapped(ops.mul, numbers, weight)


# --- distributions, similarity, order ---------------------------------------------------------------------


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """y (log y - x), where x is a log probability: the divergence of the input from the target.

    log_target  the target is given as log y too
    reduction   also "batchmean": the sum divided by the length of the first dimension, which is the
                mean of the divergences ("mean" divides by the number of elements)
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
    """x for a pair of likes (y = 1), max(0, margin - x) for a pair of unlikes (y = -1)."""
    _demand_signs(target)

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
    _demand_signs(target)
    losses = mapped(
        lambda a, b, y: ops.clamp(-y * (a - b) + margin, 0.0), as_tensor(input1), as_tensor(input2), target
    )
    return reduce(losses, reduction)


def _demand_signs(target: Any) -> None:
    for y in values(target):
        if y != 1.0 and y != -1.0:
            raise ValueError(f"the target must be 1 or -1 everywhere, got {y!r}")
