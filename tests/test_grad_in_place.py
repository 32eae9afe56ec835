"""What is changed in `w.grad` in place changes the gradients, as scripts for PyTorch rely on."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd

CHANGES = {
    "zero_": lambda g: g.zero_(),
    "mul_": lambda g: g.mul_(0.5),
    "*=": lambda g: g.__imul__(3.0),
    "fill_": lambda g: g.fill_(2.0),
    "copy_": lambda g: g.copy_(g * 2.0),
    "data": lambda g: g.data.zero_(),
    "row": lambda g: g[0].zero_(),
    "slice": lambda g: g[:, 1].fill_(7.0),
    "element": lambda g: g.__setitem__((1, 0), -1.0),
}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=6, max_size=6), st.lists(st.sampled_from(list(CHANGES)), max_size=3)
)
def test_a_gradient_is_changed_in_place_as_in_pytorch(numbers, changes):
    found = []
    for library in (microgd, torch):
        w = library.tensor(np.reshape(numbers, (2, 3)).tolist(), dtype=library.float64, requires_grad=True)
        for _ in range(2):
            (w * w * w).sum().backward()
            for name in changes:
                CHANGES[name](w.grad)
        found.append(w.grad.tolist())
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_a_copy_of_a_gradient_changes_nothing():
    w = microgd.ones(2, requires_grad=True)
    (w * w).sum().backward()
    for other in (copy.deepcopy(w.grad), w.grad.clone(), w.grad * 1.0, w.grad.detach().clone()):
        other.zero_()
    assert w.grad.tolist() == [2.0, 2.0]


def test_training_by_hand_sees_each_gradient_once():
    losses = []
    for library in (microgd, torch):
        w = library.tensor([1.0, -2.0], dtype=library.float64, requires_grad=True)
        for _ in range(5):
            loss = ((w - 3.0) ** 2).sum()
            loss.backward()
            with library.no_grad():
                w -= 0.1 * w.grad
                w.grad.zero_()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
