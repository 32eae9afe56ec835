"""Layers, norms and activations: what is refused, the edges, randomness. Numbers are in test_parity."""

import warnings

import numpy as np
import pytest
import torch

import microgd
from microgd import Tensor, Value, nn, tensor
from microgd.nn import functional as F

WRONG = [
    (lambda: nn.Dropout(1.5), ValueError, "dropout probability has to be between 0 and 1, but got 1.5"),
    (lambda: F.dropout([1.0], -0.1), ValueError, "between 0 and 1, but got -0.1"),
    (lambda: nn.Embedding(3, 2)([3]), IndexError, "index out of range in self: 3, with 3 embeddings"),
    (lambda: nn.Embedding(3, 2)([-1]), IndexError, "index out of range in self: -1"),
    (lambda: nn.Embedding(3, 2)([0.5]), RuntimeError, "an index, a whole number, got 0.5"),
    (lambda: nn.Embedding(3, 2)([float("nan")]), RuntimeError, "a whole number"),
    (lambda: nn.Embedding(3, 2)([float("inf")]), RuntimeError, "a whole number"),
    (lambda: nn.Embedding(3, 2)([[0], [1, 2]]), ValueError, "expected sequence of length 1"),
    (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "within num_embeddings, got 3 and 3"),
    (lambda: nn.Embedding(3, 2, padding_idx=-4), ValueError, "within num_embeddings, got -4 and 3"),
    (lambda: nn.Embedding(0, 2), RuntimeError, "num_embeddings=0, embedding_dim=2"),
    (lambda: nn.Embedding(3, 0), RuntimeError, "num_embeddings=3, embedding_dim=0"),
    (lambda: nn.Embedding.from_pretrained([1.0]), ValueError, r"2-dimensional, got \(1,\)"),
    (lambda: nn.LayerNorm(3)([1.0, 2.0]), RuntimeError, r"expected input with shape \[\*, 3\].* size\[2\]"),
    (lambda: nn.LayerNorm((2, 3))([1.0, 2.0, 3.0]), RuntimeError, r"\[\*, 2, 3\]"),
    (lambda: nn.RMSNorm(3)([[1.0, 2.0]]), RuntimeError, r"\[\*, 3\].* size\[1, 2\]"),
    (lambda: F.layer_norm([1.0, 2.0], [2], [1.0]), RuntimeError, r"weight of shape \[1\] .* \[2\]"),
    (lambda: F.layer_norm([1.0, 2.0], [2], None, [1.0]), RuntimeError, r"bias of shape \[1\]"),
    (lambda: nn.LayerNorm(()), RuntimeError, "at least 1-dimensional"),
    (lambda: nn.LayerNorm(0), RuntimeError, r"normalized_shape = \[0\]"),
    (lambda: F.softmax([[1.0]], 2), IndexError, r"range of \[-2, 1\], but got 2"),
    (lambda: F.log_softmax([1.0], -2), IndexError, r"range of \[-1, 0\], but got -2"),
    (lambda: F.gelu([1.0], "erf"), RuntimeError, "approximate argument must be either none or tanh"),
    (
        lambda: F.hardtanh([1.0], 1.0, -1.0),
        ValueError,
        "min_val cannot be greater than max_val, got 1.0 and -1.0",
    ),
    (lambda: nn.Hardtanh(1.0, 1.0), ValueError, r"max_val \(1.0\) must be greater than min_val \(1.0\)"),
    (lambda: nn.PReLU(3)([1.0, 2.0, 3.0]), RuntimeError, "parameter numbers = 3 and channel size = 1."),
    (lambda: nn.PReLU(3)([[1.0, 2.0]]), RuntimeError, "parameter numbers = 3 and channel size = 2."),
    (lambda: nn.PReLU(3)(1.0), RuntimeError, "Not allow zero-dim input tensor."),
    (lambda: F.prelu([[1.0, 2.0]], [[1.0, 2.0]]), RuntimeError, "scalar or 1D tensor, but got: ndim = 2"),
    (lambda: F.softplus([1.0], 0.0), ValueError, "beta > 0, got beta=0.0"),
    (lambda: F.linear([1.0], [[1.0]], [1.0, 2.0]), RuntimeError, r"wants 1 biases, got \(2,\)"),
    (lambda: F.relu(["a"]), TypeError, "expected a number"),
    (lambda: F.relu([[1.0], [1.0, 2.0]]), ValueError, "expected sequence of length 1"),
]


@pytest.mark.parametrize(("call", "error", "words"), WRONG, ids=[words for _, _, words in WRONG])
def test_bad_input_is_refused_with_both_sides_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_the_text_of_an_activation_is_its_formula():
    assert nn.SiLU.__doc__ == F.silu.__doc__
    assert nn.Sigmoid.__doc__ == F.sigmoid.__doc__ == "σ(x) = 1 / (1 + e⁻ˣ)"
    assert all(x.__doc__ for x in (nn.Softmax, nn.LogSoftmax, nn.Hardtanh))


WITH_INPLACE = ["ReLU", "LeakyReLU", "ELU", "SELU", "SiLU", "Mish", "Hardtanh"]
ACTIVATIONS = [*WITH_INPLACE, "GELU", "Softplus", "Softsign", "Sigmoid", "LogSigmoid", "Tanh"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_take_numbers_values_and_nested_sequences(name):
    module = getattr(nn, name)()
    v = Value(0.5)
    one = module(v)
    assert isinstance(one, Value)
    assert one.requires_grad
    for same in (0.5, np.float64(0.5)):
        assert module(same).item() == one.item()
    for row in (
        [0.5, -1],
        (v, -1.0),
        np.array([0.5, -1.0]),
        np.array([v, Value(-1.0)], dtype=object),
        Tensor([v, -1]),
    ):
        result = module(row)
        assert isinstance(result, Tensor)
        assert result[0].item() == one.item()
    assert module([[[0.5]]]).shape == (1, 1, 1)


def test_prelu_takes_numbers_and_learns_its_slope():
    layer, x = nn.PReLU(), Value(-2.0)
    y = layer(x)
    assert isinstance(y, Value)
    assert y.item() == layer(-2.0).item() == F.prelu(-2.0, 0.25).item() == -0.5
    y.backward()
    assert (x.grad, layer.weight.grad.tolist()) == (0.25, [-2.0])
    layer.weight.data = Tensor([3.0])
    layer.reset_parameters()
    assert layer.weight.tolist() == [0.25]


@pytest.mark.parametrize("name", WITH_INPLACE)
def test_inplace_is_taken_and_leaves_the_input_as_it_was(name):
    ours, theirs = getattr(nn, name)(inplace=True), getattr(torch.nn, name)(inplace=True)
    assert repr(ours) == repr(theirs)
    x = Tensor([-0.5, 2.0])
    assert ours(x).tolist() == getattr(nn, name)()([-0.5, 2.0]).tolist()
    assert x.tolist() == [-0.5, 2.0]


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 2)])
def test_softmax_without_dim_warns_and_chooses_as_pytorch(shape):
    t = torch.arange(float(np.prod(shape)), dtype=torch.float64).reshape(shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = torch.nn.Softmax()(t)
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax has been deprecated"):
        found = nn.Softmax()(t.tolist())
    np.testing.assert_allclose(found.tolist(), expected.numpy(), rtol=1e-14)


def test_dropout_drops_while_training_and_keeps_the_mean():
    microgd.manual_seed(0)
    layer = nn.Dropout(0.25)
    x = tensor([1.0] * 4000, requires_grad=True)
    y = layer(x)
    dropped = y.tolist().count(0.0)
    assert set(y.tolist()) == {0.0, 1.0 / 0.75}
    assert 850 < dropped < 1150
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()
    microgd.manual_seed(0)
    assert layer([1.0] * 4000).tolist() == y.tolist()
    assert layer.eval()(x) is x
    assert nn.Dropout(0.0)(x) is x
    assert nn.Dropout(1.0)([1.0, 2.0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9, 1.0])
def test_dropout_drops_what_pytorchs_own_generator_drops(p):
    ones = [1.0] * 12
    torch.manual_seed(1)
    expected = torch.empty(12, dtype=torch.float64).uniform_() < 1.0 - p  # as without MKL
    following = torch.rand(1).item()
    microgd.manual_seed(1)
    assert [y != 0.0 for y in F.dropout(ones, p).tolist()] == expected.tolist()
    if p < 1.0:
        assert microgd.rand(1).item() == following
    assert set(F.dropout(ones, p).tolist()) <= {0.0, 1.0 / (1.0 - p) if p < 1.0 else 0.0}


@pytest.mark.parametrize(
    "make",
    [
        lambda kit, **o: kit.nn.Linear(3, 2, **o),
        lambda kit, **o: kit.nn.Embedding(3, 2, **o),
        lambda kit, **o: kit.nn.LayerNorm(3, **o),
        lambda kit, **o: kit.nn.RMSNorm(3, **o),
        lambda kit, **o: kit.nn.PReLU(3, **o),
        lambda kit, **o: kit.nn.GRU(3, 2, **o),
        lambda kit, **o: kit.nn.LSTMCell(3, 2, **o),
    ],
)
def test_layers_take_the_processor_and_floats(make):
    for options in ({"dtype": "float32"}, {"dtype": "float64", "device": "cpu"}, {"dtype": "double"}):
        built = []
        for kit in (microgd, torch):
            kit.manual_seed(2)
            given = {**options, "dtype": getattr(kit, options["dtype"])}
            built.append(make(kit, **given).state_dict())
        assert list(built[0]) == list(built[1])
    with pytest.raises(RuntimeError, match="floating point"):
        make(microgd, dtype=microgd.long)
    with pytest.raises(RuntimeError, match="no device 'cuda'"):
        make(microgd, device="cuda")


def test_embedding_looks_rows_up_and_padding_receives_no_gradient():
    layer = nn.Embedding(4, 2, padding_idx=-1)
    assert layer.padding_idx == 3
    assert layer.weight[3].tolist() == [0.0, 0.0]
    out = layer([[0, 3], [0, 1]])
    assert out.shape == (2, 2, 2)
    out.sum().backward()
    assert layer.weight.grad.tolist() == [[2.0, 2.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    assert layer(2).tolist() == layer.weight[2].tolist()
    assert layer(np.array([1])).tolist() == layer(tensor([1])).tolist() == [layer.weight[1].tolist()]


def test_embedding_from_pretrained_is_frozen_unless_told():
    table = [[1.0, 2.0], [3.0, 4.0]]
    layer = nn.Embedding.from_pretrained(table)
    assert layer.weight.tolist() == table
    assert not layer.weight.requires_grad
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad


def test_the_smallest_layers():
    assert nn.Embedding(1, 1, padding_idx=0)([0]).tolist() == [[0.0]]
    assert nn.Embedding(1, 1, padding_idx=-1).padding_idx == 0
    assert nn.Dropout(1.0)([1.0]).tolist() == [0.0]
    assert nn.LayerNorm(1)([3.0]).tolist() == [0.0]
    assert nn.RMSNorm(1, eps=0.0)([3.0]).tolist() == [1.0]


def test_normalized_numbers_have_mean_zero_and_size_one():
    y = np.array(nn.LayerNorm(5)([[1.0, 2.0, 4.0, 8.0, 16.0]]).tolist())
    assert y.mean() == pytest.approx(0.0, abs=1e-15)
    assert y.std() == pytest.approx(1.0, rel=1e-6)
    y = np.array(nn.RMSNorm(5)([1.0, 2.0, 4.0, 8.0, 16.0]).tolist())
    assert (y**2).mean() == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize(
    "make",
    [
        lambda kit: kit.Identity(3, key="x"),
        lambda kit: kit.Dropout(0.2),
        lambda kit: kit.Embedding(3, 2),
        lambda kit: kit.Embedding(3, 2, padding_idx=-1),
        lambda kit: kit.LayerNorm(3),
        lambda kit: kit.LayerNorm((2, 3), eps=0.1, bias=False),
        lambda kit: kit.LayerNorm(3, elementwise_affine=False),
        lambda kit: kit.RMSNorm([2, 3]),
        lambda kit: kit.Softmax(dim=1),
        lambda kit: kit.Softplus(2.0, 3.0),
    ],
)
def test_repr_and_state_dict_keys(make):
    assert repr(make(nn)) == repr(make(torch.nn))
    assert list(make(nn).state_dict()) == list(make(torch.nn).state_dict())


def test_the_cosine_of_short_vectors_has_the_true_gradient():
    a, b = microgd.tensor([0.5, -1.0], requires_grad=True), [2.0, 3.0]
    assert microgd.gradcheck(lambda a: nn.CosineSimilarity(dim=0, eps=4.0)(a, b), (a,))
    assert repr(nn.CosineSimilarity(dim=0)) == repr(torch.nn.CosineSimilarity(dim=0))
