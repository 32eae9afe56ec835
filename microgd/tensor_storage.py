"""The elements of a Tensor: Values, or the plain numbers of another kind; copied, cast, written through.

The lists behind `.data` and `.grad` pass on what is assigned to them. This module uses `shapes` and `value`.
"""

from __future__ import annotations

from .shapes import bool_, dtype, float64, int64
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from .tensor import Tensor


def kind_of_all(elements: Sequence[Any]) -> dtype:
    """The kind that PyTorch infers from numbers."""
    kinds = {kind_of(x) for x in elements}
    if not kinds or float64 in kinds:
        return float64
    return int64 if int64 in kinds else bool_


def kind_of(x: Any) -> dtype:
    """The kind of one number."""
    if isinstance(x, bool):
        return bool_
    if isinstance(x, int):
        return int64
    return {"b": bool_, "i": int64, "u": int64}.get(getattr(getattr(x, "dtype", None), "kind", ""), float64)


def constants(elements: Iterable[Any]) -> list[Any]:
    """Values as they are, numbers as constants."""
    return [x if type(x) is Value or hasattr(x, "backward") else Value(x, "", False) for x in elements]


def copies(elements: Iterable[Any]) -> list[Any]:
    """The elements for another storage: what is changed in place in one does not reach the other."""

    def copied(x: Any) -> Any:
        if not isinstance(x, Value) or not x.is_leaf:
            return x
        return x * 1.0 if x.requires_grad else x.detach()

    return list(map(copied, elements))


def cast(elements: Iterable[Any], kind: dtype) -> list[Any]:
    """Elements for a Tensor of this kind."""
    if kind is float64:
        return constants(elements)
    number = int if kind is int64 else bool
    return [number(x.item() if isinstance(x, Value) else x) for x in elements]


class Detached(list):  # type: ignore[type-arg]
    """The storage of `.data`: what is assigned to an element reaches the Tensor that it was read from."""

    __slots__ = ("source",)
    source: Tensor

    def __setitem__(self, p: Any, new: Any) -> None:
        super().__setitem__(p, new)
        storage, positions = self.source._storage, self.source._positions
        q = p if positions is None else positions[p]
        old = storage[q]
        if old.requires_grad:
            old.data, new = new.item(), old
        storage[q] = new

    def __reduce__(self) -> Any:
        return list, (list(self),)  # copies and pickles have no source


class Gradients(list):  # type: ignore[type-arg]
    """The storage of `.grad`: what is assigned to an element becomes the gradient of its Value."""

    __slots__ = ("values",)
    values: list[Any]

    def __setitem__(self, p: Any, new: Any) -> None:
        super().__setitem__(p, new)
        self.values[p].grad = new.item()

    def __reduce__(self) -> Any:
        return list, (list(self),)  # copies and pickles have no Values behind them
