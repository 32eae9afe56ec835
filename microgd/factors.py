"""Cholesky's factor, least squares and the pseudoinverse of small matrices, for `linalg`.

Each is its formula, written in operations on Values. So derivatives of every order come by themselves.
This module uses `elimination`, `ops`, `shapes`, `tensor` and `creation`.
"""

from __future__ import annotations

import sys

from . import ops
from .creation import eye
from .elimination import LinAlgError, matrices, rows_of
from .shapes import broadcast, float64, int64
from .tensor import Tensor, as_tensor, made
from .tensor_storage import constants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Shape


class LeastSquares(tuple):  # type: ignore[type-arg]
    """What `lstsq` returns: `solution`; `residuals`, the sums of squares that are left; `rank`."""

    __slots__ = ()

    @property
    def solution(self) -> Any:
        """X, which makes the sum of squares of A X - B smallest."""
        return self[0]

    @property
    def residuals(self) -> Any:
        """That sum for each column; empty if A has no more rows than columns."""
        return self[1]

    @property
    def rank(self) -> Any:
        """The rank of each matrix, which is full."""
        return self[2]

    @property
    def singular_values(self) -> Any:
        """Empty, as PyTorch's."""
        return self[3]


def cholesky(A: Any, *, upper: bool = False) -> Any:  # noqa: N803
    """L, a lower triangle with L Lᵀ = A, of a symmetric and positive definite A; with `upper` its transpose.

        Lᵢⱼ = (Aᵢⱼ - Σₖ Lᵢₖ Lⱼₖ) / Lⱼⱼ  for i > j        Lⱼⱼ = √(Aⱼⱼ - Σₖ Lⱼₖ²)        k < j

    A gradient is spread over both triangles, as PyTorch's. LinAlgError if A is not positive definite.
    """
    matrix, many = matrices(A, "cholesky")
    found = [x for rows in many for row in _lower(rows) for x in row]
    result = made(constants(found), matrix.shape)
    return result.mT if upper else result


def _lower(rows: list[list[Any]]) -> list[list[Any]]:
    n = len(rows)
    lower: list[list[Any]] = [[0.0] * n for _ in rows]
    for j in range(n):
        for i in range(j, n):
            rest = (rows[i][j] + rows[j][i]) * 0.5
            if j:
                rest = rest - ops.dot(lower[i][:j], lower[j][:j])
            if i > j:
                lower[i][j] = rest / lower[j][j]
            elif rest.item() > 0.0:
                lower[j][j] = ops.sqrt(rest)
            else:
                raise LinAlgError(
                    "linalg.cholesky: The factorization could not be completed because the input is not"
                    f" positive-definite (the leading minor of order {j + 1} is not positive-definite)."
                )
    return lower


def lstsq(A: Any, B: Any, rcond: Any = None, *, driver: str | None = None) -> LeastSquares:  # noqa: N803
    """X that makes the sum of squares of A X - B smallest, and of several such X the smallest one.

    A must be of full rank: otherwise LinAlgError. B may be one vector. `rcond` and `driver` have no effect.
    """
    matrix, right = as_tensor(A).to(float64), as_tensor(B).to(float64)
    vector = right.ndim == matrix.ndim - 1
    if vector:
        right = right.unsqueeze(-1)
    if matrix.ndim < 2 or right.ndim < 2 or matrix.shape[-2] != right.shape[-2]:
        raise RuntimeError(
            f"linalg.lstsq: A and B must be matrices of equally many rows, got shapes"
            f" {list(matrix.shape)} and {list(right.shape)}"
        )
    m, n = matrix.shape[-2:]
    result = pinv(matrix).matmul(right) if m < n else _smallest(matrix, right)
    left = ((matrix.matmul(result) - right) ** 2).sum(-2) if m > n else Tensor([])
    if vector:
        result, left = result.squeeze(-1), left.squeeze(-1) if m > n else left
    many = matrix.shape[:-2]
    rank = made([min(m, n)] * len(rows_of(matrix)), many, int64)
    return LeastSquares((result, left, rank, Tensor([])))


def pinv(A: Any) -> Any:  # noqa: N803
    """The pseudoinverse of a matrix of full rank: (AᵀA)⁻¹ Aᵀ or Aᵀ (AAᵀ)⁻¹. Otherwise LinAlgError."""
    matrix = as_tensor(A).to(float64)
    m, n = matrix.shape[-2:]
    if m < n:
        return pinv(matrix.mT).mT
    return _smallest(matrix, eye(m).expand(*matrix.shape[:-2], m, m))


def _smallest(matrix: Any, right: Any) -> Any:
    """X that makes the sum of squares of A X - B smallest, where A has at least as many rows as columns."""
    (m, n), width = matrix.shape[-2:], right.shape[-1]
    many: Shape = broadcast(matrix.shape[:-2], right.shape[:-2])
    systems = zip(rows_of(matrix.expand(*many, m, n)), rows_of(right.expand(*many, m, width)))
    return made([x for a, b in systems for row in _projected(a, b) for x in row], (*many, n, width))


def _projected(matrix: list[list[Any]], right: list[list[Any]]) -> list[list[Any]]:
    """The rows of X for one matrix: A = QR by the modified method of Gram and Schmidt, then R X = Qᵀ B."""
    n = len(matrix[0])
    columns = [list(column) for column in zip(*(a + b for a, b in zip(matrix, right)))]
    smallest = max(len(matrix), n) * sys.float_info.epsilon * max(_length(c).item() for c in columns[:n])
    triangle = []
    for k in range(n):
        length = _length(columns[k])
        if not length.item() > smallest:
            raise LinAlgError(
                "linalg.lstsq: the matrix is not of full rank, so that its factors do not exist"
            )
        unit = [x / length for x in columns[k]]
        row = [length]
        for j in range(k + 1, len(columns)):
            along = ops.dot(unit, columns[j])
            columns[j] = [x - along * u for x, u in zip(columns[j], unit)]
            row.append(along)
        triangle.append(row)
    found: list[list[Any]] = [[]] * n
    for k in reversed(range(n)):
        length, *rest = triangle[k]
        known = rest[: n - 1 - k]
        found[k] = [
            (x - ops.dot(known, [found[k + 1 + i][c] for i in range(len(known))]) if known else x) / length
            for c, x in enumerate(rest[n - 1 - k :])
        ]
    return found


def _length(xs: list[Any]) -> Any:
    total = ops.dot(xs, xs)
    return ops.sqrt(total) if total.item() else total
