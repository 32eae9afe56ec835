import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd.utils import data as ours

theirs = torch.utils.data


class Squares(ours.Dataset):
    def __len__(self):
        return 7

    def __getitem__(self, i):
        if i >= 7:
            raise IndexError
        return {"x": float(i), "y": [i, i * i], "name": str(i)}


def lists(x):
    if isinstance(x, (list, tuple)):
        return [lists(part) for part in x]
    return (
        {key: lists(part) for key, part in x.items()}
        if isinstance(x, dict)
        else getattr(x, "tolist", lambda: x)()
    )


def sets(n):
    rows = np.arange(2.0 * n).reshape(n, 2)
    return [
        m.utils.data.TensorDataset(m.tensor(rows.tolist()).view(n, 2), m.arange(n)) for m in (microgd, torch)
    ]


def seeded(seed):
    microgd.manual_seed(seed)
    torch.manual_seed(seed)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 20),
    st.integers(1, 8),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**63),
)
def test_a_loader_gives_pytorchs_batches_in_pytorchs_order(n, size, shuffle, drop_last, own_generator, seed):
    seeded(seed)
    loaders = []
    for library, dataset in zip((microgd, torch), sets(n)):
        generator = library.Generator().manual_seed(seed + 1) if own_generator else None
        loaders.append(
            library.utils.data.DataLoader(
                dataset, size, shuffle=shuffle, drop_last=drop_last, generator=generator
            )
        )
    assert len(loaders[0]) == len(loaders[1])
    for _ in range(3):  # epochs
        assert lists(list(loaders[0])) == lists(list(loaders[1]))
    assert microgd.rand(3).tolist() == torch.rand(3).tolist()  # as many draws were taken


def test_an_epoch_that_is_left_early_takes_as_many_draws():
    seeded(4)
    for library, dataset in zip((microgd, torch), sets(10)):
        loader = library.utils.data.DataLoader(dataset, 3, shuffle=True)
        for _ in range(3):
            first = next(iter(loader))
        library.first = first[1].tolist()
    try:
        assert microgd.first == torch.first
    finally:
        del microgd.first, torch.first
    assert microgd.rand(3).tolist() == torch.rand(3).tolist()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**63), st.sampled_from([[6, 4], [0.5, 0.5], [0.33, 0.33, 0.34], [10], [0, 10]]))
def test_a_dataset_is_split_as_pytorch_splits_it(seed, lengths):
    seeded(seed)
    parts = [library.utils.data.random_split(range(10), lengths) for library in (microgd, torch)]
    assert [list(map(int, p)) for p in parts[0]] == [list(map(int, p)) for p in parts[1]]
    assert [len(p) for p in parts[0]] == [len(p) for p in parts[1]]


def test_a_batch_is_made_of_the_parts_of_its_samples():
    assert lists(list(ours.DataLoader(Squares(), 3))) == lists(list(theirs.DataLoader(Squares(), 3)))
    assert lists(list(ours.DataLoader(Squares(), None))) == lists(list(theirs.DataLoader(Squares(), None)))
    rows = [np.full(2, i) for i in range(4)]
    assert lists(list(ours.DataLoader(rows, 2))) == lists(list(theirs.DataLoader(rows, 2)))


def test_a_batch_may_be_made_by_a_function():
    loader = ours.DataLoader(range(5), batch_size=2, collate_fn=sum)
    assert list(loader) == [1, 5, 4]


def test_the_order_may_be_given():
    assert lists(list(ours.DataLoader([5, 6, 7], 2, sampler=[2, 0, 1]))) == [[7, 5], [6]]
    assert lists(list(ours.DataLoader([5, 6, 7], batch_sampler=[[2], [0, 1]]))) == [[7], [5, 6]]
    assert len(ours.DataLoader([5, 6, 7], batch_sampler=[[2], [0, 1]])) == 2


def test_rows_of_a_dataset_keep_their_graph():
    x = microgd.ones(3, 2, requires_grad=True)
    (batch,) = next(iter(ours.DataLoader(ours.TensorDataset(x), 2)))
    batch.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ours.TensorDataset(microgd.ones(2), microgd.ones(3)), "Size mismatch between tensors"),
        (lambda: ours.DataLoader([1], 0), "positive integer"),
        (lambda: ours.DataLoader([1], shuffle=True, sampler=[0]), "mutually exclusive with shuffle"),
        (lambda: ours.DataLoader([1], 3, batch_sampler=[[0]]), "mutually exclusive with batch_size"),
        (lambda: ours.random_split([1, 2, 3], [2]), "does not equal the length"),
        (lambda: ours.random_split([1, 2], [1.5, -0.5]), "not between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
