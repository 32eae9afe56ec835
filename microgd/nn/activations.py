"""The activations of nn.functional as modules; their formulas stand there.

`inplace` is taken for PyTorch's sake: the result is always new, and the input stays as it was.
"""

from __future__ import annotations

from . import functional as F
from .module import Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Activation(Module):
    """What the activations share: their options are their attributes, and `repr` shows them."""

    inplace = False

    def __init__(self, inplace: bool = False) -> None:
        if inplace:
            self.inplace = True

    def extra_repr(self) -> str:
        options = {name: x for name, x in vars(self).items() if name != "training" and name[0] != "_"}
        return ", ".join(f"{name}={x!r}" for name, x in options.items())


class Plain(Activation):
    """An activation without options."""

    def __init__(self) -> None:
        pass


class ReLU(Activation):
    """max(0, x)"""

    def forward(self, input: Any) -> Any:
        return F.relu(input)


class LeakyReLU(Activation):
    """x for x > 0, else negative_slope · x"""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.negative_slope = negative_slope
        super().__init__(inplace)

    def forward(self, input: Any) -> Any:
        return F.leaky_relu(input, self.negative_slope)


class ELU(Activation):
    """x for x > 0, else α (eˣ - 1)"""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.alpha = alpha
        super().__init__(inplace)

    def forward(self, input: Any) -> Any:
        return F.elu(input, self.alpha)


class SELU(Activation):
    """λ elu(x, α), with constants that keep mean 0 and variance 1"""

    def forward(self, input: Any) -> Any:
        return F.selu(input)


class SiLU(Activation):
    """x σ(x)"""

    def forward(self, input: Any) -> Any:
        return F.silu(input)


class GELU(Activation):
    """x Φ(x), Φ the normal distribution function; approximate="tanh" for its older form"""

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        return F.gelu(input, self.approximate)


class Mish(Activation):
    """x tanh(softplus(x))"""

    def forward(self, input: Any) -> Any:
        return F.mish(input)


class Softplus(Activation):
    """log(1 + e^(βx)) / β, and x itself where βx > threshold"""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        return F.softplus(input, self.beta, self.threshold)


class Softsign(Plain):
    """x / (1 + |x|)"""

    def forward(self, input: Any) -> Any:
        return F.softsign(input)


class Hardtanh(Activation):
    """x between min_val and max_val, these beyond. ValueError unless min_val < max_val."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        if not max_val > min_val:
            raise ValueError(f"max_val ({max_val}) must be greater than min_val ({min_val})")
        self.min_val = min_val
        self.max_val = max_val
        super().__init__(inplace)

    def forward(self, input: Any) -> Any:
        return F.hardtanh(input, self.min_val, self.max_val)


class Sigmoid(Plain):
    """σ(x) = 1 / (1 + e⁻ˣ)"""

    def forward(self, input: Any) -> Any:
        return F.sigmoid(input)


class LogSigmoid(Plain):
    """log σ(x)"""

    def forward(self, input: Any) -> Any:
        return F.logsigmoid(input)


class Tanh(Plain):
    """tanh(x)"""

    def forward(self, input: Any) -> Any:
        return F.tanh(input)


class Softmax(Activation):
    """eˣⁱ / Σⱼ eˣʲ along `dim`"""

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.softmax(input, self.dim)


class LogSoftmax(Activation):
    """xᵢ - log Σⱼ eˣʲ along `dim`"""

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.log_softmax(input, self.dim)
