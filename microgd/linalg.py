"""torch.linalg's names for small matrices: systems of equations, inverses, determinants and norms.

Everything is Gauss's elimination, or a sum, written in operations on Values. So the derivatives of every
order come by themselves. Matrices may have dimensions before their last two: then they are many matrices.
Eigenvalues, singular values and other factors of whole matrices are left to NumPy and SciPy.

This module uses `elimination`, `factors`, `tensor`, `tensor_functions` and `creation`.
"""

from __future__ import annotations

import math

from . import ops
from .creation import eye
from .elimination import LinAlgError as LinAlgError, eliminated, matrices, rows_of, solved
from .factors import cholesky, lstsq, pinv
from .shapes import broadcast, float64
from .tensor import Tensor, as_tensor, made
from .tensor_functions import norm as _norm_along
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .shapes import Shape

__all__ = ["cholesky", "det", "inv", "lstsq", "matrix_norm", "norm", "pinv"]
__all__ += ["slogdet", "solve", "vector_norm"]


class SignAndLogarithm(tuple):  # type: ignore[type-arg]
    """What `slogdet` returns: `sign`, and `logabsdet`, the logarithm of the determinant's absolute value."""

    __slots__ = ()

    @property
    def sign(self) -> Any:
        """1 or -1; 0 of a matrix without an inverse."""
        return self[0]

    @property
    def logabsdet(self) -> Any:
        """log |det|"""
        return self[1]

    def __repr__(self) -> str:
        return f"slogdet(sign={self[0]!r}, logabsdet={self[1]!r})"


# --- systems, inverses, determinants ----------------------------------------------------------------------


def solve(A: Any, B: Any, *, left: bool = True) -> Any:  # noqa: N803
    """X, where A X = B, or with left=False X A = B. In A X = B, B may be one vector.

    LinAlgError if A is singular.
    """
    matrix, _ = matrices(A, "solve")
    right = as_tensor(B).to(float64)
    vector = right.ndim == 1 or (right.ndim == matrix.ndim - 1 and right.shape == matrix.shape[:-1])
    if vector:
        right = right.unsqueeze(-1)
    n = matrix.shape[-1]
    if right.shape[-2 if left else -1] != n:
        raise RuntimeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B"
            f" ({n}x{n} and {right.shape[-2]}x{right.shape[-1]})"
        )
    if not left:
        return solve(matrix.mT, right.mT).mT
    many: Shape = broadcast(matrix.shape[:-2], right.shape[:-2])
    width = right.shape[-1]
    systems = zip(rows_of(matrix.expand(*many, n, n)), rows_of(right.expand(*many, n, width)))
    found = [x for a, b in systems for row in solved(a, b) for x in row]
    result = made(found, (*many, n, width))
    return result.squeeze(-1) if vector else result


def inv(A: Any) -> Any:  # noqa: N803
    """The inverse of a matrix. LinAlgError if it is singular."""
    matrix, _ = matrices(A, "inv")
    return solve(matrix, eye(matrix.shape[-1]).expand(matrix.shape))


def _triangles(A: Any, name: str) -> tuple[Shape, list[tuple[float, list[Any]]]]:  # noqa: N803
    """The dimensions before the last two; of each matrix a sign, and the pivots."""
    matrix, many = matrices(A, name)
    for rows in many:
        rows[:] = [list(row) for row in rows]
    signs = [eliminated(rows) for rows in many]
    pivots = [[row[k] for k, row in enumerate(rows)] for rows in many]
    return matrix.shape[:-2], list(zip(signs, pivots))


def det(A: Any) -> Any:  # noqa: N803
    """The determinant of a matrix.

    At a matrix of rank n - 2 or less, only values and first derivatives are right.
    """
    lengths, triangles = _triangles(A, "det")
    return made([sign * ops.prod(pivots) if pivots else _one() for sign, pivots in triangles], lengths)


def slogdet(A: Any) -> SignAndLogarithm:  # noqa: N803
    """(sign, log |det|) of a matrix."""
    lengths, triangles = _triangles(A, "slogdet")
    signs, logarithms = [], []
    for sign, pivots in triangles:
        signs.append(Value(math.prod([sign, *(_sign(x.item()) for x in pivots)]), requires_grad=False))
        logarithms.append(ops.sum([ops.log(ops.abs(x)) for x in pivots]))
    return SignAndLogarithm((made(signs, lengths), made(logarithms, lengths)))


def logdet(A: Any) -> Any:  # noqa: N803
    """log det of a matrix; nan if the determinant is negative."""
    sign, logarithm = slogdet(A)
    return ops.where(sign < 0.0, math.nan, logarithm)


def _sign(x: float) -> float:
    return x if x != x else float((x > 0.0) - (x < 0.0))


def _one() -> Value:
    return Value(1.0, requires_grad=False)


inverse = inv


# --- norms ------------------------------------------------------------------------------------------------


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
    """(Σ |x|^ord)^(1/ord) of all elements, or along dimensions. ord may be inf, -inf, or 0: how many are
    not 0."""
    return _norm_along(x, ord, dim, keepdim)


def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Any:  # noqa: N803
    """The norm of a matrix.

    ord  "fro", the root of the sum of all squares; 1 or -1, the largest or smallest sum of |x| in a column;
         inf or -inf, that of a row. The others are made of singular values, which are left out
    """
    x = as_tensor(A)
    if len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}")
    if ord == "fro":
        return vector_norm(x, 2, dim, keepdim)
    if ord not in (1, -1, math.inf, -math.inf):
        raise RuntimeError(
            f"linalg.matrix_norm: order {ord} is made of singular values, which are left out: 'fro', 1, -1,"
            " inf and -inf are here"
        )
    rows, columns = (d % x.ndim for d in dim)
    first, second = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = vector_norm(x, 1, first, True)
    largest = sums.amax(second, True) if ord > 0 else sums.amin(second, True)
    return largest if keepdim else largest.squeeze((rows, columns))


def norm(input: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
    """`vector_norm` of everything; with `ord` or two dimensions `matrix_norm` of a matrix."""
    x = as_tensor(input)
    if ord is None:
        return vector_norm(x, 2, dim, keepdim)
    if dim is None and x.ndim not in (1, 2):
        raise RuntimeError("linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D.")
    dims: Sequence[int] = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    if len(dims) == 1:
        return vector_norm(x, ord, dims[0], keepdim)
    return matrix_norm(x, ord, tuple(dims), keepdim)


pinverse = pinv

for _name in ("det", "inverse", "logdet", "slogdet", "cholesky", "pinverse"):  # they are methods, too
    setattr(Tensor, _name, globals()[_name])


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .absent import sentence

    raise AttributeError(sentence(__name__, name))
