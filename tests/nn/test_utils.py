"""nn.utils beside PyTorch's, mini-batches, and weights to and from real torch modules."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

import microgd
from microgd import Value, nn
from microgd.nn import utils
from microgd.tensor import values
from tests.strategies import examples

# PyTorch's norm of numbers whose squares underflow is 0.
slopes = st.floats(-5.0, 5.0).filter(lambda g: g == 0.0 or abs(g) > 1e-6)
gradients = st.lists(st.none() | slopes, min_size=1, max_size=6)


def parameters(grads):
    ours, theirs = (
        [Value(1.0) for _ in grads],
        [torch.nn.Parameter(torch.ones((), dtype=torch.float64)) for _ in grads],
    )
    for g, x, t in zip(grads, ours, theirs):
        x.grad = g
        t.grad = None if g is None else torch.tensor(g, dtype=torch.float64)
    return ours, theirs


def same(ours, theirs):
    for x, t in zip(ours, theirs):
        assert (x.grad is None) == (t.grad is None)
        if x.grad is not None:
            assert x.grad == pytest.approx(t.grad.item(), rel=1e-12, abs=1e-300, nan_ok=True)


@given(gradients, st.sampled_from([0.5, 1.0, 10.0]), st.sampled_from([1, 2.0, 3.0, math.inf]))
def test_clip_grad_norm_is_pytorchs(grads, max_norm, norm_type):
    ours, theirs = parameters(grads)
    norm = utils.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert norm.item() == pytest.approx(expected.item(), rel=1e-12, abs=1e-300)
    assert not norm.requires_grad
    same(ours, theirs)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_clip_grad_norm_of_what_is_not_finite(bad):
    ours, theirs = parameters([bad, 1.0])
    with pytest.raises(RuntimeError, match=r"total norm of order 2\.0 for gradients .* is non-finite"):
        utils.clip_grad_norm_(ours, 1.0, error_if_nonfinite=True)
    assert ours[1].grad == 1.0
    utils.clip_grad_norm_(ours, 1.0)
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    same(ours, theirs)


@given(gradients, st.floats(0.0, 3.0))
def test_clip_grad_value_is_pytorchs(grads, value):
    ours, theirs = parameters(grads)
    utils.clip_grad_value_(ours, value)
    if any(g is not None for g in grads):  # without any, PyTorch fails
        torch.nn.utils.clip_grad_value_(theirs, value)
    same(ours, theirs)


def test_clipping_takes_models_tensors_and_single_values():
    model = nn.Linear(2, 1)
    (model([3.0, 4.0])[0] * 10.0).backward()
    assert utils.clip_grad_norm_(model.parameters(), 1.0).item() > 10.0
    assert math.hypot(*(x.grad for x in values(model.parameters()))) == pytest.approx(1.0, rel=1e-6)
    utils.clip_grad_value_(model.weight, 0.1)
    assert model.weight.grad.tolist() == [[0.1, 0.1]]
    utils.clip_grad_value_(model.bias[0], 0.05)
    assert model.bias.grad.tolist() == [0.05]


def test_parameters_as_one_vector():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    vector = utils.parameters_to_vector(model.parameters())
    assert vector.shape == (9,)
    assert vector[0] is model[0].weight[0][0]
    utils.vector_to_parameters(range(9), model.parameters())
    assert model[1].bias.tolist() == [8.0]
    assert utils.parameters_to_vector(model.parameters()).tolist() == list(range(9))
    for wrong in (range(8), range(10), [[1.0] * 9]):
        with pytest.raises(RuntimeError, match=r"a vector of shape .* does not fit 9 parameters"):
            utils.vector_to_parameters(wrong, model.parameters())
    assert model[1].bias.tolist() == [8.0]


@given(
    n=st.integers(0, 20),
    size=st.integers(1, 7),
    drop_last=st.booleans(),
    shuffle=st.booleans(),
    seed=st.none() | st.integers(0, 9),
)
def test_batches_are_those_of_a_dataloader(n, size, drop_last, shuffle, seed):
    found = list(utils.batches(list(range(n)), size, shuffle, seed, drop_last))
    lengths = [len(b) for b in torch.utils.data.DataLoader(range(n), size, drop_last=drop_last)] if n else []
    assert [len(b) for b in found] == lengths
    flat = [x for b in found for x in b]
    assert len(set(flat)) == len(flat)
    if not shuffle:
        assert flat == list(range(len(flat)))
    elif seed is not None:
        assert found == list(utils.batches(list(range(n)), size, True, seed, drop_last))


def test_batches_of_pairs_are_pairs_of_lists():
    pairs = [([1.0, 2.0], 0), ([3.0, 4.0], 1), ([5.0, 6.0], 2)]
    (xs, ys), last = utils.batches(pairs, batch_size=2)
    assert xs == [[1.0, 2.0], [3.0, 4.0]]
    assert ys == [0, 1]
    assert last == ([[5.0, 6.0]], [2])


def test_batches_follow_manual_seed_and_every_epoch_differs():
    microgd.manual_seed(5)
    first, second = (next(utils.batches(list(range(50)), 50, shuffle=True)) for _ in range(2))
    assert first != second
    microgd.manual_seed(5)
    assert next(utils.batches(list(range(50)), 50, shuffle=True)) == first


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "2"])
def test_a_batch_size_that_is_none_is_refused_at_once(size):
    with pytest.raises(ValueError, match="batch_size should be a positive integer value, but got"):
        utils.batches([1, 2], size)


def model(kit):
    return kit.Sequential(
        kit.Embedding(5, 4),
        kit.Linear(4, 3),
        kit.LayerNorm(3),
        kit.GELU(),
        kit.RMSNorm(3),
        kit.Linear(3, 2, bias=False),
    )


@settings(max_examples=examples(5))
@given(st.integers(0, 99))
def test_weights_move_both_ways_between_microgd_and_torch(seed):
    torch.manual_seed(seed)
    microgd.manual_seed(seed)
    theirs, ours, fresh = model(torch.nn).double(), model(nn), model(nn)
    utils.copy_weights(theirs, ours)
    x = [0, 3, 4]
    np.testing.assert_allclose(ours(x).tolist(), theirs(torch.tensor(x)).tolist(), rtol=1e-12)
    utils.copy_weights(fresh, theirs)
    np.testing.assert_allclose(fresh(x).tolist(), theirs(torch.tensor(x)).tolist(), rtol=1e-12)
    utils.copy_weights(ours, fresh)
    assert fresh.state_dict() == ours.state_dict()
    single = model(torch.nn)
    utils.copy_weights(ours, single)
    assert single[1].weight.dtype is torch.float32
    ours.load_state_dict(single.state_dict())
    assert ours.state_dict() == {k: v.tolist() for k, v in single.state_dict().items()}


@pytest.mark.parametrize(("source", "target"), [(nn, torch.nn), (torch.nn, nn), (nn, nn)])
def test_weights_that_do_not_fit_change_nothing(source, target):
    a = source.Sequential(source.Linear(2, 2), source.Linear(2, 3))
    b = target.Sequential(target.Linear(2, 2), target.Linear(2, 2))
    before = {k: v if isinstance(v, list) else v.tolist() for k, v in b.state_dict().items()}
    with pytest.raises(RuntimeError, match=r"size mismatch for 1\.weight"):
        utils.copy_weights(a, b)
    assert {k: v if isinstance(v, list) else v.tolist() for k, v in b.state_dict().items()} == before
