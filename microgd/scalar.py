"""What a Value has of a Tensor of no dimension, so that a script need not know which of the two it holds.

Value inherits it. Most of these methods are for scripts that were written for PyTorch: they convert between
types and places, of which there is one here. This module uses `shapes`; `nodes`, `devices` and `tensor` are
loaded when something of them is asked for.
"""

from __future__ import annotations

from .shapes import float64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from .nodes import Node


class Scalar:
    """A Tensor of no dimension."""

    __slots__ = ()

    shape: tuple[()] = ()
    ndim = 0
    dtype = float64

    def size(self) -> tuple[()]:
        """()"""
        return ()

    def dim(self) -> int:
        """0"""
        return 0

    def numel(self) -> int:
        """1"""
        return 1

    @property
    def device(self) -> Any:
        """device("cpu"): there is no other."""
        from .devices import device

        return device()

    @property
    def grad_fn(self) -> Node | None:
        """The node of the graph that made it, with `name()` and `next_functions`; None for a leaf."""
        value: Any = self
        if value.is_leaf:
            return None
        from .nodes import Node

        return Node(value)

    def retain_grad(self) -> None:
        """Nothing: every Value keeps its gradient."""

    # --- other types, places and shapes ---

    def to(self, *wanted: Any, **named: Any) -> Any:
        """Itself, or as whole number or truth value a Tensor of no dimension. A device may be given, too."""
        from .shapes import dtype
        from .tensor import cast, made

        for kind in (*wanted, named.get("dtype")):
            if isinstance(kind, dtype) and kind is not float64:
                return made(cast([self], kind), (), kind)
            if kind is not None and not isinstance(kind, (dtype, bool)) and kind != "cpu":
                kind = getattr(kind, "device", kind)
                from .devices import demand_cpu

                demand_cpu(kind)
        return self

    def double(self) -> Self:
        """Itself."""
        return self

    float = cpu = double

    def long(self) -> Any:
        """A whole number: what follows the point is lost."""
        from .shapes import int64

        return self.to(int64)

    int = long

    def bool(self) -> Any:
        """A truth value."""
        from .shapes import bool_

        return self.to(bool_)

    def clone(self) -> Any:
        """A copy: a new Value, through which a gradient flows."""
        value: Any = self
        return value * 1.0 if value.requires_grad else value.detach()

    def tolist(self) -> Any:
        """The number."""
        value: Any = self
        return value.item()

    def numpy(self) -> Any:
        """A NumPy array of no dimension; only of a constant."""
        value: Any = self
        if value.requires_grad:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        import numpy

        return numpy.array(value.data)

    def view(self, *sizes: Any) -> Any:
        """A Tensor of this one element, of any number of dimensions."""
        from .tensor import Tensor

        return Tensor([self]).view(*sizes)

    reshape = view

    def unsqueeze(self, dim: Any) -> Any:
        """A Tensor of one dimension, of this one element."""
        from .shapes import dimension

        dimension(dim, 1)
        return self.view(1)

    def flatten(self) -> Any:
        """A Tensor of one dimension, of this one element."""
        return self.view(1)

    def squeeze(self) -> Self:
        """Itself."""
        return self
