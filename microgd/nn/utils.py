"""Helpers for training: clip gradients, parameters as one vector, mini-batches, copies of weights."""

from __future__ import annotations

import math

from ..random import permutation
from ..tensor import Tensor, shape, values
from ..value import Value
from .module import Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Value:
    """Multiply all gradients with one number, so that their norm is max_norm at most.

        norm = (Σ |g|^p)^(1/p),  g ← g · min(1, max_norm / (norm + 1e-6))

    norm_type  p, which may be inf: the largest |g|
    Returns the norm before the change. Pascanu et al. 2013, arXiv:1211.5063. RuntimeError, and nothing has
    changed, if error_if_nonfinite is True and the norm is inf or nan.
    """
    reached = [(x, x.grad) for x in _listed(parameters) if x.grad is not None]
    norm = _norm([gradient for _, gradient in reached], float(norm_type))
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(
            f"The total norm of order {float(norm_type)} for gradients from `parameters` is non-finite,"
            " so it cannot be clipped. To disable this error and scale the gradients by the non-finite"
            " norm anyway, set `error_if_nonfinite=False`"
        )
    scale = max_norm / (norm + 1e-6)
    for x, gradient in reached:
        x.grad = gradient * (1.0 if scale > 1.0 else scale)
    return Value(norm, requires_grad=False)


def _norm(numbers: list[float], p: float) -> float:
    if any(x != x for x in numbers):
        return math.nan
    if p == math.inf:
        return max(map(abs, numbers), default=0.0)
    if p == 2.0:
        return math.hypot(*numbers)
    return math.fsum(abs(x) ** p for x in numbers) ** (1.0 / p)


def clip_grad_value_(parameters: Any, clip_value: float) -> None:
    """g ← g, but no smaller than -clip_value and no larger than clip_value."""
    for x in _listed(parameters):
        if x.grad is not None:
            x.grad = min(max(x.grad, -clip_value), clip_value) if x.grad == x.grad else x.grad


def parameters_to_vector(parameters: Any) -> Tensor:
    """All numbers of model.parameters() in one Tensor: the Values themselves."""
    return Tensor(_listed(parameters))


def vector_to_parameters(vec: Any, parameters: Any) -> None:
    """Give the parameters the numbers of a vector, in order. RuntimeError if the counts differ."""
    numbers, wanted = Tensor(vec), _listed(parameters)
    if shape(numbers) != (len(wanted),):
        raise RuntimeError(f"a vector of shape {shape(numbers)} does not fit {len(wanted)} parameters")
    for x, number in zip(wanted, numbers._elements):
        x.data = number.data


def _listed(parameters: Any) -> list[Value]:
    """Values, from one, a Tensor, or any iterable of either."""
    if isinstance(parameters, (Value, Tensor)):
        return values(parameters)
    return [x for each in parameters for x in values(each)]


def batches(
    data: Sequence[Any],
    batch_size: int = 1,
    shuffle: bool = False,
    seed: int | None = None,
    drop_last: bool = False,
) -> Iterator[Any]:
    """Mini-batches of a list of samples, as one epoch of PyTorch's DataLoader.

        for inputs, targets in batches(list(zip(xs, ys)), 32, shuffle=True, seed=epoch):

    data        samples. If they are pairs (x, y), a batch is a pair of lists, otherwise a list
    shuffle     use a random order. It depends on the seed, or without one on the last manual_seed
    drop_last   leave out the last batch if it is smaller than the others
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
    order = permutation(len(data), seed) if shuffle else list(range(len(data)))
    end = len(order) - len(order) % batch_size if drop_last else len(order)
    chunks = (order[i : i + batch_size] for i in range(0, end, batch_size))
    return (_collated([data[i] for i in chunk]) for chunk in chunks)


def _collated(samples: list[Any]) -> Any:
    if isinstance(samples[0], tuple):
        return tuple(map(list, zip(*samples, strict=True)))
    return samples


def copy_weights(source: Any, target: Any) -> None:
    """Copy all weights of one model into another. Each may be a model of microgd or of PyTorch.

    RuntimeError if names or shapes differ, as in load_state_dict; then nothing has changed.
    """
    state = source.state_dict()
    if not isinstance(target, Module):
        import torch

        state = {name: torch.as_tensor(x, dtype=torch.float64) for name, x in state.items()}
        before = {name: x.clone() for name, x in target.state_dict().items()}
        try:
            target.load_state_dict(state)
        except RuntimeError:  # PyTorch has copied what does fit
            target.load_state_dict(before)
            raise
        return
    target.load_state_dict(state)
