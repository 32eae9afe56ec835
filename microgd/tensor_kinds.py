"""Methods that ask for a Tensor's kind, and that make another of the same kind.

Each is loaded when it is first named. This module uses `tensor`.
"""

from __future__ import annotations

import math

from .tensor import Tensor, made, tensor
from .tensor_methods import attach
from .tensor_storage import cast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def type(input: Tensor, dtype: Any) -> Any:
    """`to`."""
    return input.to(dtype)


def type_as(input: Tensor, other: Any) -> Any:
    """The same numbers as the kind of `other`."""
    return input.to(other.dtype)


def cpu(input: Tensor) -> Tensor:
    """The Tensor itself: everything is computed on the processor."""
    return input


def is_contiguous(input: Tensor) -> bool:
    """True: in which order elements are stored is never seen."""
    return True


def new_full(input: Tensor, size: Any, fill_value: Any, **options: Any) -> Any:
    """Constants of the same kind, all of them `fill_value`."""
    lengths = tuple(size) if isinstance(size, (tuple, list)) else (size,)
    kind = options.pop("dtype", None) or input.dtype
    result = made(cast([fill_value] * math.prod(lengths), kind), lengths, kind)
    return result.requires_grad_() if options.get("requires_grad") else result


def new_zeros(input: Tensor, *size: Any, **options: Any) -> Any:
    """0 everywhere, of the same kind."""
    return input.new_full(size[0] if len(size) == 1 else size, 0, **options)


def new_ones(input: Tensor, *size: Any, **options: Any) -> Any:
    """1 everywhere, of the same kind."""
    return input.new_full(size[0] if len(size) == 1 else size, 1, **options)


def new_tensor(input: Tensor, data: Any, **options: Any) -> Any:
    """tensor(data) of the same kind."""
    return tensor(data, **{"dtype": input.dtype, **options})


attach(globals(), "tensor_kinds")
