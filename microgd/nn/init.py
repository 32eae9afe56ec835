"""The first values of weights. Every function fills a tensor in place, row by row, and returns it.

After the same manual_seed, uniform draws are PyTorch's bit for bit, and normal draws to 1e-6.
"""

from __future__ import annotations

import math

from ..random import normals, uniform
from ..tensor import shape, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0) -> Any:
    """Draws from [a, b). RuntimeError if a > b."""
    if a > b:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={a} > to={b}")
    return _filled(tensor, lambda: uniform(a, b))


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0) -> Any:
    """Draws from the normal distribution. RuntimeError if std < 0."""
    if std < 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    drawn = iter(normals(len(values(tensor)), mean, std))
    return _filled(tensor, lambda: next(drawn))


def constant_(tensor: Any, val: float) -> Any:
    """The same number everywhere."""
    return _filled(tensor, lambda: val)


def zeros_(tensor: Any) -> Any:
    """0 everywhere."""
    return constant_(tensor, 0.0)


def ones_(tensor: Any) -> Any:
    """1 everywhere."""
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: Any, gain: float = 1.0) -> Any:
    """Uniform in ±gain · sqrt(6 / (fan_in + fan_out)). Glorot and Bengio 2010."""
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Any, gain: float = 1.0) -> Any:
    """Normal with std = gain · sqrt(2 / (fan_in + fan_out)). Glorot and Bengio 2010."""
    return normal_(tensor, 0.0, _xavier_std(tensor, gain))


def kaiming_uniform_(
    tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Any:
    """Uniform in ±gain · sqrt(3 / fan). He et al. 2015, arXiv:1502.01852.

    a             the negative_slope, if the nonlinearity is "leaky_relu"
    mode          "fan_in" or "fan_out": which of the two is `fan`
    nonlinearity  the function that follows the weights, see calculate_gain
    """
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Any:
    """Normal with std = gain / sqrt(fan). Arguments as in kaiming_uniform_."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity))


def orthogonal_(tensor: Any, gain: float = 1.0) -> Any:
    """gain · Q, where the rows of Q are orthonormal; or its columns, if there are at least as many rows.

    Q R = a matrix of normal draws, where R has a positive diagonal. If there are more than two dimensions,
    all but the first count as one. Saxe et al. 2013, arXiv:1312.6120.
    """
    lengths = shape(tensor)
    if len(lengths) < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    height, width = lengths[0], math.prod(lengths[1:])
    drawn = normals(height * width)
    rows = [drawn[i : i + width] for i in range(0, len(drawn), width)]
    if height < width:
        rows = _orthonormal(rows)
    else:
        columns = _orthonormal([list(column) for column in zip(*rows)])
        rows = [list(row) for row in zip(*columns)]
    numbers = iter([gain * x for row in rows for x in row])
    return _filled(tensor, lambda: next(numbers))


def _orthonormal(vectors: list[list[float]]) -> list[list[float]]:
    """Gram and Schmidt's method, each vector twice: the second time takes away what rounding has left."""
    done: list[list[float]] = []
    for vector in vectors:
        for unit in done * 2:
            part = math.fsum(u * x for u, x in zip(unit, vector))
            vector = [x - part * u for x, u in zip(vector, unit)]
        length = math.hypot(*vector)
        done.append([x / length for x in vector])
    return done


GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 0.75}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights are enlarged, because the nonlinearity after them makes numbers smaller.

    nonlinearity  "linear", "sigmoid", "tanh", "relu", "selu", or "leaky_relu" with its slope as param
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2.0 / (1.0 + slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}: it is one of {[*GAINS, 'leaky_relu']}")
    return GAINS[nonlinearity]


def _fans(tensor: Any) -> tuple[int, int]:
    """How many inputs a neuron has, and how many neurons an input reaches."""
    lengths = shape(tensor)
    if len(lengths) < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions,"
            f" got shape {lengths}"
        )
    fan_out, fan_in, *field = lengths
    return fan_in * math.prod(field), fan_out * math.prod(field)


# The order of operations is PyTorch's: the last bit counts.


def _xavier_std(tensor: Any, gain: float) -> float:
    return gain * math.sqrt(2.0 / sum(_fans(tensor)))


def _kaiming_std(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    modes = ("fan_in", "fan_out")
    if mode not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {list(modes)}")
    fan = _fans(tensor)[modes.index(mode)]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _filled(tensor: Any, draw: Callable[[], float]) -> Any:
    for x in values(tensor):
        x.data = draw()
    return tensor
