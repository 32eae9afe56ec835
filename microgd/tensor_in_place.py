"""Methods that change a Tensor: its shape, its diagonal, or all of its elements by draws.

Each is loaded when it is first named. This module uses `tensor`, and `random` for the draws.
"""

from __future__ import annotations

from .tensor import Tensor, shaped
from .tensor_methods import attach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def fill_diagonal_(input: Tensor, fill_value: Any) -> Tensor:
    """The same number on the diagonal of a matrix."""
    input.diagonal().copy_(fill_value)
    return input


def t_(input: Tensor) -> Tensor:
    """`t` in place."""
    return input._turn(input.t())


def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """`transpose` in place."""
    return input._turn(input.transpose(dim0, dim1))


def squeeze_(input: Tensor, dim: Any = None) -> Tensor:
    """`squeeze` in place."""
    squeezed = input.squeeze(dim)
    if not squeezed.shape:
        raise RuntimeError("a Tensor without dimensions is a Value: write x = x.squeeze()")
    return input._turn(squeezed)


def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """`unsqueeze` in place."""
    return input._turn(input.unsqueeze(dim))


def uniform_(input: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Draws from [a, b): those of nn.init.uniform_."""
    if a > b:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={a} > to={b}")
    from .random import uniform

    return input.copy_(shaped([uniform(a, b) for _ in input._elements], input.shape))


def normal_(input: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Draws from the normal distribution: those of nn.init.normal_."""
    if std < 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    from .random import normals

    return input.copy_(shaped(normals(input.numel(), mean, std), input.shape))


attach(globals(), "tensor_in_place")
