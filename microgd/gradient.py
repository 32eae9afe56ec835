"""Gradient: the number that is read from `.grad`, a float which has some of a tensor's methods as well.

PyTorch's scripts write `p.grad.zero_()` and `p.grad.norm()`, and there `.grad` is a tensor. `value` uses this
module.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .value import Value

_METHODS = (
    "abs add all any clamp clone cpu detach dim div double flatten isfinite isinf isnan item max mean min mul"
    " norm numel numpy pow reshape sign size sqrt square sub sum to tolist unsqueeze view"
    " add_ clamp_ copy_ div_ fill_ mul_ neg_ sub_ zero_"
)
METHODS = frozenset(_METHODS.split())
"""The methods that a Gradient has of a Value. One that ends in _ changes the `.grad` it was read from."""

FACTS = frozenset(["device", "dtype", "ndim", "requires_grad", "shape"])
"""What else it has."""


class Gradient(float):
    """A gradient, as a float.

    of  the Value whose `.grad` it is
    """

    __slots__ = ("of",)
    of: Value

    @property
    def data(self) -> Gradient:
        """The number itself."""
        return self

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS and name not in FACTS:
            raise AttributeError(f"a gradient is a float, which has no attribute {name!r}")
        number = type(self.of)(float(self), requires_grad=False)
        found = getattr(number, name)
        if name[-1] != "_":
            return found

        def in_place(*operands: Any, **named: Any) -> Any:
            found(*operands, **named)
            self.of.grad = number
            return self.of.grad

        return in_place

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *METHODS, *FACTS})

    def __reduce__(self) -> Any:
        return float, (float(self),)  # copies and pickles are plain


def gradient_of(x: Value, number: float) -> Gradient:
    """The number of x's gradient."""
    result = Gradient(number)
    result.of = x
    return result
