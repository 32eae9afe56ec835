"""vmap: a function of one sample, called for every sample of a batch. It is a loop.

For code that was written for torch.func.vmap. To be fast, a function of one sample is compiled:
`microgd.compile(f, in_dims=...)`. This module uses `tensor` and `tensor_functions`.
"""

from __future__ import annotations

from .tensor import Tensor, as_tensor
from .tensor_functions import stack
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any


def vmap(func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0) -> Callable[..., Any]:
    """A function that calls `func` for each sample, and stacks what it returns.

    in_dims   which dimension of each argument counts the samples; None: the same for all of them. A tuple has
              an entry for each argument. Arguments may be tuples, lists and dicts of Tensors
    out_dims  which dimension of each result counts the samples
    """

    def batched(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,) * len(args)
        if len(dims) != len(args):
            raise ValueError(
                f"vmap: in_dims is not compatible with the structure of inputs: it has {len(dims)} entries"
                f" for {len(args)} arguments"
            )
        sizes = [n for x, d in zip(args, dims) for n in _sizes(x, d)]
        sizes += [n for x in kwargs.values() for n in _sizes(x, 0)]
        if not sizes:
            raise ValueError("vmap: at least one argument must have samples: all in_dims are None")
        if len(set(sizes)) > 1:
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes"
                f" {sizes} for the mapped dimension"
            )
        results = [
            func(
                *(_sample(x, d, i) for x, d in zip(args, dims)),
                **{name: _sample(x, 0, i) for name, x in kwargs.items()},
            )
            for i in range(sizes[0])
        ]
        return _stacked(results, out_dims)

    return batched


def _parts(x: Any, dims: Any) -> list[tuple[Any, Any]]:
    """The entries of a tuple, list or dict, each with its dimension."""
    inner = list(x.values()) if isinstance(x, dict) else list(x)
    if isinstance(dims, dict):
        return [(part, dims[key]) for key, part in x.items()]
    own = dims if isinstance(dims, (tuple, list)) else [dims] * len(inner)
    return list(zip(inner, own))


def _sizes(x: Any, dim: Any) -> Iterator[int]:
    if isinstance(x, (tuple, list, dict)):
        for part, own in _parts(x, dim):
            yield from _sizes(part, own)
    elif dim is not None:
        if not getattr(x, "shape", ()):
            raise ValueError(f"vmap: an argument of no dimension has no samples: got in_dim={dim} for {x!r}")
        yield x.shape[dim]


def _sample(x: Any, dim: Any, i: int) -> Any:
    if isinstance(x, (tuple, list, dict)):
        parts = [_sample(part, own, i) for part, own in _parts(x, dim)]
        return dict(zip(x, parts)) if isinstance(x, dict) else type(x)(parts)
    if dim is None:
        return x
    return x[(*[slice(None)] * (dim % len(x.shape)), i)]


def _stacked(results: Sequence[Any], dim: Any) -> Any:
    first = results[0]
    if isinstance(first, dict):
        return {key: _stacked([r[key] for r in results], dim) for key in first}
    if isinstance(first, (tuple, list)):
        dims = dim if isinstance(dim, (tuple, list)) else [dim] * len(first)
        return type(first)(_stacked(column, d) for column, d in zip(zip(*results), dims))
    if not isinstance(first, (Tensor, Value)):
        results = [as_tensor(x) for x in results]
    return stack(results, dim)
