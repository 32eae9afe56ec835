"""Losses of classification: one class of many, and yes or no."""

from __future__ import annotations

import math

from ... import ops
from ...shapes import int64
from ...tensor import as_tensor, made, mapped, shape, shaped, values
from ...value import data_of
from .layers import rows_of as batched, whole
from .losses import demand_probabilities, reduce

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


# --- classification: one class of many -------------------------------------------------------------------


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-Σ_c w_c y_c log p_c, where p = softmax(x): the smaller, the more probable the target is.

    input            (C), (N, C) or (N, C, d1 ...): a logit for each of C classes
    target           the class, a whole number from 0 to C - 1: y is 1 for it, and 0 for others. Or all y
                     as probabilities, in the shape of the input
    weight           (C), one for each class. If targets are classes, the mean is the sum of the losses
                     divided by the sum of the targets' weights
    ignore_index     targets of this class are left out
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

    def given_class(row: Any, y: Any) -> Any:
        if smooth == 0.0:
            # The sum last: so a backward pass reaches the logits in the same order whatever y is.
            return _scaled(_weight_of(weights, y), -ops.pick(row, y) + ops.logsumexp(row))
        every = losses(row)
        return (1.0 - smooth) * ops.pick(every, y) + smooth / classes * ops.sum(every)

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
        lambda row, y: _scaled(_weight_of(weights, y), -ops.pick(row, y)),
        rows,
        target,
        weights,
        ignore_index,
        reduction,
    )


def _classes_last(input: Any) -> Any:
    """(N, C, d1 ...) as (N, d1 ..., C); a single sample (C) as it is."""

    x = as_tensor(input)
    found = shape(x)
    if not found or 0 in found:
        raise RuntimeError(f"expected an input of shape (C), (N, C) or (N, C, d1 ...), got {found}")
    return x if len(found) < 2 else x.permute(0, *range(2, len(found)), 1)


def _class_weights(weight: Any, classes: int) -> Any:
    if weight is None:
        return [None] * classes
    if shape(weight) != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes"
            f" but got weight tensor of shape: {list(shape(weight))}"
        )
    return weight


def _weight_of(weights: Any, y: Any) -> Any:
    return None if weights[0] is None else ops.pick(weights, y)


def _scaled(weight: Any, x: Any) -> Any:
    return x if weight is None else weight * x


def _each_row(function: Callable[..., Any], rows: Any, targets: Any) -> Any:
    """Call a function with each row of classes and its target: an item of a list, or a row of a Tensor."""
    if len(shape(rows)) == 1:
        return function(rows._elements, targets[0] if isinstance(targets, list) else targets._elements)
    *outer, classes = shape(rows)
    if not isinstance(targets, list):
        targets = batched(targets._elements, classes)
    return shaped(map(function, batched(rows._elements, classes), targets), tuple(outer))


def _of_classes(
    loss: Callable[[Any, Any], Any], rows: Any, target: Any, weights: Any, ignored: int, reduction: str
) -> Any:
    """The losses of rows of logits, given the right class of each row."""
    *expected, classes = shape(rows)
    found = shape(target)
    if found != tuple(expected):
        rows_given, targets_given = expected[0] if expected else 1, found[0] if found else 1
        sizes = f"input batch_size ({rows_given}) to match target batch_size ({targets_given})"
        if rows_given == targets_given:
            sizes = "one target for each row of logits"
        raise ValueError(
            f"Expected {sizes}: {classes} classes for each of {tuple(expected)}, got targets of shape {found}"
        )

    def label(y: Any) -> Any:
        number = data_of(values(y)[0])
        if type(number) is not float:  # a symbol: every call asks it
            number.demand(lambda c: c != ignored, _is_ignored)
        elif number == ignored:
            return None
        return whole(y, "a class index", classes, _no_class)

    labels = [label(y) for y in values(target)]
    counted = [_weight_of(weights, c) for c in labels if c is not None]
    total = ops.sum([0.0, *(1.0 if w is None else w for w in counted)])
    losses = _each_row(lambda row, c: _nothing(row) if c is None else loss(row, c), rows, labels)
    if not counted and reduction == "mean":
        return reduce(losses, "sum") + math.nan  # 0 / 0, but the gradients are 0
    return reduce(losses, reduction, total)


def _no_class(c: int, classes: int) -> IndexError:
    return IndexError(f"Target {c} is out of bounds: there are {classes} classes")


def _is_ignored(c: float) -> IndexError:
    return IndexError(
        f"Target {c:.0f} is ignore_index: a compiled function cannot leave out a target that is an argument."
        " Multiply its loss with a weight of 0, which is an argument too"
    )


def _nothing(row: Any) -> Any:
    """The loss of a target that is ignored: 0, and the gradient of every logit is 0 too."""
    return ops.where(False, ops.sum(row), 0.0)


# --- classification: yes or no ----------------------------------------------------------------------------


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """-w (y log x + (1 - y) log(1 - x)), where no logarithm is smaller than -100.

    input, target  probabilities, of one shape
    weight         of that shape, or one that is broadcast to it
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
"""PyTorch's derivative of binary_cross_entropy at a probability of 0 for what happened."""


def _log(x: Any) -> Any:
    """log x, but -100 below e⁻¹⁰⁰. There the derivative is PyTorch's: a large number, and not 0."""
    return ops.where(x > SMALLEST, ops.log(ops.maximum(x, SMALLEST)), STEEPEST * x + LEAST_LOG)


def _log1m(x: Any) -> Any:
    """log(1 - x), in the same way."""
    return ops.where(x < 1.0, ops.log1p(-ops.minimum(x, LARGEST)), STEEPEST * (1.0 - x) + LEAST_LOG)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """-w (p y log σ(x) + (1 - y) log(1 - σ(x))), exact where σ(x) itself would be 0 or 1.

    input, target  logits and probabilities, of one shape
    weight         of that shape, or one that is broadcast to it
    pos_weight     p, in the same way: how much more a target of 1 counts than a target of 0
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


def _times(weight: Any, numbers: Any, name: str) -> Any:
    """The numbers, each times its weight. A weight of fewer dimensions or of length 1 is used for all."""
    if weight is None:
        return numbers
    own, wanted = shape(weight), shape(numbers)
    if len(own) > len(wanted) or any(n not in (1, m) for n, m in zip(own[::-1], wanted[::-1])):
        raise RuntimeError(f"{name} of shape {own} does not fit losses of shape {wanted}")
    return as_tensor(numbers) * as_tensor(weight)


# --- classes as vectors ---------------------------------------------------------------------------------


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """Whole numbers as vectors of 0, with 1 at the number; without num_classes the largest says how long."""
    given = as_tensor(tensor)
    if given.dtype is not int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor")
    classes = values(given)
    if num_classes == -1:
        if not classes:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        num_classes = max(classes) + 1
    if any(c < 0 for c in classes):
        raise RuntimeError("Class values must be non-negative.")
    if any(c >= num_classes for c in classes):
        raise RuntimeError("Class values must be smaller than num_classes.")
    return made(
        [int(i == c) for c in classes for i in range(num_classes)], (*given.shape, num_classes), int64
    )
