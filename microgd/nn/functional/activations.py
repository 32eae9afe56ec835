"""Activations: a function of one number, applied element by element, and softmax.

`inplace` is accepted because PyTorch has it. The result is always new, and the input does not change.
"""

from __future__ import annotations

from ... import ops
from ...tensor import along, as_tensor, mapped, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def relu(input: Any, inplace: bool = False) -> Any:
    """max(0, x)"""
    return ops.relu(as_tensor(input))


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x for x > 0, else negative_slope · x"""
    return ops.leaky_relu(as_tensor(input), negative_slope)


def prelu(input: Any, weight: Any) -> Any:
    """x for x > 0, else w · x, where w is learned. He et al. 2015, arXiv:1502.01852.

    weight  (1), or (C) with a number for each channel of an input (N, C, ...); RuntimeError if it differs
    """
    x, w = as_tensor(input), as_tensor(weight)
    lengths, found = shape(x), shape(w)
    if len(found) > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {len(found)}"
        )
    if found not in ((), (1,)):
        if not lengths:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = lengths[1] if len(lengths) > 1 else 1
        if found[0] != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size."
                f" Found parameter numbers = {found[0]} and channel size = {channels}."
            )
        w = w.reshape(channels, *[1] * (len(lengths) - 2))
    return ops.leaky_relu(x, w if lengths else w.reshape(()))


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x for x > 0, else α (eˣ - 1). Clevert et al. 2015, arXiv:1511.07289."""
    return ops.elu(as_tensor(input), alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """λ elu(x, α), with constants that keep mean 0 and variance 1. arXiv:1706.02515."""
    return ops.selu(as_tensor(input))


def silu(input: Any, inplace: bool = False) -> Any:
    """x σ(x), also called swish. Elfwing et al. 2017, arXiv:1702.03118."""
    return ops.silu(as_tensor(input))


def gelu(input: Any, approximate: str = "none") -> Any:
    """x Φ(x), Φ the normal distribution function; approximate="tanh" for its older form. arXiv:1606.08415."""
    return ops.gelu(as_tensor(input), approximate)


def mish(input: Any, inplace: bool = False) -> Any:
    """x tanh(softplus(x)). Misra 2019, arXiv:1908.08681."""
    return ops.mish(as_tensor(input))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + e^(βx)) / β, and x itself where βx > threshold"""

    def function(x: Any) -> Any:
        z = beta * x
        return ops.where(z > threshold, x, ops.softplus(z) / beta)

    if not beta > 0.0:
        raise ValueError(f"softplus expects beta > 0, got beta={beta}")
    return mapped(function, as_tensor(input))


def softsign(input: Any) -> Any:
    """x / (1 + |x|)"""
    return ops.softsign(as_tensor(input))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x, but at least min_val and at most max_val"""
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val, got {min_val} and {max_val}")
    return ops.hardtanh(as_tensor(input), min_val, max_val)


def sigmoid(input: Any) -> Any:
    """σ(x) = 1 / (1 + e⁻ˣ)"""
    return ops.sigmoid(as_tensor(input))


def logsigmoid(input: Any) -> Any:
    """log σ(x)"""
    return ops.logsigmoid(as_tensor(input))


def tanh(input: Any) -> Any:
    """tanh(x)"""
    return ops.tanh(as_tensor(input))


def softmax(input: Any, dim: int | None = None) -> Any:
    """eˣⁱ / Σⱼ eˣʲ along `dim`: positive numbers that add up to 1. IndexError if there is no such dim."""
    return along(ops.softmax, as_tensor(input), _dimension("softmax", input, dim))


def log_softmax(input: Any, dim: int | None = None) -> Any:
    """xᵢ - log Σⱼ eˣʲ along `dim`. IndexError if there is no such dim."""
    return along(ops.log_softmax, as_tensor(input), _dimension("log_softmax", input, dim))


def _dimension(name: str, input: Any, dim: int | None) -> int:
    """The dimension that was given. Without one, PyTorch warns and chooses this one."""
    if dim is not None:
        return dim
    import warnings

    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated."
        " Change the call to include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if len(shape(input)) in (0, 1, 3) else 1
