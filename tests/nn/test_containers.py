"""Sequential and ModuleList, held beside PyTorch's."""

from collections import OrderedDict

import pytest
import torch

from microgd import nn


def rows(kit):
    """Containers that must look the same in both libraries."""
    yield kit.Sequential()
    yield kit.Sequential(kit.Linear(2, 3), kit.ReLU(), kit.Linear(3, 1))
    yield kit.Sequential(kit.Sequential(kit.Tanh()), kit.Sequential(kit.Linear(1, 1), kit.ReLU()))
    yield kit.Sequential(OrderedDict(first=kit.ReLU(), second=kit.Tanh()))
    yield kit.ModuleList()
    yield kit.ModuleList([kit.ReLU(), kit.ReLU(), kit.Linear(1, 2), kit.Sequential(kit.ReLU())])
    yield kit.ModuleList([kit.Sequential(kit.ReLU()), kit.Sequential(kit.ReLU()), kit.Tanh()])


@pytest.mark.parametrize(("ours", "theirs"), list(zip(rows(nn), rows(torch.nn), strict=True)))
def test_repr_length_and_names(ours, theirs):
    assert repr(ours) == repr(theirs)
    assert len(ours) == len(theirs)
    assert [type(m).__name__ for m in ours] == [type(m).__name__ for m in theirs]
    assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]


@pytest.mark.parametrize("kind", [nn.Sequential, lambda *modules: nn.ModuleList(modules)])
def test_a_container_is_a_list_of_modules(kind):
    relu, tanh, linear = nn.ReLU(), nn.Tanh(), nn.Linear(1, 1)
    row = kind(relu, tanh)
    assert row.append(linear) is row
    assert row[0] is relu
    assert row[-1] is linear
    assert list(row[1:]) == [tanh, linear]
    assert type(row[1:]) is type(row)
    assert tanh in row
    row[0] = tanh
    assert row[0] is tanh
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"index {index} is out of range"):
            row[index]
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        row.append(3)
    with pytest.raises(TypeError, match="str is not a Module subclass"):
        kind("a")
    assert len(row) == 3


def test_sequential_calls_one_after_the_other():
    first, last = nn.Linear(2, 3), nn.Linear(3, 1)
    model = nn.Sequential(first, nn.Tanh(), last)
    x = [0.5, -0.25]
    assert model(x).tolist() == last(first(x).tanh()).tolist()
    assert nn.Sequential()(x) is x


def test_a_module_list_computes_nothing():
    with pytest.raises(NotImplementedError, match=r"Module \[ModuleList\] is missing"):
        nn.ModuleList([nn.ReLU()])(1.0)
