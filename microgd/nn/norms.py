"""Normalization: the numbers of each sample are scaled to the same size."""

from __future__ import annotations

from ..tensor import shaped
from . import functional as F
from .module import Module, Parameter, demand_floats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class LayerNorm(Module):
    """y = (x - E[x]) / sqrt(Var[x] + ε) · w + b, over the last dimensions

    normalized_shape    the last dimensions, or the last alone as an int
    eps                 ε
    elementwise_affine  False leaves w and b out
    bias                False leaves b out
    device, dtype       the processor and float64, under any of their names

    weight starts at 1 and bias at 0, both of normalized_shape.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        demand_floats(device, dtype)
        self.normalized_shape = _lengths(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.weight = _parameter(1.0, self.normalized_shape) if elementwise_affine else None
        self.bias = _parameter(0.0, self.normalized_shape) if elementwise_affine and bias else None

    def forward(self, input: Any) -> Any:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine},"
            f" bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """y = x / sqrt(E[x²] + ε) · w, over the last dimensions

    normalized_shape    the last dimensions, or the last alone as an int
    eps                 ε; None is the machine's, 2.2e-16
    elementwise_affine  False leaves w out
    device, dtype       the processor and float64, under any of their names

    weight starts at 1.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        demand_floats(device, dtype)
        self.normalized_shape = _lengths(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.weight = _parameter(1.0, self.normalized_shape) if elementwise_affine else None

    def forward(self, input: Any) -> Any:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def _lengths(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    lengths = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not lengths or min(lengths) < 1:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, with lengths of at least 1,"
            f" but got normalized_shape = {list(lengths)}"
        )
    return lengths


def _parameter(number: float, lengths: tuple[int, ...]) -> Parameter:
    size = 1
    for length in lengths:
        size *= length
    return Parameter(shaped([number] * size, lengths))
