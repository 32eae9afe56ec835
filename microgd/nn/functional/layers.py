"""What the layers with parameters compute."""

from __future__ import annotations

import sys
from math import prod

from ... import ops
from ...random import unit_double
from ...tensor import Tensor, as_tensor, mapped, shape, shaped, values
from ...tensor_storage import copies
from ...value import data_of, demand, dots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """y = x Wᵀ + b: each output is a neuron, the dot product of the input with a row of weights.

    input   (..., in_features), a nested sequence of numbers or Values
    weight  (out_features, in_features)
    bias    (out_features) or None
    Returns (..., out_features). RuntimeError if the widths differ.
    """
    dimensions = shape(input)
    width = dimensions[-1] if dimensions else 0
    if width != len(weight[0]) or 0 in dimensions:
        rows = 1
        for length in dimensions[:-1]:
            rows *= length
        raise RuntimeError(
            "mat1 and mat2 shapes cannot be multiplied"
            f" ({rows}x{width} and {len(weight[0])}x{len(weight)}):"
            f" input of shape {dimensions}, {len(weight[0])} input features expected"
        )
    weight = as_tensor(weight)
    biases = None if bias is None else as_tensor(bias)
    if biases is not None and len(biases) != len(weight):
        raise RuntimeError(f"weight of shape {shape(weight)} wants {len(weight)} biases, got {shape(bias)}")
    numbers = values(input)
    neurons = rows_of(weight._elements, width), None if biases is None else biases._elements
    layers = dots(rows_of(numbers, width), *neurons)
    return shaped([y for layer in layers for y in layer], (*dimensions[:-1], len(weight)))


def rows_of(numbers: list[Any], width: int) -> list[list[Any]]:
    """A flat list in rows."""
    return [numbers[i : i + width] for i in range(0, len(numbers), width)]


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """In training, each x becomes 0 with probability p, else x / (1 - p). So the mean stays the same.

    Srivastava et al. 2014, "Dropout". ValueError unless p is in [0, 1]. After the same manual_seed the draws
    are those of PyTorch's own generator. Where PyTorch is built with MKL and the processor is Intel's, it
    draws with MKL, and others.
    """
    demand_probability(p)
    x = as_tensor(input)
    if not training or p == 0.0:
        return x
    kept = 1.0 - p
    if kept == 0.0:
        return mapped(lambda x: x * 0.0, x)
    return mapped(lambda x: x * (1.0 / kept if unit_double() < kept else 0.0), x)


def demand_probability(p: float) -> None:
    """ValueError, PyTorch's, unless p is in [0, 1]."""
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Tensor:
    """The rows of a table that the indices name.

    input        (...), whole numbers from 0 to num_embeddings - 1
    weight       (num_embeddings, embedding_dim)
    padding_idx  the row that receives no gradient
    Returns (..., embedding_dim). IndexError for an index that names no row.
    """
    shape(input)  # all rows are of one length
    table = as_tensor(weight)
    padding = None if padding_idx is None else padding_row(padding_idx, len(table))

    chosen: list[Any] = []
    rows = [table[i].detach()._elements if i == padding else table[i]._elements for i in range(len(table))]
    for x in values(input):
        i = whole(x, "an index", len(table), _no_row)
        chosen += copies(rows[i]) if isinstance(i, int) else [ops.pick(column, i) for column in zip(*rows)]
    return shaped(chosen, (*shape(input), *table.shape[1:]))


def _no_row(i: int, rows: int) -> IndexError:
    return IndexError(f"index out of range in self: {i}, with {rows} embeddings")


def padding_row(padding_idx: int, rows: int) -> int:
    """padding_idx, counted from the first row. ValueError if there is no such row."""
    if not -rows <= padding_idx < rows:
        raise ValueError(f"Padding_idx must be within num_embeddings, got {padding_idx} and {rows}")
    return padding_idx % rows


def whole(x: Any, what: str, n: int, complaint: Callable[[int, int], Exception]) -> Any:
    """An index below n as an int. It may be a float or a constant Value. RuntimeError if it is not whole.

    complaint  makes the error for an index out of range, given the index and n

    While a function is compiled, it may be a symbol: the compiled function then asks each argument.
    """

    def wrong(x: Any) -> Exception:
        number = data_of(x)
        if number != number // 1.0 or abs(number) == float("inf"):
            return RuntimeError(f"expected {what}, a whole number, got {x!r}")
        return complaint(int(number), n)

    number = x._elements[0] if isinstance(x, Tensor) else x
    demand(number, lambda i: 0.0 <= i < n and i == i // 1.0, wrong)
    index = data_of(number)
    return int(index) if type(index) is float else index


def layer_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """y = (x - E[x]) / sqrt(Var[x] + ε) · w + b, over the last dimensions.

    input             (..., *normalized_shape)
    normalized_shape  the last dimensions, over which mean and (biased) variance are computed
    weight, bias      of normalized_shape, or None
    Ba et al. 2016, arXiv:1607.06450. RuntimeError if the shapes do not fit.
    """

    def normalized(xs: list[Any]) -> list[Any]:
        mean = ops.mean(xs)
        centered = [x - mean for x in xs]
        variance = ops.dot(centered, centered) / len(xs)
        scale = ops.sqrt(variance + eps)
        return [x / scale for x in centered]

    return _over_last(normalized, input, normalized_shape, weight, bias)


def rms_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None
) -> Any:
    """y = x / sqrt(E[x²] + ε) · w, over the last dimensions.

    Arguments as in layer_norm; eps None is the machine's, 2.2e-16.
    Zhang and Sennrich 2019, arXiv:1910.07467. RuntimeError if the shapes do not fit.
    """
    epsilon = sys.float_info.epsilon if eps is None else eps

    def normalized(xs: list[Any]) -> list[Any]:
        scale = ops.sqrt(ops.dot(xs, xs) / len(xs) + epsilon)
        return [x / scale for x in xs]

    return _over_last(normalized, input, normalized_shape, weight, None)


def _over_last(
    function: Callable[[list[Any]], list[Any]], input: Any, inner: Sequence[int], weight: Any, bias: Any
) -> Any:
    """Apply a function to the numbers of the last dimensions, then scale and shift the results."""
    x, inner = as_tensor(input), tuple(inner)
    found = shape(x)
    if not inner or 0 in found or found[len(found) - len(inner) :] != inner:
        expected = ", ".join(map(str, ("*", *inner)))
        raise RuntimeError(
            f"Given normalized_shape={list(inner)}, expected input with shape [{expected}],"
            f" but got input of size{list(found)}"
        )
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and shape(parameter) != inner:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape"
                f" {list(shape(parameter))} and normalized_shape = {list(inner)}"
            )

    made: list[Any] = []
    for row in rows_of(values(x), prod(inner)):
        numbers = function(row)
        if weight is not None:
            numbers = [y * w for y, w in zip(numbers, values(weight))]
        if bias is not None:
            numbers = [y + b for y, b in zip(numbers, values(bias))]
        made += numbers
    return shaped(made, found)
