"""The activations of nn.functional as modules.

Their formulas are there, and are the modules' docstrings too. `inplace` is accepted because PyTorch has it.
The result is always new, and the input does not change.
"""

from __future__ import annotations

from . import functional as F
from .init import constant_
from .module import Module, Parameter, demand_floats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Activation(Module):
    """What the activations have in common: their options are their attributes, and `repr` shows them."""

    function: Callable[..., Any]
    inplace = False

    def __init_subclass__(cls) -> None:
        if "function" in vars(cls):
            cls.__doc__ = cls.function.__doc__

    def __init__(self, inplace: bool = False) -> None:
        if inplace:
            self.inplace = True

    def _options(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if name != "training" and name[0] != "_"}

    def forward(self, input: Any) -> Any:
        return type(self).function(input, **self._options())

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={x!r}" for name, x in self._options().items())


class ReLU(Activation):
    """functional.relu"""

    function = F.relu


class LeakyReLU(Activation):
    """functional.leaky_relu"""

    function = F.leaky_relu

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.negative_slope = negative_slope
        super().__init__(inplace)


class PReLU(Module):
    """functional.prelu, whose w is the parameter `weight`

    num_parameters  1, or the number of channels
    init            what each w starts at
    device, dtype   the processor and float64, under any of their names
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        demand_floats(device, dtype)
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter([init] * num_parameters)

    def reset_parameters(self) -> None:
        """Start again."""
        constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class ELU(Activation):
    """functional.elu"""

    function = F.elu

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.alpha = alpha
        super().__init__(inplace)


class SELU(Activation):
    """functional.selu"""

    function = F.selu


class SiLU(Activation):
    """functional.silu"""

    function = F.silu


class GELU(Activation):
    """functional.gelu"""

    function = F.gelu

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate


class Mish(Activation):
    """functional.mish"""

    function = F.mish


class Softplus(Activation):
    """functional.softplus"""

    function = F.softplus

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta = beta
        self.threshold = threshold


class Hardtanh(Activation):
    """functional.hardtanh"""

    function = F.hardtanh

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        if not max_val > min_val:
            raise ValueError(f"max_val ({max_val}) must be greater than min_val ({min_val})")
        self.min_val = min_val
        self.max_val = max_val
        super().__init__(inplace)


class Softmax(Activation):
    """functional.softmax"""

    function = F.softmax

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim


class LogSoftmax(Activation):
    """functional.log_softmax"""

    function = F.log_softmax

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim


class Plain(Activation):
    """An activation without options."""

    def __init__(self) -> None:
        pass


class Sigmoid(Plain):
    """functional.sigmoid"""

    function = F.sigmoid


class LogSigmoid(Plain):
    """functional.logsigmoid"""

    function = F.logsigmoid


class Tanh(Plain):
    """functional.tanh"""

    function = F.tanh


class Softsign(Plain):
    """functional.softsign"""

    function = F.softsign
