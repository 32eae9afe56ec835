"""Linear: value, gradients and starting weights, held beside PyTorch's."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

import microgd
from microgd import Tensor, Value, nn
from tests.strategies import examples

widths = st.integers(1, 40)
seeds = st.integers(-(2**63), 2**64 - 1)


@given(inputs=widths, outputs=widths, seed=seeds, bias=st.booleans())
def test_weights_start_as_pytorchs_bit_for_bit(inputs, outputs, seed, bias):
    microgd.manual_seed(seed)
    torch.manual_seed(seed)
    for _ in range(2):  # the second continues where the first left the generator
        ours, theirs = nn.Linear(inputs, outputs, bias), torch.nn.Linear(inputs, outputs, bias)
        assert ours.state_dict() == {name: x.tolist() for name, x in theirs.state_dict().items()}


def test_a_whole_model_starts_as_pytorchs():
    def model(kit, seed):
        seed(1234)
        return kit.Sequential(kit.Linear(64, 130), kit.ReLU(), kit.Linear(130, 10), kit.Linear(10, 1))

    ours, theirs = model(nn, microgd.manual_seed), model(torch.nn, torch.manual_seed)
    assert ours.state_dict() == {name: x.tolist() for name, x in theirs.state_dict().items()}


@settings(max_examples=examples(30))
@given(
    batch=st.lists(st.integers(1, 3), max_size=2),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 4),
    bias=st.booleans(),
    seed=st.integers(0, 99),
)
def test_value_and_gradients_are_pytorchs(batch, inputs, outputs, bias, seed):
    torch.manual_seed(seed)
    theirs = torch.nn.Linear(inputs, outputs, bias).double()
    ours = nn.Linear(inputs, outputs, bias)
    ours.load_state_dict(theirs.state_dict())
    t = torch.randn(*batch, inputs, dtype=torch.float64, requires_grad=True)
    x = microgd.tensor(t.tolist(), requires_grad=True)
    y, expected = ours(x), theirs(t)
    assert y.shape == tuple(expected.shape)
    np.testing.assert_allclose(y.tolist(), expected.tolist(), rtol=1e-12, atol=1e-13)
    (y**2).sum().backward()
    (expected**2).sum().backward()
    np.testing.assert_allclose(x.grad.tolist(), t.grad.tolist(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(ours.weight.grad.tolist(), theirs.weight.grad.tolist(), rtol=1e-12, atol=1e-13)


def test_inputs_may_be_any_nested_sequence_of_numbers_or_values():
    layer = nn.Linear(2, 3)
    expected = layer(Tensor([[1.0, 2.0]])).tolist()
    for x in (
        [[1, 2]],
        [(1.0, 2.0)],
        ([Value(1.0), 2],),
        [Tensor([1.0, 2.0])],
        np.array([[1.0, 2.0]]),
        np.array([[1, 2]], dtype=np.int8),
        np.array([[1.0, 2.0]], dtype=np.float32),
        np.array([[Value(1.0), Value(2.0)]], dtype=object),
        [np.array([1.0, 2.0])],
    ):
        result = layer(x)
        assert isinstance(result, Tensor)
        assert result.tolist() == expected


@pytest.mark.parametrize(
    ("x", "shapes"),
    [
        ([1.0, 2.0, 3.0], r"\(1x3 and 2x1\)"),
        ([[1.0], [2.0]], r"\(2x1 and 2x1\)"),
        ([[[1.0, 2.0, 3.0]] * 2] * 3, r"\(6x3 and 2x1\)"),
        (1.0, r"shape \(\), 2 input features"),
        (Value(1.0), r"shape \(\), 2 input features"),
    ],
)
def test_a_wrong_width_names_both_shapes(x, shapes):
    with pytest.raises(RuntimeError, match=f"mat1 and mat2 shapes cannot be multiplied.*{shapes}"):
        nn.Linear(2, 1)(x)


@pytest.mark.parametrize("x", [[], [[]], [[], []], np.zeros((0, 2))])
def test_an_empty_batch_is_refused(x):
    with pytest.raises(RuntimeError, match="2 input features expected"):
        nn.Linear(2, 1)(x)


@pytest.mark.parametrize("x", [[[1.0, 2.0], [3.0]], [[1.0, 2.0], 3.0], [[1.0, 2.0], [3.0, 4.0, 5.0]]])
def test_rows_of_unequal_length_are_refused(x):
    with pytest.raises(ValueError, match="expected sequence of length 2 at dim 1"):
        nn.Linear(2, 1)(x)


@pytest.mark.parametrize("x", [["a", 1.0], [None, 1.0], [1j, 1.0]])
def test_what_is_no_number_is_refused(x):
    with pytest.raises(TypeError):
        nn.Linear(2, 1)(x)


@pytest.mark.parametrize(("inputs", "outputs"), [(0, 2), (2, 0), (-1, 2), (2, -3)])
def test_a_layer_without_features_is_refused(inputs, outputs):
    with pytest.raises(RuntimeError, match=f"in_features={inputs}, out_features={outputs}"):
        nn.Linear(inputs, outputs)


def test_repr():
    for bias in (True, False):
        assert repr(nn.Linear(4, 2, bias)) == repr(torch.nn.Linear(4, 2, bias))


def test_a_neuron_is_one_node():
    neuron = nn.Linear(3, 1)([1.0, 2.0, 3.0])[0]
    assert neuron.op == "dot"
    assert neuron.inputs[-1].is_leaf
    assert len(neuron.inputs) == 7
