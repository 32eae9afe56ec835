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
    "abs add clone detach div double item mul norm numel pow sqrt square sub sum mean"
    " add_ clamp_ copy_ div_ fill_ mul_ neg_ sub_ zero_"
)
METHODS = frozenset(_METHODS.split())
"""What a Gradient has of a Value. A name that ends in _ changes the `.grad` that it was read from."""


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
        if name not in METHODS:
            raise AttributeError(f"a gradient is a float, which has no attribute {name!r}")
        number = type(self.of)(float(self), requires_grad=False)
        method = getattr(number, name)
        if name[-1] != "_":
            return method

        def in_place(*operands: Any, **named: Any) -> Any:
            method(*operands, **named)
            self.of.grad = number
            return self.of.grad

        return in_place

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *METHODS})

    def __reduce__(self) -> Any:
        return float, (float(self),)  # copies and pickles are plain


def gradient_of(x: Value, number: float) -> Gradient:
    """The number of x's gradient."""
    result = Gradient(number)
    result.of = x
    return result
