"""torch.utils.data's names: datasets, and a loader that gives their samples in batches.

After the same manual_seed a loader that shuffles gives the samples in PyTorch's order. Everything happens in
the process itself: `num_workers` and `pin_memory` are accepted, without effect.

This module uses `creation`, `random`, `tensor` and `tensor_functions`.
"""

from __future__ import annotations

import math

from ..creation import as_tensor
from ..random import Generator, default_generator, shuffled
from ..tensor import Tensor, tensor
from ..tensor_functions import stack
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


class Dataset:
    """Samples by number: a subclass has `__getitem__` and `__len__`."""

    def __class_getitem__(cls, kind: Any) -> Any:
        return cls

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")


class TensorDataset(Dataset):
    """Samples are the rows of Tensors: the i-th is the tuple of all their i-th rows."""

    def __init__(self, *tensors: Any) -> None:
        if any(len(x) != len(tensors[0]) for x in tensors):
            raise ValueError(f"Size mismatch between tensors: lengths {[len(x) for x in tensors]}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(x[index] for x in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """The samples of a dataset at these indices."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[Any], generator: Generator | None = None) -> list[Subset]:
    """Subsets of these lengths, or of these fractions of the whole, whose samples are drawn."""
    n = len(dataset)
    if math.isclose(sum(lengths), 1.0) and sum(lengths) <= 1.0:
        for i, fraction in enumerate(lengths):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {i} is not between 0 and 1")
        counts = [math.floor(n * fraction) for fraction in lengths]
        for i in range(n - sum(counts)):  # what is left goes to the first ones, one to each
            counts[i % len(counts)] += 1
        lengths = counts
    if sum(lengths) != n:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = iter(shuffled(n, generator))
    return [Subset(dataset, [next(order) for _ in range(count)]) for count in lengths]


class SequentialSampler:
    """The numbers of all samples in order."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(SequentialSampler):
    """The numbers of all samples in random order, a new one each time."""

    def __init__(self, data_source: Any, *, generator: Generator | None = None) -> None:
        super().__init__(data_source)
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        n, source = len(self), self.generator
        if source is None:
            source = Generator().manual_seed(_drawn_seed(default_generator))
        yield from shuffled(n, source)
        shuffled(n, source)  # PyTorch draws one more order at the end of each


class DataLoader:
    """The samples of a dataset in batches, as often as one asks.

    dataset        anything with `__getitem__` and `__len__`
    batch_size     samples in a batch; None: each sample comes by itself
    shuffle        a new order in each epoch
    sampler        gives the numbers of the samples, in place of `shuffle`
    batch_sampler  gives a list of them for each batch
    collate_fn     makes a batch of a list of samples; without it Tensors are stacked, numbers become Tensors,
                   and tuples and dicts are taken part by part
    drop_last      leave out a last batch that is not full
    generator      where the order is drawn from
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Any = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        *,
        generator: Generator | None = None,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and"
                    " drop_last"
                )
            batch_size = None
        elif batch_size is not None and batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.sampler, self.batch_sampler, self.generator = sampler, batch_sampler, generator
        self.collate_fn = collate_fn or (default_collate if batch_size or batch_sampler else as_batched)

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)
        if self.batch_size is None:
            return len(self.sampler)
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full if self.drop_last or not rest else full + 1

    def __iter__(self) -> Iterator[Any]:
        _drawn_seed(self.generator or default_generator)  # PyTorch draws a seed for workers, also for none
        return self._batches()

    def _batches(self) -> Iterator[Any]:
        if self.batch_sampler is None and self.batch_size is None:
            for i in self.sampler:
                yield self.collate_fn(self.dataset[i])
            return
        for indices in self._indices() if self.batch_sampler is None else self.batch_sampler:
            yield self.collate_fn([self.dataset[i] for i in indices])

    def _indices(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for i in self.sampler:
            batch.append(i)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch


def default_collate(batch: Sequence[Any]) -> Any:
    """One batch of many samples: what has the same place in all of them becomes one Tensor."""
    first = batch[0]
    if isinstance(first, (Tensor, Value)):
        return stack(batch)
    if isinstance(first, dict):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, (list, tuple)):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(column) for column in zip(*batch)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    if isinstance(first, (str, bytes)):
        return batch
    if hasattr(first, "astype") and first.shape:
        return stack([tensor(x) for x in batch])
    return tensor(batch)


def as_batched(sample: Any) -> Any:
    """A sample that is no batch: its arrays become Tensors."""
    if isinstance(sample, (list, tuple)) and not hasattr(sample, "_fields"):
        return type(sample)(as_batched(x) for x in sample)
    return as_tensor(sample) if hasattr(sample, "astype") else sample


def _drawn_seed(source: Generator) -> int:
    """As PyTorch draws one for a generator or for a worker."""
    return source.bits(64) % (1 << 63)
