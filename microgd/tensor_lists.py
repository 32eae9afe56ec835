"""Nested lists of numbers that have what a Tensor has: what is saved, and loaded again.

This module uses `tensor`.
"""

from __future__ import annotations

from .tensor import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Numbers(list):  # type: ignore[type-arg]
    """Numbers in nested lists, which have what a Tensor of them has: `shape`, `size()`, `norm()`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(Tensor(list(self)), name)


def with_numbers(x: Any) -> Any:
    """The same nest of dicts and lists, in which numbers in rows of one length are Numbers."""
    return _read(x)[0]


def _read(x: Any) -> tuple[Any, tuple[int, ...] | None]:
    """The same nest, and the shape of the numbers in it; None if they have none."""
    if isinstance(x, dict):
        return {key: with_numbers(inner) for key, inner in x.items()}, None
    if not isinstance(x, list) or not x:
        return x, () if type(x) in (float, int) else None
    rows, shapes = zip(*map(_read, x))
    if None in shapes or len({*shapes}) > 1:
        return list(rows), None
    return Numbers(rows), (len(x), *shapes[0])
