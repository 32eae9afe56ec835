"""Gauss's elimination, for `linalg`: matrices are rows of Values, so that derivatives come by themselves.

This module uses `ops`, `shapes` and `tensor`.
"""

from __future__ import annotations

from . import ops
from .shapes import float64
from .tensor import Tensor, as_tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LinAlgError(RuntimeError):
    """A matrix has no inverse."""


def eliminated(rows: list[list[Any]]) -> float:
    """Make the first columns of these n rows an upper triangle, in place. Returns 1, or -1: the sign by which
    exchanges change the determinant.

    The largest number of a column becomes its pivot: its row is exchanged. If the rest of the column is 0,
    columns are exchanged as well. So after a pivot of 0 all is 0, and every product of pivots has the
    derivatives of the determinant.
    """
    n, sign = len(rows), 1.0
    for k in range(n):
        i, j = _pivot(rows, k)
        if i != k:
            rows[k], rows[i], sign = rows[i], rows[k], -sign
        if j != k:
            sign = -sign
            for row in rows:
                row[k], row[j] = row[j], row[k]
        pivot = rows[k]
        if pivot[k].item() == 0.0:
            break
        for row in rows[k + 1 :]:
            factor = row[k] / pivot[k]
            row[k + 1 :] = [x - factor * p for x, p in zip(row[k + 1 :], pivot[k + 1 :])]
    return sign


def _pivot(rows: list[list[Any]], k: int) -> tuple[int, int]:
    """The row and the column of the next pivot."""
    n = len(rows)
    for j in range(k, n):
        i = max(range(k, n), key=lambda i: abs(rows[i][j].item()))
        if rows[i][j].item() != 0.0:
            return i, j
    return k, k


def solved(matrix: list[list[Any]], right: list[list[Any]]) -> list[list[Any]]:
    """The rows of X, where matrix · X = right."""
    rows = [[*a, *b] for a, b in zip(matrix, right)]
    n = len(rows)
    eliminated(rows)
    if any(rows[k][k].item() == 0.0 for k in range(n)):
        raise LinAlgError("linalg.solve: The solver failed because the input matrix is singular.")
    found: list[list[Any]] = [[]] * n
    for k in reversed(range(n)):
        row = rows[k]
        below = [[found[j][c] for j in range(k + 1, n)] for c in range(len(row) - n)]
        found[k] = [(x - ops.dot(row[k + 1 : n], xs) if xs else x) / row[k] for x, xs in zip(row[n:], below)]
    return found


def matrices(x: Any, name: str) -> tuple[Tensor, list[list[list[Any]]]]:
    """A Tensor of square matrices, and the rows of each."""
    x = as_tensor(x)
    if x.ndim < 2:
        raise RuntimeError(
            f"linalg.{name}: The input tensor must have at least 2 dimensions, got shape {list(x.shape)}"
        )
    x = x.to(float64)
    n, m = x.shape[-2:]
    if n != m:
        raise RuntimeError(
            f"linalg.{name}: the matrices must be square (n x n), but they are {n} by {m} matrices"
        )
    return x, rows_of(x)


def rows_of(x: Tensor) -> list[list[list[Any]]]:
    """The rows of each of many matrices."""
    n, m = x.shape[-2:]
    elements = x._elements
    return [
        [elements[start + i * m : start + (i + 1) * m] for i in range(n)]
        for start in range(0, len(elements), n * m)
    ]
