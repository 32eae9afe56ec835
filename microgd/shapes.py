"""Shapes: which element of a flat list stands where, and how PyTorch prints it.

Pure functions of shapes (a tuple of lengths each) and of flat lists. A position is the index of an
element in the flat list, row by row. This module imports nothing of ours.
"""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, TypeAlias

    Shape: TypeAlias = tuple[int, ...]


class dtype:
    """The kind of a Tensor's numbers: float64, int64 or bool. There are only these three.

    float32 is another name for float64: what is made with it is a float64, drawn as PyTorch draws a float32.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, dtype) and kept(self) is kept(other)

    def __hash__(self) -> int:
        return hash(kept(self).name)

    def type(self, x: Any) -> Any:
        """x: np.mean converts its result with it."""
        return x

    def __repr__(self) -> str:
        return f"microgd.{self.name}"

    def __reduce__(self) -> str:
        return self.name.replace("bool", "bool_")  # the name in this module


float64, int64, bool_ = dtype("float64"), dtype("int64"), dtype("bool")
float32 = dtype("float32")


def kept(kind: Any) -> Any:
    """The kind in which numbers of this kind are kept."""
    return float64 if kind is float32 else kind


# --- positions ------------------------------------------------------------------------------------------


def steps(lengths: Shape) -> list[int]:
    """For each dimension how far apart two neighbours stand in the flat list."""
    return [math.prod(lengths[i + 1 :]) for i in range(len(lengths))]


def grid(offsets: Iterable[Sequence[int]], start: int = 0) -> list[int]:
    """The positions start + an offset of each dimension, the last dimension running fastest."""
    positions = [start]
    for own in offsets:
        positions = [p + offset for p in positions for offset in own]
    return positions


def offsets(lengths: Shape) -> list[Sequence[int]]:
    """For each dimension the offsets of its indices."""
    return [range(0, n * step, step) if step else [0] * n for n, step in zip(lengths, steps(lengths))]


def dimension(dim: int, dimensions: int) -> int:
    """`dim` counted from the start. IndexError, PyTorch's, if there is no such dimension."""
    bound = max(dimensions, 1)
    if not -bound <= dim < bound:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {dim})"
        )
    return dim % bound


def several(dim: Any, dimensions: int) -> list[int]:
    """One dimension or several, counted from the start; all of them for None or ()."""
    if dim is None or dim == ():
        return list(range(dimensions))
    dims = [dimension(d, dimensions) for d in (dim if isinstance(dim, (tuple, list)) else (dim,))]
    for d in dims:
        if dims.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return dims


def lines(lengths: Shape, dims: Sequence[int]) -> list[list[int]]:
    """The positions that differ only in the dimensions `dims`: a list for each of the others."""
    every = offsets(lengths)
    inner = grid(own for d, own in enumerate(every) if d in dims)
    return [[start + p for p in inner] for start in grid(own for d, own in enumerate(every) if d not in dims)]


def without(lengths: Shape, dims: Sequence[int], keepdim: bool) -> Shape:
    """The shape after a reduction of the dimensions `dims`."""
    kept = [1 if d in dims else n for d, n in enumerate(lengths) if keepdim or d not in dims]
    return tuple(kept)


def broadcast(a: Shape, b: Shape) -> Shape:
    """The shape of a + b: PyTorch's rule, and its sentence where two lengths do not fit."""
    n = max(len(a), len(b))
    pairs = list(zip((1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b))
    for d in reversed(range(n)):  # PyTorch names the last one
        x, y = pairs[d]
        if x != y and 1 not in pairs[d]:
            raise RuntimeError(
                f"The size of tensor a ({x}) must match the size of tensor b ({y}) at non-singleton"
                f" dimension {d}"
            )
    return tuple(y if x == 1 else x for x, y in pairs)


def spread(lengths: Shape, wanted: Shape) -> list[int]:
    """The positions of a Tensor that is broadcast to `wanted`."""
    missing = len(wanted) - len(lengths)
    own: list[Sequence[int]] = [[0] * n for n in wanted[:missing]]
    for n, goal, of_dimension in zip(lengths, wanted[missing:], offsets(lengths)):
        own.append(of_dimension if n == goal else [0] * goal)
    return grid(own)


def expanded(lengths: Shape, sizes: Shape) -> Shape:
    """The sizes given to `expand`, where -1 keeps a length."""
    missing = len(sizes) - len(lengths)
    if missing < 0:
        raise RuntimeError(
            f"expand(torch.DoubleTensor{{{list(lengths)}}}, size={list(sizes)}): the number of sizes"
            f" provided ({len(sizes)}) must be greater or equal to the number of dimensions in the tensor"
            f" ({len(lengths)})"
        )
    found = list(sizes)
    for d in reversed(range(len(sizes))):  # PyTorch names the last one
        if d < missing:
            if sizes[d] == -1:
                raise RuntimeError(
                    "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension"
                    f" {d}"
                )
            continue
        own = lengths[d - missing]
        if sizes[d] == -1:
            found[d] = own
        elif own not in (1, sizes[d]):
            raise RuntimeError(
                f"The expanded size of the tensor ({sizes[d]}) must match the existing size ({own}) at"
                f" non-singleton dimension {d}.  Target sizes: {list(sizes)}.  Tensor sizes: {list(lengths)}"
            )
    return tuple(found)


def viewed(lengths: Shape, sizes: Shape) -> Shape:
    """The sizes given to `view`, one of which may be -1: what is left."""
    if sizes.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    for d, n in enumerate(sizes):
        if n < -1:
            raise RuntimeError(f"invalid shape dimension {n} at index {d} of shape {list(sizes)}")
    count, given = math.prod(lengths), math.prod(n for n in sizes if n != -1)
    if -1 in sizes and given == 0 == count:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the unspecified"
            " dimension size -1 can be any value and is ambiguous"
        )
    if count != given if -1 not in sizes else (given == 0 or count % given):
        raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {count}")
    return tuple(count // given if n == -1 else n for n in sizes)


# --- indices --------------------------------------------------------------------------------------------


def selected(lengths: Shape, index: Sequence[Any]) -> tuple[Shape, Sequence[int]]:
    """The shape of what an index selects, and its positions.

    index  ints, slices, None, Ellipsis, and of lists and Tensors (their numbers, their shape)
    """
    if len(index) == 1 and type(index[0]) is int and lengths:  # a row: the most frequent case by far
        size = math.prod(lengths[1:])
        i = _counted(index[0], lengths[0], 0)
        return lengths[1:], range(i * size, (i + 1) * size)
    used = sum(map(_consumed, index))
    if used and not lengths:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++"
            " to convert a 0-dim tensor to a number"
        )
    if used > len(lengths):
        raise IndexError(f"too many indices for tensor of dimension {len(lengths)}")
    items = list(index)
    first = next((k for k, i in enumerate(items) if i is Ellipsis), len(items))
    items[first : first + 1] = [slice(None)] * (len(lengths) - used)
    return _combined(lengths, [i for i in items if i is not Ellipsis])


def _consumed(item: Any) -> int:
    """How many dimensions an index takes."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, tuple) and item[0] and isinstance(item[0][0], bool):
        return len(item[1])
    return 1


def _combined(lengths: Shape, items: list[Any]) -> tuple[Shape, list[int]]:
    start, d = 0, 0
    own_offsets = offsets(lengths)
    own_steps = steps(lengths)
    chosen: list[Sequence[int]] = []  # the offsets of each dimension of the result
    arrays: list[tuple[int, list[int], Shape]] = []  # of lists and Tensors: place, offsets, shape
    for item in items:
        if item is None:
            chosen.append([0])
        elif isinstance(item, slice):
            if item.step is not None and item.step <= 0:
                raise ValueError("step must be greater than zero")
            chosen.append(own_offsets[d][item])
            d += 1
        elif isinstance(item, int) and not isinstance(item, bool):
            start += _counted(item, lengths[d], d) * own_steps[d]
            d += 1
        else:
            numbers, shape = ([item], ()) if isinstance(item, bool) else item
            if numbers and isinstance(numbers[0], bool):  # a mask
                covered = lengths[d : d + len(shape)]
                for k, (n, own) in enumerate(zip(shape, covered)):
                    if n != own:
                        raise IndexError(
                            f"The shape of the mask {list(shape)} at index {k} does not match the shape of"
                            f" the indexed tensor {list(lengths)} at index {d + k}"
                        )
                places = grid(own_offsets[d : d + len(shape)])
                found = [p for p, wanted in zip(places, numbers) if wanted]
                arrays.append((len(chosen), found, (len(found),)))
                d += len(shape)
            else:
                found = [_counted(i, lengths[d], d) * own_steps[d] for i in numbers]
                arrays.append((len(chosen), found, shape))
                d += 1
    if not arrays:
        return tuple(map(len, chosen)), grid(chosen, start)
    together: Shape = ()
    for _, _, shape in arrays:
        try:
            together = broadcast(together, shape)
        except RuntimeError:
            shapes = ", ".join(str(list(shape)) for _, _, shape in arrays)
            raise IndexError(
                f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
            ) from None
    columns = [[found[p] for p in spread(shape, together)] for _, found, shape in arrays]
    joint = list(map(sum, zip(*columns)))
    places = [place for place, _, _ in arrays]
    at = places[0] if len(set(places)) == 1 else 0  # the dimensions of arrays that are apart come first
    result = (*map(len, chosen[:at]), *together, *map(len, chosen[at:]))
    return result, grid([*chosen[:at], joint, *chosen[at:]], start)


def _counted(i: int, n: int, d: int) -> int:
    if not -n <= i < n:
        raise IndexError(f"index {i} is out of bounds for dimension {d} with size {n}")
    return i % n


# --- nested lists and text --------------------------------------------------------------------------------


def nested(flat: Sequence[Any], lengths: Shape) -> Any:
    """A flat list as nested ones; of shape () its only element."""
    if not lengths:
        return flat[0]
    if len(lengths) == 1:
        return list(flat)
    size = math.prod(lengths[1:])
    return [nested(flat[i * size : (i + 1) * size], lengths[1:]) for i in range(lengths[0])]
