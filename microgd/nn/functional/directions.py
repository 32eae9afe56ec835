"""Vectors by their direction alone: their length divided out, and the cosine of the angle between two."""

from __future__ import annotations

from ...tensor import as_tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """x / max(‖x‖, ε) along `dim`: vectors of length 1.

    input  a nested sequence of numbers or Values
    p      which norm: 2 is the usual length
    Returns the shape of input.
    """
    x = as_tensor(input)
    if p == 2.0:  # no branch depends on a number, so that it can be compiled
        length = (x * x).sum(dim, True).clamp(min=eps * eps).sqrt()
    else:
        length = x.norm(p, dim, True).clamp(min=eps)
    return x / length


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1 · x2 / (‖x1‖ ‖x2‖) along `dim`: 1 for one direction, 0 for a right angle, -1 for opposite ones.

    x1, x2  nested sequences of numbers or Values, whose shapes broadcast
    eps     a shorter vector counts as one of this length; its gradient is the true one, and PyTorch's is not
    Returns the shape of both without `dim`.
    """
    from ...tensor_parts import broadcast_tensors

    a, b = broadcast_tensors(as_tensor(x1), as_tensor(x2))
    return (normalize(a, 2.0, dim, eps) * normalize(b, 2.0, dim, eps)).sum(dim)
