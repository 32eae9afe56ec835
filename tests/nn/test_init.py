"""init: uniform draws are PyTorch's bit for bit; the others by their distribution."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

import microgd
from microgd import nn
from microgd.nn import init
from tests.strategies import examples

shapes = st.lists(st.integers(1, 7), min_size=2, max_size=3).map(tuple)
UNIFORM = {
    "uniform_": st.fixed_dictionaries({"a": st.floats(-2.0, -1e-3), "b": st.floats(0.0, 2.0, width=32)}),
    "xavier_uniform_": st.fixed_dictionaries({"gain": st.floats(0.1, 3.0)}),
    "kaiming_uniform_": st.fixed_dictionaries(
        {
            "a": st.floats(0.0, 3.0),
            "mode": st.sampled_from(["fan_in", "fan_out"]),
            "nonlinearity": st.sampled_from(["leaky_relu", "relu", "tanh", "sigmoid", "linear", "selu"]),
        }
    ),
}


def zeros(shape):
    return nn.Parameter(np.zeros(shape))


@pytest.mark.parametrize("name", UNIFORM)
@settings(max_examples=examples(30))
@given(shape=shapes, seed=st.integers(0, 2**32), data=st.data())
def test_uniform_draws_are_pytorchs_bit_for_bit(name, shape, seed, data):
    options = data.draw(UNIFORM[name])
    microgd.manual_seed(seed)
    torch.manual_seed(seed)
    ours, theirs = zeros(shape), torch.empty(shape)
    assert getattr(init, name)(ours, **options) is ours
    assert ours.tolist() == getattr(torch.nn.init, name)(theirs, **options).tolist()


@pytest.mark.parametrize(
    ("fill", "std"),
    [
        (lambda w: init.normal_(w), 1.0),
        (lambda w: init.normal_(w, 0.0, 0.5), 0.5),
        (lambda w: init.xavier_normal_(w, gain=2.0), 2.0 * math.sqrt(2.0 / 140)),
        (lambda w: init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"), math.sqrt(2.0 / 100)),
    ],
)
def test_normal_draws_have_the_spread_asked_for(fill, std):
    microgd.manual_seed(1)
    w = np.array(fill(zeros((100, 40))).tolist())
    assert w.mean() == pytest.approx(0.0, abs=0.06 * std)
    assert w.std() == pytest.approx(std, rel=0.05)
    assert np.mean(np.abs(w) < std) == pytest.approx(0.683, abs=0.03)
    assert np.mean(np.abs(w) < 2.0 * std) == pytest.approx(0.954, abs=0.02)


def test_normal_draws_start_at_the_mean():
    microgd.manual_seed(2)
    assert np.mean(init.normal_(zeros((50, 50)), 7.0, 0.1).tolist()) == pytest.approx(7.0, abs=0.01)


def test_constants():
    w = zeros((2, 2))
    assert init.ones_(w).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert init.constant_(w[0], 3).tolist() == [3.0, 3.0]
    assert init.zeros_(w).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert w.requires_grad


@given(
    name=st.sampled_from(["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]),
    param=st.none() | st.floats(0, 9),
)
def test_calculate_gain_is_pytorchs(name, param):
    assert init.calculate_gain(name, param) == torch.nn.init.calculate_gain(name, param)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda w: init.uniform_(w, 1.0, 0.0), RuntimeError, "found from=1.0 > to=0.0"),
        (lambda w: init.normal_(w, 0.0, -1.0), RuntimeError, "std >= 0.0, but found std -1.0"),
        (lambda w: init.xavier_uniform_(w[0]), ValueError, r"fewer than 2 dimensions, got shape \(2,\)"),
        (lambda w: init.kaiming_uniform_(w, mode="fan"), ValueError, "Mode fan not supported"),
        (lambda w: init.kaiming_normal_(w, nonlinearity="step"), ValueError, "Unsupported nonlinearity step"),
        (lambda w: init.calculate_gain("leaky_relu", True), ValueError, "negative_slope True not a valid"),
        (lambda w: init.constant_(w, "a"), TypeError, "expected a number"),
    ],
)
def test_what_is_refused_changes_nothing(call, error, words):
    w = zeros((2, 2))
    with pytest.raises(error, match=words):
        call(w)
    assert w.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@settings(max_examples=examples(20))
@given(shape=st.lists(st.integers(1, 6), min_size=2, max_size=3).map(tuple), seed=st.integers(0, 2**32))
def test_orthogonal_weights_are_orthogonal_and_pytorchs(shape, seed):
    microgd.manual_seed(seed)
    torch.manual_seed(seed)
    ours, theirs = init.orthogonal_(zeros(shape), 1.5), torch.nn.init.orthogonal_(torch.empty(shape), 1.5)
    w = np.array(ours.tolist()).reshape(shape[0], -1)
    product = w @ w.T if shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 2.25 * np.eye(len(product)), atol=1e-14)
    np.testing.assert_allclose(w, theirs.reshape(w.shape).numpy(), atol=2e-3)


def test_a_vector_has_no_orthogonal_weights():
    with pytest.raises(ValueError, match="2 or more dimensions"):
        init.orthogonal_(zeros((3,)))
