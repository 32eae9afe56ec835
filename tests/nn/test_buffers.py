"""Buffers: what a module keeps beside its parameters."""

import copy

import pytest
import torch

import microgd
from microgd import nn


def running(kit):
    """A module that keeps a mask and counts, made of microgd or of torch."""

    class Running(kit.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = kit.nn.Linear(2, 1)
            self.register_buffer("mean", kit.zeros(2))
            self.register_buffer("calls", kit.tensor(0))
            self.register_buffer("mask", kit.tensor([True, False]))
            self.register_buffer("empty", None)
            self.register_buffer("cache", kit.ones(1), persistent=False)

        def forward(self, x):
            self.mean = 0.5 * self.mean + 0.5 * x
            self.calls += 1
            return self.layer((x - self.mean) * self.mask)

    return Running()


def as_lists(state):
    return {name: x.tolist() if hasattr(x, "tolist") else x for name, x in state.items()}


def test_a_state_dict_holds_the_buffers_that_persist_in_pytorchs_order():
    ours, theirs = running(microgd), running(torch)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_buffers()] == [n for n, _ in theirs.named_buffers()]
    assert len(list(ours.buffers())) == 4


def test_a_buffer_is_no_parameter():
    ours = running(microgd)
    ours.register_buffer("free", microgd.Value(1.0))
    assert [n for n, _ in ours.named_parameters()] == ["layer.weight", "layer.bias"]
    ours.requires_grad_(False)
    assert ours.free.requires_grad


def test_buffers_change_in_calls_and_move_between_modules_of_both_libraries():
    ours, theirs = running(microgd), running(torch).double()
    ours.load_state_dict(theirs.state_dict())
    for x in ([1.0, 2.0], [-3.0, 0.5]):
        ours(microgd.tensor(x))
        theirs(torch.tensor(x, dtype=torch.float64))
    assert as_lists(ours.state_dict()) == as_lists(theirs.state_dict())
    fresh = running(microgd)
    assert repr(fresh.load_state_dict(ours.state_dict())) == "<All keys matched successfully>"
    assert fresh.state_dict() == ours.state_dict()
    nn.utils.copy_weights(ours, theirs)
    assert as_lists(theirs.state_dict()) == as_lists(ours.state_dict())


def test_copies_of_a_module_have_buffers_of_their_own():
    ours = running(microgd)
    for other in (copy.deepcopy(ours), copy.copy(copy.deepcopy(ours))):
        other.mean[0] = 7.0
        assert ours.mean.tolist() == [0.0, 0.0]
        assert "cache" not in other.state_dict()


def test_a_buffer_of_another_shape_is_refused_and_nothing_changes():
    ours = running(microgd)
    before = ours.state_dict()
    with pytest.raises(RuntimeError, match="size mismatch for mean"):
        ours.load_state_dict({**before, "mean": [1.0], "layer.bias": [5.0]})
    assert ours.state_dict() == before


@pytest.mark.parametrize(
    ("name", "tensor", "error"),
    [
        ("layer", microgd.zeros(1), KeyError),
        ("a.b", microgd.zeros(1), KeyError),
        ("", microgd.zeros(1), KeyError),
        (3, microgd.zeros(1), TypeError),
        ("list", [1.0], TypeError),
    ],
)
def test_what_cannot_be_a_buffer_is_refused(name, tensor, error):
    with pytest.raises(error):
        running(microgd).register_buffer(name, tensor)
