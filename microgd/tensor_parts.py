"""torch's functions that take a Tensor apart, repeat it, and put parts together, by positions alone.

Parts share their elements with the Tensor, as rows do; what repeats or picks elements copies them. Each is a
method of Tensor too, except those of several Tensors. This module uses
`tensor`, `tensor_functions` and `shapes`.
"""

from __future__ import annotations

import math

from . import shapes
from .shapes import dimension, float64, int64
from .tensor import Tensor, as_tensor, made, plain
from .tensor_functions import cat, lengths_of, stack
from .tensor_methods import attach, whole
from .tensor_storage import cast, copies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .shapes import Shape


def _copied(input: Tensor, lengths: Shape, positions: Sequence[int]) -> Any:
    elements = input._elements
    return made(copies(elements[p] for p in positions), lengths, input.dtype)


def _along(lengths: Shape, d: int, indices: Sequence[int]) -> list[int]:
    """The positions of these indices along dimension d, with every index of the other dimensions."""
    own = shapes.offsets(lengths)
    return shapes.grid([own[k][i] for i in indices] if k == d else own[k] for k in range(len(lengths)))


# --- parts: views -------------------------------------------------------------------------------------------


def narrow(input: Tensor, dim: int, start: int, length: int) -> Any:
    """`length` elements along `dim`, from `start` on."""
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    d = dimension(dim, input.ndim)
    size = input.shape[d]
    if not -size <= start <= size:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    chosen = range(start, start + length)
    return input._view((*input.shape[:d], length, *input.shape[d + 1 :]), _along(input.shape, d, chosen))


def select(input: Tensor, dim: int, index: int) -> Any:
    """The part at one index of a dimension, which disappears."""
    d = dimension(dim, input.ndim)
    return input[(*[slice(None)] * d, index)]


def unbind(input: Tensor, dim: int = 0) -> tuple[Any, ...]:
    """The parts along a dimension, which disappears."""
    d = dimension(dim, input.ndim)
    return tuple(select(input, d, i) for i in range(input.shape[d]))


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Parts of this length along `dim`, the last may be shorter; or of these lengths."""
    if not tensor.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    d = dimension(dim, tensor.ndim)
    size = tensor.shape[d]
    if isinstance(split_size_or_sections, (list, tuple)):
        sizes = list(split_size_or_sections)
        if sum(sizes) != size:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at"
                f" dimension {dim}), but got split_sizes={sizes}"
            )
    else:
        part = split_size_or_sections
        if part < 0 or (not part and size):
            what = f"split_size={part}" if part < 0 else "split_size=0"
            raise RuntimeError(
                f"split expects split_size be non-negative, but got {what}"
                if part < 0
                else f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}"
            )
        sizes = [min(part, size - start) for start in range(0, size, part)] if size else [0]
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return tuple(narrow(tensor, d, start, length) for start, length in zip(starts, sizes))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most this many parts of equal length along `dim`; the last may be shorter."""
    if not input.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks < 1:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    size = input.shape[dimension(dim, input.ndim)]
    return split(input, max(1, math.ceil(size / chunks)), dim)


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The elements whose index in dim2 is that in dim1 plus `offset`, as the last dimension."""
    a, b = dimension(dim1, input.ndim), dimension(dim2, input.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    moved = input.movedim((a, b), (-2, -1))
    *outer, n, m = moved.shape
    inner = [i * m + i + offset for i in range(n) if 0 <= i + offset < m]
    starts = range(0, math.prod(outer) * n * m, n * m) if n * m else []
    return moved._view((*outer, len(inner)), [start + p for start in starts for p in inner])


def trace(input: Tensor) -> Any:
    """The sum of the diagonal of a matrix."""
    if input.ndim != 2:
        raise RuntimeError("trace: expected a matrix")
    return diagonal(input).sum()


# --- other orders of dimensions: views ----------------------------------------------------------------------


def movedim(input: Tensor, source: Any, destination: Any) -> Any:
    """The dimensions `source` at the places `destination`; the others keep their order."""
    pairs = [
        [dimension(d, input.ndim) for d in (dims if isinstance(dims, (tuple, list)) else (dims,))]
        for dims in (source, destination)
    ]
    if not input.ndim:
        return input._view(())
    rest = [d for d in range(input.ndim) if d not in pairs[0]]
    for goal, d in sorted(zip(pairs[1], pairs[0])):
        rest.insert(goal, d)
    return input.permute(rest)


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Any:
    """transpose."""
    return input.transpose(axis0, axis1)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Any:
    """transpose."""
    return input.transpose(dim0, dim1)


def ravel(input: Tensor) -> Any:
    """flatten."""
    return input.reshape(-1)


def unflatten(input: Tensor, dim: int, sizes: Any) -> Any:
    """One dimension as several."""
    if not input.ndim:
        raise RuntimeError("unflatten needs a tensor of at least 1 dimension")
    d = dimension(dim, input.ndim)
    inner = shapes.viewed((input.shape[d],), tuple(sizes))
    return input.reshape(*input.shape[:d], *inner, *input.shape[d + 1 :])


def view_as(input: Tensor, other: Any) -> Any:
    """In the shape of `other`."""
    return input.view(other.shape)


def reshape_as(input: Tensor, other: Any) -> Any:
    """In the shape of `other`."""
    return input.view(other.shape)


def expand_as(input: Tensor, other: Any) -> Any:
    """Repeated to the shape of `other`."""
    return input.expand(other.shape)


def broadcast_to(input: Tensor, size: Any) -> Any:
    """expand."""
    return input.expand(tuple(size))


# --- repeated, turned, picked: copies -----------------------------------------------------------------------


def repeat(input: Tensor, *repeats: Any) -> Any:
    """The whole Tensor this many times along each dimension."""
    times = lengths_of(repeats)
    missing = len(times) - input.ndim
    if missing < 0:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        )
    lengths = (1,) * missing + input.shape
    own = shapes.offsets(lengths)
    positions = shapes.grid(list(offsets) * n for offsets, n in zip(own, times))
    return _copied(input, tuple(n * k for n, k in zip(lengths, times)), positions)


def tile(input: Tensor, *dims: Any) -> Any:
    """`repeat`, where dimensions that are not named are repeated once."""
    times = lengths_of(dims)
    return repeat(input, (1,) * (input.ndim - len(times)) + times)


def repeat_interleave(input: Tensor, repeats: Any, dim: int | None = None) -> Any:
    """Each element, or each part along `dim`, this many times."""
    if dim is None:
        input, dim = input.reshape(-1), 0
    d = dimension(dim, input.ndim)
    size = input.shape[d]
    counts = plain(repeats) if isinstance(repeats, Tensor) else [repeats]
    if len(counts) == 1:
        counts *= size
    if len(counts) != size:
        raise RuntimeError("repeats must have the same size as input along dim")
    chosen = [i for i, n in enumerate(counts) for _ in range(n)]
    return _picked(input, d, chosen)


def _picked(input: Tensor, d: int, chosen: Sequence[int]) -> Any:
    lengths = (*input.shape[:d], len(chosen), *input.shape[d + 1 :]) if input.shape else ()
    return _copied(input, lengths, _along(input.shape, d, chosen))


def flip(input: Tensor, *dims: Any) -> Any:
    """These dimensions in reverse order."""
    turned = [dimension(d, input.ndim) for d in lengths_of(dims)]
    own = [list(x)[::-1] if d in turned else x for d, x in enumerate(shapes.offsets(input.shape))]
    return _copied(input, input.shape, shapes.grid(own))


def fliplr(input: Tensor) -> Any:
    """The columns in reverse order."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, 1)


def flipud(input: Tensor) -> Any:
    """The rows in reverse order."""
    if not input.ndim:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, 0)


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Any:
    """Moved along dimensions; what leaves at an end comes back at the other. Without `dims` as one row."""
    if dims is None:
        return roll(input.reshape(-1), shifts, 0).reshape(input.shape)
    moves = zip(*((x,) if isinstance(x, int) else tuple(x) for x in (shifts, dims)), strict=True)
    for shift, dim in moves:
        d = dimension(dim, input.ndim)
        size = input.shape[d]
        input = _picked(input, d, [(i - shift) % size for i in range(size)])
    return input


def index_select(input: Tensor, dim: int, index: Any) -> Any:
    """The parts along `dim` at these indices."""
    d = dimension(dim, input.ndim)
    size = input.shape[d] if input.shape else 1
    chosen = plain(whole(index))
    for i in chosen:
        if not 0 <= i < size:
            raise IndexError("index out of range in self")
    return _picked(input, d, chosen)


def take(input: Tensor, index: Any) -> Any:
    """The elements at these places of the flat list."""
    return input.reshape(-1)[whole(index)]


def masked_select(input: Tensor, mask: Any) -> Any:
    """The elements where `mask` is True, in one row."""
    lengths = shapes.broadcast(input.shape, mask.shape)
    return input.expand(lengths)[mask.expand(lengths)]


def nonzero(input: Tensor, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not 0: a row for each; or a Tensor for each dimension."""
    own_steps = shapes.steps(input.shape)
    rows = [
        [p // step % n for step, n in zip(own_steps, input.shape)]
        for p, x in enumerate(plain(input))
        if x != 0
    ]
    if as_tuple:
        return tuple(made([row[d] for row in rows], (len(rows),), int64) for d in range(input.ndim))
    return made([i for row in rows for i in row], (len(rows), input.ndim), int64)


def argwhere(input: Tensor) -> Any:
    """nonzero."""
    return nonzero(input)


def count_nonzero(input: Tensor, dim: Any = None) -> Any:
    """How many elements are not 0."""
    return input.ne(0).sum(dim)


def tril(input: Tensor, diagonal: int = 0) -> Any:
    """A matrix with 0 above the diagonal with this number."""
    return _triangle(input, lambda i, j: j - i <= diagonal, "tril")


def triu(input: Tensor, diagonal: int = 0) -> Any:
    """A matrix with 0 below the diagonal with this number."""
    return _triangle(input, lambda i, j: j - i >= diagonal, "triu")


def _triangle(input: Tensor, kept: Any, name: str) -> Any:
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    n, m = input.shape[-2:]
    (zero,) = cast([0], input.dtype)
    pattern = [kept(i, j) for i in range(n) for j in range(m)]
    elements = input._elements
    return made(
        copies(x if pattern[p % (n * m)] else zero for p, x in enumerate(elements)), input.shape, input.dtype
    )


def diag(input: Tensor, diagonal: int = 0) -> Any:
    """A row as the diagonal of a matrix; of a matrix its diagonal."""
    if input.ndim == 2:
        return _diagonal(input, diagonal)
    if input.ndim != 1:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    n = len(input) + abs(diagonal)
    (zero,) = cast([0], input.dtype)
    elements = [zero] * (n * n)
    for i, x in enumerate(input._elements):
        elements[(i + max(-diagonal, 0)) * n + i + max(diagonal, 0)] = x
    return made(copies(elements), (n, n), input.dtype)


_diagonal = diagonal


# --- by the indices of another Tensor -----------------------------------------------------------------------


def _positions(input: Tensor, dim: int, index: Any, name: str) -> list[int]:
    """For each number of `index`, the position in `input` with this index along `dim`."""
    if getattr(index, "dtype", None) is not int64:
        raise RuntimeError(f"{name}(): Expected dtype int64 for index")
    if index.ndim != input.ndim:
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as "
            f"{'input' if name == 'gather' else 'self'} tensor"
        )
    d = dimension(dim, input.ndim)
    for k, (n, own) in enumerate(zip(index.shape, input.shape)):
        if k != d and n > own:
            raise RuntimeError(
                f"Size does not match at dimension {k} expected index {list(index.shape)} to be no larger"
                f" than self {list(input.shape)} apart from dimension {d}"
            )
    own_offsets = shapes.offsets(input.shape)
    bases = shapes.grid([0] * n if k == d else own_offsets[k][:n] for k, n in enumerate(index.shape))
    size, step = (input.shape[d], shapes.steps(input.shape)[d]) if input.shape else (1, 1)
    numbers = plain(index)
    for i in numbers:
        if not 0 <= i < size:
            raise RuntimeError(f"index {i} is out of bounds for dimension {d} with size {size}")
    return [base + i * step for base, i in zip(bases, numbers)]


def gather(input: Tensor, dim: int, index: Any) -> Any:
    """The elements whose index along `dim` is that number of `index`, in the shape of `index`."""
    return _copied(input, index.shape, _positions(input, dim, index, "gather"))


def take_along_dim(input: Tensor, indices: Any, dim: int | None = None) -> Any:
    """`gather`, where the other dimensions are broadcast."""
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    d = dimension(dim, input.ndim)
    joint = shapes.broadcast(
        tuple(1 if k == d else n for k, n in enumerate(input.shape)),
        tuple(1 if k == d else n for k, n in enumerate(indices.shape)),
    )
    own = (*joint[:d], input.shape[d], *joint[d + 1 :])
    wanted = (*joint[:d], indices.shape[d], *joint[d + 1 :])
    return gather(input.expand(own), d, indices.expand(wanted))


def scatter(input: Tensor, dim: int, index: Any, src: Any = None, value: Any = None) -> Any:
    """A copy in which `src` stands where `gather` would read."""
    return _scattered(input, dim, index, value if src is None else src, "scatter", lambda old, new: new)


def scatter_add(input: Tensor, dim: int, index: Any, src: Any) -> Any:
    """A copy in which `src` is added where `gather` would read."""
    return _scattered(input, dim, index, src, "scatter_add", lambda old, new: old + new)


def index_add(input: Tensor, dim: int, index: Any, source: Any, alpha: Any = 1) -> Any:
    """A copy in which the parts of `source` are added along `dim` at these indices."""
    d = dimension(dim, input.ndim)
    apart = index.reshape([-1 if k == d else 1 for k in range(input.ndim)]).expand(source.shape)
    return scatter_add(input, d, apart, source if alpha == 1 else source * alpha)


def _scattered(input: Tensor, dim: int, index: Any, src: Any, name: str, function: Any) -> Any:
    positions = _positions(input, dim, index, name)
    source = as_tensor(src)
    if source.shape:
        part = source[tuple(slice(n) for n in index.shape)]
        fresh = part._elements
    else:
        fresh = [source if source.dtype is float64 else source.item()] * len(positions)
    elements = copies(input._elements)
    for p, new in zip(positions, copies(cast(fresh, input.dtype))):
        elements[p] = function(elements[p], new)
    return made(elements, input.shape, input.dtype)


# --- several Tensors ----------------------------------------------------------------------------------------


def concat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """cat."""
    return cat(tensors, dim)


concatenate = concat


def hstack(tensors: Sequence[Any]) -> Any:
    """Side by side: along the second dimension, rows along their only one."""
    given = [whole(x) for x in tensors]
    given = [x if x.shape else x.reshape(1) for x in given]
    return cat(given, 0 if given and given[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Any]) -> Any:
    """One below the other."""
    return cat([x if x.ndim > 1 else x.reshape(1, -1) for x in map(whole, tensors)])


def column_stack(tensors: Sequence[Any]) -> Any:
    """Side by side, rows as columns."""
    return cat([x if x.ndim > 1 else x.reshape(-1, 1) for x in map(whole, tensors)], 1)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All expanded to the shape of their sum."""
    lengths: Shape = ()
    for x in tensors:
        lengths = shapes.broadcast(lengths, x.shape)
    return tuple(whole(x).expand(lengths) for x in tensors)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """For each row a Tensor with all their combinations: its element varies along a dimension of its own."""
    given = [whole(x) for x in (tensors[0] if isinstance(tensors[0], (list, tuple)) else tensors)]
    for x in given:
        if x.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {x!r}")
    rows = [x.reshape(-1) for x in given]
    lengths = tuple(len(x) for x in rows)
    grids = [
        x.reshape([-1 if k == d else 1 for k in range(len(rows))]).expand(lengths) for d, x in enumerate(rows)
    ]
    if indexing == "xy" and len(rows) > 1:
        return tuple(x.transpose(0, 1) for x in grids)
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    return tuple(grids)


def cartesian_prod(*tensors: Any) -> Any:
    """Every combination of elements, one of each: a row for each."""
    if len(tensors) == 1:
        return whole(tensors[0])
    return stack([x.reshape(-1) for x in meshgrid(*tensors)], 1)


attach(globals(), "tensor_parts")
