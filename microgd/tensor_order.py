"""torch's functions along dimensions that count, sort and spread: var, std, cumsum, sort, topk, unique.

Each is a method of Tensor too. This module uses `ops`, `tensor`, `tensor_functions` and `shapes`.
"""

from __future__ import annotations

import builtins
import operator
from itertools import accumulate

from . import ops, shapes
from .shapes import dimension, float64, int64
from .tensor import Tensor, made, plain
from .tensor_functions import Extremes
from .tensor_methods import attach, whole
from .tensor_storage import copies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


# --- spread ---------------------------------------------------------------------------------------------


def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Any = 1,
    axis: Any = None,
) -> Any:
    """Σ (x - mean)² / (n - correction).

    unbiased  True is correction=1, and False is correction=0
    """
    if isinstance(dim, bool):  # var(False)
        dim, unbiased = None, dim
    return _spread(input, axis if dim is None else dim, unbiased, keepdim, correction, lambda x: x)


def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Any = 1,
    axis: Any = None,
) -> Any:
    """√var; where all numbers are equal, its gradient is 0, as PyTorch's."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim

    def root(variance: Any) -> Any:
        return variance if variance == 0.0 else ops.sqrt(variance)

    return _spread(input, axis if dim is None else dim, unbiased, keepdim, correction, root)


def _spread(
    input: Tensor, dim: Any, unbiased: bool | None, keepdim: bool, correction: Any, function: Any
) -> Any:
    if input.dtype is not float64:
        raise RuntimeError("std and var only support floating point and complex dtypes")
    lost = correction if unbiased is None else int(unbiased)

    def of(xs: Sequence[Any]) -> Any:
        center = ops.mean(list(xs))
        return function(ops.sum([(x - center) ** 2 for x in xs]) / float(builtins.max(len(xs) - lost, 0)))

    return input._reduced(of, dim, keepdim)


def std_mean(input: Any, dim: Any = None, **options: Any) -> tuple[Any, Any]:
    """(std, mean), with the options of `std`."""
    return _and_mean(std, input, dim, options)


def var_mean(input: Any, dim: Any = None, **options: Any) -> tuple[Any, Any]:
    """(var, mean), with the options of `var`."""
    return _and_mean(var, input, dim, options)


def _and_mean(spread: Any, input: Any, dim: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    along = None if isinstance(dim, bool) else options.get("axis") if dim is None else dim
    return spread(input, dim, **options), whole(input).mean(along, options.get("keepdim", False))


# --- running results --------------------------------------------------------------------------------------


def cumsum(input: Tensor, dim: int) -> Any:
    """The sums of the first elements along `dim`: of one, of two, ..."""
    return _running(input, operator.add, dim)


def cumprod(input: Tensor, dim: int) -> Any:
    """The products of the first elements along `dim`: of one, of two, ..."""
    return _running(input, operator.mul, dim)


def _running(input: Tensor, function: Callable[[Any, Any], Any], dim: int) -> Any:
    results = copies(input._elements) if input.dtype is float64 else list(map(int, input._elements))
    for line in shapes.lines(input.shape, [dimension(dim, input.ndim)]):
        for p, result in zip(line, list(accumulate((results[p] for p in line), function))):
            results[p] = result
    return made(results, input.shape, float64 if input.dtype is float64 else int64)


def diff(input: Tensor, n: int = 1, dim: int = -1) -> Any:
    """Each element minus the one before it along `dim`, n times."""
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    for _ in range(n):
        d = dimension(dim, input.ndim)
        size = input.shape[d]
        start = (slice(None),) * d
        input = input[(*start, slice(1, None))] - input[(*start, slice(0, builtins.max(size - 1, 0)))]
    return input


# --- order ------------------------------------------------------------------------------------------------


def _ordered(
    input: Tensor,
    dim: int,
    descending: bool,
    count: int | None = None,
    first: int = 0,
    nan_first: bool = False,
) -> Any:
    """(values, indices) of `count` elements along `dim`, from number `first` on, in order; nan is largest.

    nan_first  of a line that has nan it is each of them
    """
    d = dimension(dim, input.ndim)
    numbers, elements = plain(input), input._elements
    lines = shapes.lines(input.shape, [d])
    chosen: list[list[int]] = []
    for line in lines:
        keys = [(numbers[p] != numbers[p], numbers[p]) for p in line]
        order = sorted(range(len(line)), key=keys.__getitem__, reverse=descending)
        if nan_first and any(missing for missing, _ in keys):
            order = [next(i for i, key in enumerate(keys) if key[0])] * len(line)
        chosen.append(order[first:] if count is None else order[first : first + count])
    length = len(chosen[0]) if chosen else count or 0
    lengths = (*input.shape[:d], length, *input.shape[d + 1 :]) if input.shape else ()
    places = shapes.lines(lengths, [d])
    found: list[Any] = [None] * sum(map(len, chosen))
    indices = list(found)
    for line, order, goals in zip(lines, chosen, places):
        for goal, i in zip(goals, order):
            found[goal], indices[goal] = elements[line[i]], i
    return Extremes((made(copies(found), lengths, input.dtype), made(indices, lengths, int64)))


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """(values, indices) in order along `dim`."""
    return _ordered(input, dim, descending)


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that bring `input` in order along `dim`."""
    return _ordered(input, dim, descending).indices


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """(values, indices) of the k largest, or smallest, along `dim`, in order."""
    if not 0 <= k <= (input.shape[dimension(dim, input.ndim)] if input.shape else 1):
        raise RuntimeError("selected index k out of range")
    return _ordered(input, dim, largest, k if input.shape else 1)


def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, the lower of two, or nan if there is one; along `dim` (values, indices)."""
    if dim is None:
        return median(input.reshape(-1), 0).values
    d = dimension(dim, input.ndim)
    size = input.shape[d] if input.shape else 1
    if not size:
        raise IndexError(f"median(): Expected reduction dim {dim} to have non-zero size.")
    middle = _ordered(input, d, False, 1, (size - 1) // 2, nan_first=True)
    return middle if keepdim or not input.shape else Extremes(x.squeeze(d) for x in middle)


def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> Any:
    """The different numbers in order, as constants; then where each element is among them, and how often."""
    numbers = plain(input)
    different = builtins.sorted(set(numbers))
    place = {x: i for i, x in enumerate(different)}
    counts = [0] * len(different)
    for x in numbers:
        counts[place[x]] += 1
    kind = input.dtype
    results = [Tensor(different) if kind is float64 else made(different, (len(different),), kind)]
    if return_inverse:
        results.append(made([place[x] for x in numbers], input.shape, int64))
    if return_counts:
        results.append(made(counts, (len(counts),), int64))
    return results[0] if len(results) == 1 else tuple(results)


def bincount(input: Tensor, weights: Any = None, minlength: int = 0) -> Any:
    """How often each of 0, 1, 2 ... is in `input`, or the sum of their weights."""
    numbers = plain(input)
    if input.ndim != 1 or any(x < 0 for x in numbers):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    length = builtins.max(minlength, builtins.max(numbers, default=-1) + 1)
    sums: list[Any] = [0 if weights is None else 0.0] * length
    for x, weight in zip(numbers, [1] * len(numbers) if weights is None else weights):
        sums[x] = sums[x] + weight
    return made(sums, (length,), int64) if weights is None else Tensor(sums)


attach(globals(), "tensor_order")
