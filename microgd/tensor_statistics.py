"""torch's functions of samples: quantiles, covariances, histograms, integrals over points.

Some are methods of Tensor too. This module uses `ops`, `tensor`, `tensor_functions`, `tensor_order` and
`shapes`.
"""

from __future__ import annotations

import math

from . import ops
from .shapes import dimension, float64
from .tensor import Tensor, plain
from .tensor_functions import stack
from .tensor_methods import attach, whole
from .tensor_order import diff
from .tensor_storage import copies
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

_WEIGHTS: dict[str, Callable[[float], float]] = {
    "linear": lambda part: part,
    "lower": lambda part: 0.0,
    "higher": lambda part: float(part > 0.0),
    "midpoint": lambda part: 0.5 if part else 0.0,
}
"""What the upper of two neighbours is multiplied with, if a quantile is `part` of the way from the lower."""


def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """The number below which the part q of them lies, by default on the line between two neighbours.

    q              a number from 0 to 1, or a Tensor of several: then the results get a first dimension
    interpolation  or "lower", "higher", "midpoint"
    """
    if input.dtype is not float64:
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if interpolation not in _WEIGHTS:
        raise RuntimeError(f"quantile() interpolation must be one of {', '.join(_WEIGHTS)}")
    parts = whole(q)
    if not all(0.0 <= part <= 1.0 for part in plain(parts)):
        raise RuntimeError("quantile() q values must be in the range [0, 1]")

    def at(part: float) -> Callable[[Sequence[Any]], Any]:
        def of(xs: Sequence[Any]) -> Any:
            if not xs or any(x != x for x in xs):
                return _nan()
            ordered = sorted(xs, key=Value.item)
            low = math.floor(part * (len(xs) - 1))
            weight = _WEIGHTS[interpolation](part * (len(xs) - 1) - low)
            lower, upper = ordered[low], ordered[min(low + 1, len(xs) - 1)]
            return lower + weight * (upper - lower) if weight else copies([lower])[0]

        return of

    found = [input._reduced(at(part), dim, keepdim) for part in plain(parts)]
    return stack(found) if parts.shape else found[0]


def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The mean of those that are not nan."""

    def of(xs: Sequence[Any]) -> Any:
        known = [x for x in xs if x == x]
        return ops.mean(known) if known else _nan()

    return input._reduced(of, dim, keepdim)


def _nan() -> Value:
    return Value(math.nan, requires_grad=False)


def cov(input: Tensor, *, correction: int = 1) -> Any:
    """The covariances of the rows: Σ (x - mean of x) (y - mean of y) / (n - correction)."""
    if input.ndim > 2:
        raise RuntimeError(f"cov(): expected input to have two or fewer dimensions but got {input.ndim}")
    rows = input.reshape(1, -1) if input.ndim < 2 else input
    centered = rows - rows.mean(1, True)
    found = centered.matmul(centered.mT) / float(max(rows.shape[1] - correction, 0))
    return found if input.ndim == 2 else found[0, 0]


def corrcoef(input: Tensor) -> Any:
    """The correlations of the rows: their covariances, divided by their standard deviations."""
    found = cov(input)
    if input.ndim < 2:
        return found / found
    deviations = ops.sqrt(found.diagonal())
    return ops.clamp(found / deviations.unsqueeze(1) / deviations.unsqueeze(0), -1.0, 1.0)


def histc(input: Tensor, bins: int = 100, min: Any = 0, max: Any = 0) -> Any:
    """How many numbers lie in each of equally wide bins from min to max; by default of all numbers."""
    numbers = [float(x) for x in plain(input)]
    low, high = float(min), float(max)
    if bins <= 0:
        raise RuntimeError("torch.histc(): bins must be > 0")
    if low == high and numbers:
        low, high = sorted(numbers)[0], sorted(numbers)[-1]
    if low == high:
        low, high = low - 1.0, high + 1.0
    if not low < high < math.inf or low == -math.inf:
        raise RuntimeError(f"torch.histc: range of [{low}, {high}] is not finite, or max is less than min")
    counts = [0.0] * bins
    for x in numbers:
        if low <= x <= high:
            k = int((x - low) / (high - low) * bins)
            counts[k if k < bins else bins - 1] += 1.0
    return Tensor(counts)


def trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Any:
    """The integral of a function over points: Σ (yᵢ + yᵢ₊₁) / 2 · (xᵢ₊₁ - xᵢ), or · dx."""
    y = whole(y)
    d = dimension(dim, y.ndim)
    n = y.shape[d]
    pairs = max(n - 1, 0)
    sums = y.narrow(d, 0, pairs) + y.narrow(d, min(n, 1), pairs)
    if x is None:
        return sums.sum(d) * (dx * 0.5)
    points = whole(x)
    if points.ndim == 1 < y.ndim:
        points = points.view(-1, *(1 for _ in y.shape[d + 1 :]))
    return (sums * diff(points, dim=d - y.ndim)).sum(d) * 0.5


trapz = trapezoid


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803
    """The matrix of the powers of each number, from the (N-1)-th to the 0-th, or the other way round."""
    x = whole(x)
    powers = range(x.numel() if N is None else N)
    return stack([x**p for p in (powers if increasing else reversed(powers))], 1)


attach(globals(), "tensor_statistics")
