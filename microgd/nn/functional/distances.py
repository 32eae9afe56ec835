"""Losses of whole vectors: pairs and triplets of them that should be near to each other, or far apart."""

from __future__ import annotations

import math

from ... import ops
from ...tensor import as_tensor, shape
from .losses import demand_signs, reduce

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EPSILON = 9.999999960041972e-13
"""What PyTorch adds to a squared length, because of vectors of zeros: 1e-12, rounded to float32."""


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """1 - cos(x1, x2) if y = 1 (a pair that is alike), max(0, cos(x1, x2) - margin) if y = -1.

    input1, input2  (N, D) or (D), whose shapes broadcast
    target          (N) or a single number, 1 or -1
    RuntimeError if the dimensions do not fit.
    """
    a, b, y = as_tensor(input1), as_tensor(input2), as_tensor(target)
    dimensions = len(shape(y))
    if dimensions > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if not len(shape(a)) == len(shape(b)) == dimensions + 1:
        raise RuntimeError(
            f"{dimensions}D target tensor expects {dimensions + 1}D input tensors,"
            f" but found inputs with sizes {list(shape(a))} and {list(shape(b))}."
        )
    demand_signs(target)
    squares = ((a * a).sum(-1) + EPSILON) * ((b * b).sum(-1) + EPSILON)
    cosine = (a * b).sum(-1) / ops.sqrt(squares)
    return reduce(ops.where(y > 0.0, 1.0 - cosine, ops.clamp(cosine - margin, 0.0)), reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """max(0, d(a, p) - d(a, n) + margin), where d(x, y) = ‖x - y + ε‖: the negative is to be farther away.

    anchor, positive, negative  (..., D), of one number of dimensions
    p                           which norm: 2 is the usual length
    swap                        d(p, n) counts in place of d(a, n) where it is smaller
    Schroff et al. 2015, arXiv:1503.03832. RuntimeError if the numbers of dimensions differ.
    """
    if margin <= 0.0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    a, near, far = as_tensor(anchor), as_tensor(positive), as_tensor(negative)
    first, second, third = (len(shape(x)) for x in (a, near, far))
    if not first == second == third:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions,"
            f" but got: anchor {first}D, positive {second}D, and negative {third}D inputs"
        )

    other = _length(a - far + eps, p)
    if swap:
        other = ops.minimum(other, _length(near - far + eps, p))
    return reduce(ops.clamp(margin + _length(a - near + eps, p) - other, 0.0), reduction)


def _length(d: Any, p: float) -> Any:
    """‖d‖ along the last dimension. Where it is 0, the gradient is 0, as PyTorch's."""
    if not 0.0 < p < math.inf:
        return d.norm(p, -1)
    total = (d * d).sum(-1) if p == 2.0 else (ops.abs(d) ** p).sum(-1)
    nothing = total == 0.0  # no branch: so that it can be compiled
    return ops.where(nothing, 0.0, ops.where(nothing, 1.0, total) ** (1.0 / p))
