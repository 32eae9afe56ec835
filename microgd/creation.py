"""Tensors from nothing: zeros, ranges, random numbers, by torch's names and with its options.

`dtype` says whether numbers, whole numbers or truth values are wanted. All floating point types are float64;
random numbers are those that PyTorch draws for float32, its default. `device` may be the processor. The
other options of PyTorch (`out`, `layout`, `pin_memory`) are left out. A shape of no dimension gives a Value.

This module uses `tensor` and `random`.
"""

from __future__ import annotations

import math
from functools import wraps

from . import random, shapes
from .random import Generator
from .shapes import bool_, float64, int64
from .tensor import Tensor, made, plain, tensor
from .tensor_storage import cast
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from .shapes import Shape


def _finished(numbers: Iterable[Any], lengths: Shape, dtype: Any, device: Any, requires_grad: bool) -> Any:
    """The result of every function here."""
    if device is not None and device != "cpu":
        from .devices import demand_cpu

        demand_cpu(device)
    kind = float64 if dtype is None else shapes.kept(dtype)
    if not isinstance(kind, shapes.dtype):
        raise TypeError(f"dtype must be one of microgd's (float64, int64, bool), got {dtype!r}")
    if requires_grad and kind is not float64:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    result = made(cast(numbers, kind), lengths, kind)
    return result.requires_grad_() if requires_grad else result


def _lengths(sizes: Sequence[Any]) -> Shape:
    """A shape given by its lengths or as one sequence."""
    given = sizes[0] if len(sizes) == 1 and hasattr(sizes[0], "__iter__") else sizes
    for n in given:
        if not hasattr(n, "__index__"):
            raise TypeError(f"a shape is made of whole numbers, got {n!r} in {tuple(given)}")
    lengths = tuple(n.__index__() for n in given)
    for n in lengths:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(lengths)}")
    return lengths


def _number(x: Any) -> Any:
    return x.item() if isinstance(x, (Value, Tensor)) else x


def _kind(*numbers: Any) -> shapes.dtype:
    """The kind of numbers that are given one by one: whole ones give whole ones."""
    return int64 if all(isinstance(x, int) for x in numbers) else float64


# --- filled -----------------------------------------------------------------------------------------------


def _sized(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, whose lengths may also stand in one sequence called `size`."""

    @wraps(function)
    def sized(*lengths: Any, size: Any = None, **options: Any) -> Any:
        return function(*(lengths if size is None else (size,)), **options)

    return sized


@_sized
def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """0 everywhere. The shape is given by its lengths or as one sequence."""
    lengths = _lengths(size)
    return _finished([0.0] * math.prod(lengths), lengths, dtype, device, requires_grad)


@_sized
def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """1 everywhere. The shape is given by its lengths or as one sequence."""
    lengths = _lengths(size)
    return _finished([1.0] * math.prod(lengths), lengths, dtype, device, requires_grad)


@_sized
def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """As `zeros`: PyTorch leaves open what the numbers are."""
    return zeros(*size, dtype=dtype, device=device, requires_grad=requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """The same number everywhere. Its kind is that of the number."""
    lengths, number = _lengths((size,)), _number(fill_value)
    if dtype is None:
        dtype = bool_ if isinstance(number, bool) else _kind(number)
    return _finished([number] * math.prod(lengths), lengths, dtype, device, requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """The n x n identity matrix, or n x m: 1 on the diagonal, 0 elsewhere."""
    lengths = _lengths((n, n if m is None else m))
    numbers = [float(i == j) for i in range(lengths[0]) for j in range(lengths[1])]
    return _finished(numbers, lengths, dtype, device, requires_grad)


# --- ranges -----------------------------------------------------------------------------------------------


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """start, start + step ... up to `end`, without it. With one argument this is `end`, and start is 0."""
    first, last, by = (0, _number(start), 1) if end is None else map(_number, (start, end, step))
    if end is None:
        by = _number(step)
    if by == 0:
        raise RuntimeError("step must be nonzero")
    if (last - first) * by < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    kind = _kind(first, last, by) if dtype is None else dtype
    n = max(0, math.ceil((last - first) / by))
    if kind is int64:
        first, by = int(first), int(by)
    return _finished([first + i * by for i in range(n)], (n,), kind, device, requires_grad)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """`steps` numbers at equal distances, from start to end; the second half is counted from the end."""
    first, last = float(_number(start)), float(_number(end))
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    by = (last - first) / (steps - 1) if steps > 1 else 0.0
    half = steps // 2
    numbers = [first + by * i if i < half else last - by * (steps - 1 - i) for i in range(steps)]
    if steps == 1:
        numbers = [first]
    return _finished(numbers, (steps,), dtype, device, requires_grad)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """base to the power of each number of `linspace(start, end, steps)`."""
    numbers = [float(base) ** x for x in linspace(start, end, steps).tolist()]
    return _finished(numbers, (steps,), dtype, device, requires_grad)


# --- random -------------------------------------------------------------------------------------------------


def _is_double(dtype: Any) -> bool | None:
    """Whether draws are those of a float64. None: as the default is."""
    return None if dtype is None else dtype is float64


@_sized
def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform draws from [0, 1): PyTorch's, bit for bit, after the same manual_seed."""
    lengths, double = _lengths(size), _is_double(dtype)
    drawn = [random.unit(generator, double) for _ in range(math.prod(lengths))]
    return _finished(drawn, lengths, dtype, device, requires_grad)


@_sized
def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Normal draws, of mean 0 and standard deviation 1: PyTorch's to 1e-6, in float64 to 1e-14."""
    lengths = _lengths(size)
    drawn = random.normals(math.prod(lengths), generator=generator, double=_is_double(dtype))
    return _finished(drawn, lengths, dtype, device, requires_grad)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Normal draws. Without a `size`, mean and std are Tensors, or one of them is, and each has its draw."""
    if size is not None:
        lengths = _lengths((size,))
        double = _is_double(dtype)
        drawn = random.normals(math.prod(lengths), _number(mean), _number(std), generator, double)
        return _finished(drawn, lengths, dtype, device, requires_grad)
    means, deviations = (Tensor([x]) if not isinstance(x, Tensor) else x for x in (mean, std))
    if any(s < 0.0 for s in plain(deviations)):
        raise RuntimeError("normal expects all elements of std >= 0.0")
    shift = means.detach() + 0.0 * deviations.detach()
    lengths = shift.shape if isinstance(mean, Tensor) or isinstance(std, Tensor) else ()
    drawn = random.normals(shift.numel(), generator=generator)
    scale = plain(0.0 * shift + deviations.detach())
    rounded = float if random.get_default_dtype() is float64 else random.float32
    numbers = [rounded(x * s + m) for x, s, m in zip(drawn, scale, plain(shift))]
    return _finished(numbers, lengths, dtype, device, requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Whole numbers from low to high - 1; of `randint(high, size)` from 0 on."""
    if size is None:
        low, high, size = 0, low, high
    low, high, lengths = _number(low), _number(high), _lengths((size,))
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    drawn = [random.whole(low, high, generator) for _ in range(math.prod(lengths))]
    return _finished(drawn, lengths, dtype, device, requires_grad)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """0 ... n - 1 in random order."""
    if n < 0:
        raise RuntimeError(f"n must be non-negative, got {n}")
    return _finished(random.shuffled(n, generator), (n,), dtype, device, requires_grad)


def bernoulli(input: Any, p: Any = None, *, generator: Generator | None = None) -> Any:
    """1 with the probabilities that are given, else 0. The draws are PyTorch's, unless it draws with MKL."""
    chances = plain(input) if p is None else [p] * math.prod(input.shape)
    if not all(0.0 <= x <= 1.0 for x in chances):
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    draw = random.unit if p is None else random.unit_double
    return made(cast([float(draw(generator) < x) for x in chances], float64), tuple(input.shape))


def multinomial(
    input: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Any:
    """Indices that are drawn with these weights, for every row.

    The draws are PyTorch's, unless it draws with MKL. Without replacement, every weight is divided by a draw
    of the exponential distribution, and the largest quotients are chosen.
    """
    weights = plain(input)
    n = input.shape[-1] if input.shape else 0
    if len(input.shape) not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not all(0.0 <= w < math.inf for w in weights):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    rows = [weights[start : start + n] for start in range(0, len(weights), n)]
    if any(sum(w > 0.0 for w in row) < (1 if replacement else num_samples) for row in rows):
        raise RuntimeError("invalid multinomial distribution: too few categories have a weight above 0")
    drawn: list[int] = []
    for row in rows:
        if replacement and num_samples > 1:
            drawn += [_weighted(row, random.unit_double(generator)) for _ in range(num_samples)]
        else:
            quotients = [w / _exponential(generator) for w in row]
            drawn += sorted(range(n), key=lambda i: -quotients[i])[:num_samples]
    return made(drawn, (*input.shape[:-1], num_samples), int64)


def _exponential(generator: Generator | None) -> float:
    """A draw of the exponential distribution, above 0."""
    return -math.log1p(-random.unit_double(generator)) or 2.0**-54


def _weighted(weights: Sequence[float], unit: float) -> int:
    """The index in whose part of the sum of weights the number falls; `unit` is in [0, 1)."""
    left, last = unit * math.fsum(weights), 0
    for i, w in enumerate(weights):
        if w > 0.0:
            last = i
            if left < w:
                return i
            left -= w
    return last  # after rounding nothing was left of the sum


# --- in the shape of another -------------------------------------------------------------------------------


def _like(create: Callable[..., Any], fixed: str) -> Callable[..., Any]:
    """The same for the shape and the kind of a Tensor or Value. The generator is the default one."""

    def function(
        input: Any, *arguments: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        drawn = fixed in ("rand", "randn")  # of the default kind: what a float64 was made of is not known
        kind = (None if drawn else input.dtype) if dtype is None else dtype
        shape = tuple(input.shape)
        given = (*arguments, shape) if fixed == "randint" else (shape, *arguments)
        return create(*given, dtype=kind, device=device, requires_grad=requires_grad)

    function.__name__ = function.__qualname__ = f"{fixed}_like"
    function.__doc__ = f"`{fixed}` in the shape, and of the kind, of a Tensor or a Value."
    return function


zeros_like, ones_like = _like(zeros, "zeros"), _like(ones, "ones")
empty_like, full_like = _like(empty, "empty"), _like(full, "full")
rand_like, randn_like = _like(rand, "rand"), _like(randn, "randn")
randint_like = _like(randint, "randint")


# --- from what is there ------------------------------------------------------------------------------------


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """A Tensor or Value as it is, if it is of this kind already; else as `tensor(data)`."""
    if isinstance(data, (Tensor, Value)):
        if dtype is None or shapes.kept(dtype) is data.dtype:
            return data
        return _finished(plain(data), data.shape, dtype, device, False)
    found = tensor(data)
    kind = found.dtype if dtype is None else shapes.kept(dtype)
    return _finished(plain(found), found.shape, kind, device, False) if kind is not found.dtype else found


def FloatTensor(data: Any = ()) -> Tensor:  # noqa: N802
    """A Tensor of these numbers: the older name of `Tensor`."""
    return Tensor(data)


DoubleTensor = FloatTensor


def LongTensor(data: Any = ()) -> Any:  # noqa: N802
    """A Tensor of whole numbers: the older name of `tensor(data, dtype=int64)`."""
    return tensor(data, dtype=int64)


IntTensor = LongTensor


def BoolTensor(data: Any = ()) -> Any:  # noqa: N802
    """A Tensor of truth values: the older name of `tensor(data, dtype=bool)`."""
    return tensor(data, dtype=bool_)


def from_numpy(array: Any) -> Any:
    """A Tensor of the numbers of a NumPy array: a copy, where PyTorch shares the array's memory."""
    if not (hasattr(array, "astype") and hasattr(array, "dtype")):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    return tensor(array)
