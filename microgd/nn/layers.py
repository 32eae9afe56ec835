"""Layers with parameters, Dropout and Identity."""

from __future__ import annotations

import math

from ..random import drawn_as
from ..tensor import Tensor, as_tensor, shape
from . import functional as F, init
from .functional.layers import demand_probability, padding_row
from .module import Module, Parameter, demand_floats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


class Identity(Module):
    """x itself. It takes any arguments and ignores them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, input: Any) -> Any:
        return input


class Flatten(Module):
    """The dimensions from start_dim to end_dim, 0 for the first, as one."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        return as_tensor(input).flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Linear(Module):
    """y = x Wᵀ + b

        >>> from microgd import manual_seed
        >>> _ = manual_seed(0)
        >>> layer = Linear(3, 2)
        >>> layer([1.0, 0.0, -1.0]).shape
        (2,)
        >>> [p.shape for p in layer.parameters()]
        [(2, 3), (2,)]

    in_features, out_features  the width of x and of y
    bias                       False leaves b out
    device, dtype              the processor and float64, under any of their names

    weight (out_features, in_features) and bias (out_features) start as uniform draws from
    ±1/sqrt(in_features). After the same manual_seed they are those of torch.nn.Linear, bit for bit.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        demand_floats(device, dtype)
        for width in (in_features, out_features):
            if not isinstance(width, int) or width < 1:
                raise RuntimeError(
                    f"Linear needs a whole number of features, at least 1, on either side; got"
                    f" in_features={in_features}, out_features={out_features}"
                )
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter([[0.0] * in_features for _ in range(out_features)])
        self.bias = Parameter([0.0] * out_features) if bias else None
        with drawn_as(dtype):
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw fresh weights, then fresh biases."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5.0))  # that is ±1/sqrt(in_features)
        if self.bias is not None:
            bound = 1.0 / math.sqrt(self.in_features)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Tensor:
        """The output (..., out_features) of an input (..., in_features)."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


class CosineSimilarity(Module):
    """x1 · x2 / (‖x1‖ ‖x2‖) along `dim`

    eps  a shorter vector counts as one of this length
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class Dropout(Module):
    """In training, each x becomes 0 with probability p, else x / (1 - p). After eval(), x stays x."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        demand_probability(p)
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Embedding(Module):
    """A table of vectors, looked up by index.

    num_embeddings  how many rows the table has
    embedding_dim   how long a row is
    padding_idx     a row that starts at 0 and receives no gradient
    device, dtype   the processor and float64, under any of their names

    weight (num_embeddings, embedding_dim) starts as draws from the normal distribution.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        demand_floats(device, dtype)
        if num_embeddings < 1 or embedding_dim < 1:
            raise RuntimeError(
                f"Embedding needs at least one row and one column, got"
                f" num_embeddings={num_embeddings}, embedding_dim={embedding_dim}"
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_row(padding_idx, num_embeddings)
        self.weight = Parameter([[0.0] * embedding_dim for _ in range(num_embeddings)])
        with drawn_as(dtype):
            self.reset_parameters()

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> Self:
        """A layer with this table. Training changes it only if freeze is False."""
        table = as_tensor(embeddings)
        if len(shape(table)) != 2:
            raise ValueError(f"Embeddings parameter is expected to be 2-dimensional, got {shape(table)}")
        layer = cls(len(table), len(table[0]), padding_idx)
        layer.weight.data = table.data
        layer.weight.requires_grad_(not freeze)
        return layer

    def reset_parameters(self) -> None:
        """Draw a fresh table."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            init.zeros_(self.weight[self.padding_idx])

    def forward(self, input: Any) -> Tensor:
        """The rows (..., embedding_dim) of whole numbers (...)."""
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
