"""torch's products of vectors and matrices.

Each is a method of Tensor too, except einsum. This module uses `ops`, `tensor`, `shapes` and `value`.
"""

from __future__ import annotations

import _operator as operator  # `operator` itself is slower to import
import math
from itertools import product

from . import ops, shapes
from .shapes import broadcast, float64, int64
from .tensor import Tensor, as_tensor, made, spread
from .tensor_methods import attach
from .tensor_storage import cast
from .value import dots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Shape


def matmul(input: Tensor, other: Any) -> Any:
    """Vector · vector is a Value; matrices are multiplied; further dimensions are broadcast."""
    return _matmul(input, as_tensor(other))


def mm(input: Tensor, mat2: Any) -> Any:
    """The product of two matrices."""
    for name, x in (("self", input), ("mat2", mat2)):
        if len(x.shape) != 2:
            raise RuntimeError(f"{name} must be a matrix")
    return _matmul(input, mat2)


def dot(input: Tensor, other: Any) -> Any:
    """The sum of the products of two vectors."""
    other = as_tensor(other)
    if not input.ndim == other.ndim == 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {other.ndim}D tensors")
    return _matmul(input, other)


def outer(input: Tensor, vec2: Any) -> Any:
    """The products of each element with each of `vec2`."""
    vec2 = as_tensor(vec2)
    for name, x in (("self", input), ("vec2", vec2)):
        if x.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {x.ndim}-D")
    return input.unsqueeze(1) * vec2


def _by(lengths: Shape) -> str:
    return f"{math.prod(lengths[:-1])}x{lengths[-1]}"


def _matmul(a: Any, b: Any) -> Any:
    """As torch.matmul: a vector on the left is a row, one on the right a column."""
    if not a.shape or not b.shape:
        raise RuntimeError(
            "both arguments to matmul need to be at least 1D, but they are"
            f" {len(a.shape)}D and {len(b.shape)}D"
        )
    left, right = a.shape if a.ndim > 1 else (1, *a.shape), b.shape if b.ndim > 1 else (*b.shape, 1)
    if left[-1] != right[-2]:
        if a.ndim == b.ndim == 1:
            raise RuntimeError(
                f"inconsistent tensor size, expected tensor [{a.shape[0]}] and src [{b.shape[0]}] to have the"
                f" same number of elements, but got {a.shape[0]} and {b.shape[0]} elements respectively"
            )
        if b.ndim == 1:
            raise RuntimeError(
                f"size mismatch, got input ({math.prod(left[:-1])}), mat ({_by(left)}), vec ({b.shape[0]})"
            )
        if b.ndim == 2:
            raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({_by(left)} and {_by(right)})")
        size = math.prod(broadcast(left[:-2], right[:-2]))
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{size}, {left[-1]}] but got:"
            f" [{size}, {right[-2]}]."
        )
    n, k, m = left[-2], left[-1], right[-1]
    outer = broadcast(left[:-2], right[:-2])
    kind = float64 if float64 in (a.dtype, b.dtype) else int64
    xs, ys = a.view(left), b.view(right).transpose(-1, -2)
    rows, columns = spread(xs, (*outer, n, k)), spread(ys, (*outer, m, k))
    found: list[Any] = []
    for i in range(math.prod(outer)):
        own = [rows[j * k : (j + 1) * k] for j in range(i * n, (i + 1) * n)]
        other = [columns[j * k : (j + 1) * k] for j in range(i * m, (i + 1) * m)]
        if kind is int64 or not k:
            found += [sum(map(operator.mul, x, y)) for x, y in product(own, other)]
        else:
            found += [x for layer in dots(own, other, None) for x in layer]
    lengths = (*outer, *((n,) if a.ndim > 1 else ()), *((m,) if b.ndim > 1 else ()))
    return made(cast(found, kind), lengths, kind)


def mv(input: Tensor, vec: Any) -> Any:
    """A matrix times a vector."""
    vec = as_tensor(vec)
    if len(input.shape) != 2 or len(vec.shape) != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {input.ndim}, {len(vec.shape)}")
    return _matmul(input, vec)


def bmm(input: Tensor, mat2: Any) -> Any:
    """The products of matrices, pair by pair along the first dimension."""
    for name, x in (("batch1", input), ("batch2", mat2)):
        if len(x.shape) != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    if input.shape[0] != mat2.shape[0] or input.shape[2] != mat2.shape[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{input.shape[0]},"
            f" {input.shape[2]}] but got: [{mat2.shape[0]}, {mat2.shape[1]}]."
        )
    return _matmul(input, mat2)


def addmm(input: Tensor, mat1: Any, mat2: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · input + alpha · mat1 @ mat2."""
    product = _scaled(mm(mat1, mat2), alpha)
    return _scaled(input, beta).expand(product.shape) + product


def addmv(input: Tensor, mat: Any, vec: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · input + alpha · mat @ vec."""
    product = _scaled(mv(mat, vec), alpha)
    return _scaled(input, beta).expand(product.shape) + product


def _scaled(x: Any, factor: Any) -> Any:
    return x if factor == 1 else x * factor


def inner(input: Tensor, other: Any) -> Any:
    """The sums of products along the last dimensions of both."""
    other = as_tensor(other)
    if not input.shape or not other.shape:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes"
            f" {list(input.shape)} and {list(other.shape)}"
        )
    k = input.shape[-1]
    product = _matmul(input.reshape(-1, k), other.reshape(-1, k).T) if k else as_tensor([])
    return product.reshape((*input.shape[:-1], *other.shape[:-1]))


def ger(input: Tensor, vec2: Any) -> Any:
    """outer."""
    return outer(input, vec2)


def einsum(equation: str, *operands: Any) -> Any:
    """Sums of products by Einstein's rule: "ij,jk->ik" sums over j, which the result has not.

    Each letter is a dimension. Without "->" the result has the letters that occur once, in their order.
    """
    given = [as_tensor(x) for x in (operands[0] if isinstance(operands[0], (list, tuple)) else operands)]
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if "." in equation:
        raise NotImplementedError("einsum(): the ellipsis is left out: give each dimension a letter")
    if len(terms) != len(given):
        raise ValueError(
            f"einsum(): {'more' if len(terms) < len(given) else 'fewer'} operands were provided than"
            " specified in the equation"
        )
    sizes: dict[str, int] = {}
    for k, (term, x) in enumerate(zip(terms, given)):
        if len(term) != len(x.shape):
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(term)}) does not match the number"
                f" of dimensions ({len(x.shape)}) for operand {k} and no ellipsis was given"
            )
        for letter, n in zip(term, x.shape):
            own_size = x.shape[term.index(letter)]
            if own_size != n:
                raise RuntimeError(
                    f"einsum(): subscript {letter} is repeated for operand {k} but the sizes don't match,"
                    f" {n} != {own_size}"
                )
            if sizes.setdefault(letter, n) != n and 1 not in (n, sizes[letter]):
                raise RuntimeError(
                    f"einsum(): subscript {letter} has size {n} for operand {k} which does not broadcast with"
                    f" previously seen size {sizes[letter]}"
                )
            sizes[letter] = n if sizes[letter] == 1 else sizes[letter]
    letters = "".join(terms)
    kept = right if arrow else "".join(sorted(x for x in sizes if letters.count(x) == 1))
    for letter in kept:
        if letter not in sizes:
            raise RuntimeError(
                f"einsum(): output subscript {letter} does not appear in the equation for any input operand"
            )
    order = [*kept, *(x for x in sizes if x not in kept)]
    length = math.prod(sizes[x] for x in order[len(kept) :])
    columns = []
    for term, x in zip(terms, given):
        own = shapes.steps(x.shape)
        step = dict.fromkeys(order, 0)
        for letter, n, one in zip(term, x.shape, own):
            step[letter] += one if n > 1 else 0
        places = shapes.grid([i * step[letter] for i in range(sizes[letter])] for letter in order)
        elements = ops.flat(x) if x.shape else [x]
        columns.append([elements[p] for p in places])
    lengths = tuple(sizes[letter] for letter in kept)
    results = []
    for i in range(math.prod(lengths)):
        factors = [column[i * length : (i + 1) * length] for column in columns]
        results.append(_sum_of_products(factors))
    kind = float64 if any(x.dtype is float64 for x in given) else int64
    return made(cast(results, kind), lengths, kind)


def _sum_of_products(factors: list[list[Any]]) -> Any:
    """Σᵢ aᵢ · bᵢ · ..."""
    first, *rest = factors
    for other in rest[1:]:
        first = [x * y for x, y in zip(first, other)]
    if not first or not all(hasattr(x, "backward") for column in (first, *rest[:1]) for x in column):
        return sum(map(math.prod, zip(first, *rest[:1])))
    if len(first) == 1:
        return first[0] * rest[0][0] if rest else first[0]
    return ops.dot(first, rest[0]) if rest else ops.sum(first)


attach(globals(), "tensor_products")
