"""Losses: what is refused, with which words; the edges; the reductions."""

import math

import numpy as np
import pytest
import torch

import microgd
from microgd import Tensor, Value, nn, tensor
from microgd.nn import functional as F
from microgd.tensor import values

LOGITS = [[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]]

WRONG = [
    (lambda: F.cross_entropy(LOGITS, [0, 3]), IndexError, "Target 3 is out of bounds: there are 3 classes"),
    (lambda: F.cross_entropy(LOGITS, [0, -1]), IndexError, "Target -1 is out of bounds"),
    (lambda: F.cross_entropy(LOGITS, [0, 1.5]), RuntimeError, "a class index, a whole number, got 1.5"),
    (lambda: F.cross_entropy(LOGITS, [0]), ValueError, r"batch_size \(2\) to match target batch_size \(1\)"),
    (lambda: F.cross_entropy(LOGITS[0], [0]), ValueError, r"Expected one target for each row of logits: "),
    (
        lambda: F.cross_entropy(LOGITS, [[0.5, 0.5]] * 2),
        ValueError,
        r"of \(2,\), got targets of shape \(2, 2\)",
    ),
    (lambda: F.cross_entropy(1.0, 0), RuntimeError, r"got \(\)"),
    (lambda: F.cross_entropy([], []), RuntimeError, r"got \(0,\)"),
    (lambda: F.cross_entropy(LOGITS, [0, 1], weight=[1.0]), RuntimeError, r"all 3 classes .* shape: \[1\]"),
    (
        lambda: F.cross_entropy(LOGITS, [0, 1], label_smoothing=1.5),
        RuntimeError,
        "between 0.0 and 1.0. Got: 1.5",
    ),
    (
        lambda: F.cross_entropy([LOGITS[0]], [[0.5, 0.6, -0.1]]),
        RuntimeError,
        "target should be between 0 and 1",
    ),
    (lambda: F.cross_entropy([LOGITS[0]], [[1, 0, 0]], ignore_index=1), RuntimeError, "ignore_index is not"),
    (lambda: F.cross_entropy([LOGITS[0]], [[0, 1, 0]], ignore_index=0), RuntimeError, "target, got 0"),
    (lambda: F.nll_loss(LOGITS, [0, 7]), IndexError, "Target 7 is out of bounds"),
    (lambda: F.nll_loss(LOGITS, [0, 1, 2]), ValueError, r"got targets of shape \(3,\)"),
    (lambda: F.nll_loss(LOGITS, [0, 1], weight=[1.0] * 4), RuntimeError, "all 3 classes"),
    (lambda: F.binary_cross_entropy([1.5], [1.0]), RuntimeError, "all elements of input .* between 0 and 1"),
    (lambda: F.binary_cross_entropy([math.nan], [1.0]), RuntimeError, "between 0 and 1"),
    (lambda: F.binary_cross_entropy([0.5], [-1.0]), RuntimeError, "all elements of target"),
    (
        lambda: F.binary_cross_entropy([0.5], [1.0, 0.0]),
        ValueError,
        r"\(\(2,\)\) must be the same .*\(\(1,\)\)",
    ),
    (
        lambda: F.binary_cross_entropy([0.5], [1.0], weight=[1, 2]),
        RuntimeError,
        r"weight of shape \(2,\) .*\(1,\)",
    ),
    (lambda: F.binary_cross_entropy_with_logits([1.0], [2.0]), RuntimeError, "all elements of target"),
    (lambda: F.binary_cross_entropy_with_logits([1.0], [[1.0]]), ValueError, r"\(1, 1\).*\(1,\)"),
    (
        lambda: F.binary_cross_entropy_with_logits([1.0], [1.0], pos_weight=[1.0, 2.0]),
        RuntimeError,
        r"pos_weight of shape \(2,\)",
    ),
    (lambda: F.mse_loss([1.0, 2.0], [1.0]), RuntimeError, r"\(2\) .*\(1\) .*shapes \(2,\) and \(1,\)"),
    (lambda: F.mse_loss([[1.0], [2.0]], [1.0, 2.0]), RuntimeError, r"shapes \(2, 1\) and \(2,\)"),
    (lambda: F.mse_loss([1.0], 1.0), RuntimeError, r"\(1,\) and \(\)"),
    (lambda: F.mse_loss([1.0], [1.0], weight=[1.0, 2.0]), ValueError, r"got \(2,\) and \(1,\)"),
    (lambda: F.mse_loss([[1.0], [2.0, 3.0]], [[1.0], [2.0]]), ValueError, "expected sequence of length 1"),
    (lambda: F.huber_loss([1.0], [1.0], delta=0.0), RuntimeError, "non-positive values for delta, got 0.0"),
    (lambda: F.smooth_l1_loss([1.0], [1.0], beta=-1.0), RuntimeError, "negative values for beta, got -1.0"),
    (lambda: F.kl_div([1.0], [1.5]), RuntimeError, "all elements of target"),
    (lambda: F.kl_div([1.0], [0.5, 0.5]), RuntimeError, r"\(1,\) and \(2,\)"),
    (lambda: F.hinge_embedding_loss([1.0], [0.0]), ValueError, "must be 1 or -1 everywhere, got 0.0"),
    (lambda: F.margin_ranking_loss([1.0], [1.0], [0.0]), ValueError, "must be 1 or -1"),
    (
        lambda: F.margin_ranking_loss([1.0], [1.0, 2.0], [1.0]),
        RuntimeError,
        r"input1: \(1,\), input2: \(2,\), target: \(1,\)",
    ),
    (
        lambda: F.cosine_embedding_loss(LOGITS, LOGITS, 1.0),
        RuntimeError,
        r"0D target tensor expects 1D input tensors, but found inputs with sizes \[2, 3\] and \[2, 3\].",
    ),
    (
        lambda: F.cosine_embedding_loss(LOGITS, LOGITS, [[1.0]]),
        RuntimeError,
        "0D or 1D target tensor expected",
    ),
    (lambda: F.cosine_embedding_loss([1.0], [1.0], 0.5), ValueError, "must be 1 or -1 everywhere, got 0.5"),
    (lambda: F.triplet_margin_loss(LOGITS, LOGITS, [1.0]), RuntimeError, "anchor 2D, .* 2D, and negative 1D"),
    (lambda: F.triplet_margin_loss([1.0], [1.0], [1.0], 0.0), ValueError, "greater than 0, got 0.0"),
    (
        lambda: nn.TripletMarginLoss(-1.0),
        ValueError,
        "expected margin to be greater than 0, got -1.0 instead",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), WRONG, ids=[words for _, _, words in WRONG])
def test_bad_input_is_refused_with_both_sides_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


ONE = {
    "MSELoss": ([0.5], [0.25]),
    "L1Loss": ([0.5], [0.25]),
    "SmoothL1Loss": ([0.5], [0.25]),
    "HuberLoss": ([0.5], [0.25]),
    "CrossEntropyLoss": ([[0.5, 0.25]], [1]),
    "NLLLoss": ([[-0.5, -0.25]], [1]),
    "BCELoss": ([0.5], [0.25]),
    "BCEWithLogitsLoss": ([0.5], [0.25]),
    "KLDivLoss": ([0.5], [0.25]),
    "HingeEmbeddingLoss": ([0.5], [1.0]),
    "MarginRankingLoss": ([0.5], [0.25], [1.0]),
    "CosineEmbeddingLoss": ([[0.5]], [[0.25]], [1.0]),
    "TripletMarginLoss": ([[0.5]], [[0.25]], [[1.0]]),
}


@pytest.mark.parametrize("name", ONE)
def test_an_unknown_reduction_is_refused_by_name(name):
    with pytest.raises(ValueError, match="average is not a valid value for reduction"):
        getattr(nn, name)(reduction="average")(*ONE[name])


@pytest.mark.parametrize("name", ONE)
def test_a_loss_is_one_value_or_as_many_as_there_are_samples(name):
    for reduction in ("mean", "sum"):
        assert isinstance(getattr(nn, name)(reduction=reduction)(*ONE[name]), Value)
    every = getattr(nn, name)(reduction="none")(*ONE[name])
    assert isinstance(every, Tensor)
    assert every.shape == (1,)
    assert repr(getattr(nn, name)()) == f"{name}()"


def test_mse_loss_by_hand():
    x, y = tensor([1.0, 2.0, 4.0], requires_grad=True), [1.0, 0.0, 1.0]
    assert nn.MSELoss(reduction="none")(x, y).tolist() == [0.0, 4.0, 9.0]
    assert nn.MSELoss(reduction="sum")(x, y).item() == 13.0
    loss = nn.MSELoss()(x, y)
    assert loss.item() == pytest.approx(13.0 / 3.0, rel=1e-15)
    loss.backward()
    assert x.grad.tolist() == pytest.approx([0.0, 4.0 / 3.0, 2.0])
    assert nn.MSELoss()(Value(3.0), 1.0).item() == 4.0


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
def test_weighted_regression_losses_are_pytorchs(name, reduction):
    data = [[1.0, 2.5, -3.0], [0.5, 0.25, 1.0], [1.0, 2.0, 0.5]]
    x, y, weight = (torch.tensor(row, dtype=torch.float64) for row in data)
    expected = getattr(torch.nn.functional, name)(x, y, reduction=reduction, weight=weight)
    found = getattr(F, name)(*data[:2], reduction=reduction, weight=data[2])
    np.testing.assert_allclose([v.item() for v in values(found)], expected.flatten().numpy(), rtol=1e-14)


def test_targets_may_be_values_arrays_and_tensors():
    expected = F.cross_entropy(LOGITS, [0, 2]).item()
    for target in (
        tensor([0, 2]),
        np.array([0, 2]),
        np.array([0, 2], dtype=np.uint8),
        (0.0, 2.0),
        [True - 1, Value(2.0)],
    ):
        assert F.cross_entropy(LOGITS, target).item() == expected
        assert F.cross_entropy(np.array(LOGITS), target).item() == expected


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
@pytest.mark.parametrize("x", [LOGITS, LOGITS[0], [[1e300, 1.0, -1e300]], [LOGITS]])
def test_targets_that_are_all_ignored_give_torchs_loss_and_gradients_of_zero(name, reduction, x):
    ours, theirs = tensor(x, requires_grad=True), torch.tensor(x, dtype=torch.float64, requires_grad=True)
    target = {(3,): -100, (2, 3): [-100] * 2, (1, 3): [-100], (1, 2, 3): [[-100] * 3]}[tuple(theirs.shape)]
    loss = getattr(F, name)(ours, target, reduction=reduction)
    expected = getattr(torch.nn.functional, name)(theirs, torch.tensor(target), reduction=reduction)
    losses = values(loss)
    np.testing.assert_array_equal([v.item() for v in losses], expected.detach().flatten().numpy())
    microgd.sum(losses).backward()
    expected.sum().backward()
    assert ours.grad.tolist() == theirs.grad.tolist()
    assert all(v.grad == 0.0 for v in values(ours))  # and not None: an optimizer moves on


def test_a_weight_of_zero_for_every_target_is_no_target_ignored():
    x = tensor(LOGITS, requires_grad=True)
    loss = F.cross_entropy(x, [1, 1], weight=[1.0, 0.0, 1.0])
    assert math.isnan(loss.item())
    loss.backward()
    assert math.isnan(x.grad[0][0].item())  # as in PyTorch


def test_cross_entropy_of_huge_logits_neither_overflows_nor_loses_digits():
    x = tensor([[1e4, 0.0, -1e4]], requires_grad=True)
    loss = F.cross_entropy(x, [2])
    assert loss.item() == 2e4
    loss.backward()
    assert x.grad.tolist() == [[1.0, 0.0, -1.0]]


@pytest.mark.parametrize("x", [0.0, 1.0, 1e-300, 1.0 - 2**-53, 1e-44])
@pytest.mark.parametrize("y", [0.0, 0.5, 1.0])
def test_binary_cross_entropy_at_the_edges_is_pytorchs_and_points_the_right_way(x, y):
    t = torch.tensor([x], dtype=torch.float64, requires_grad=True)
    expected = torch.nn.functional.binary_cross_entropy(t, torch.tensor([y], dtype=torch.float64))
    v = Value(x)
    loss = F.binary_cross_entropy([v], [y])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12, abs=1e-15)
    loss.backward()
    expected.backward()
    assert math.isfinite(v.grad)
    if abs(t.grad.item()) > 1.0:
        assert v.grad * t.grad.item() > 0.0  # the same direction; PyTorch cuts its slope at 1e12


def test_binary_cross_entropy_with_logits_keeps_its_digits():
    assert F.binary_cross_entropy_with_logits([-40.0], [0.0]).item() == pytest.approx(
        math.exp(-40.0), rel=1e-15
    )
    assert F.binary_cross_entropy_with_logits([1000.0], [0.0]).item() == 1000.0


def test_kl_div_counts_nothing_for_a_probability_of_zero():
    x = tensor([0.5, -1.0], requires_grad=True)
    loss = F.kl_div(x, [0.0, 1.0], reduction="sum")
    assert loss.item() == 1.0
    loss.backward()
    assert x.grad.tolist() == [0.0, -1.0]


def test_no_target_changes_when_a_loss_is_refused():
    x, y = tensor(LOGITS, requires_grad=True), [0, 9]
    with pytest.raises(IndexError):
        nn.CrossEntropyLoss()(x, y)
    assert x.tolist() == LOGITS
    assert x.grad is None
    assert y == [0, 9]


@pytest.mark.parametrize("name", ["weight", "pos_weight"])
@pytest.mark.parametrize("weight", [3.0, [3.0], [[3.0], [0.5]], [[3.0, 2.0, 1.0]], [3.0, 2.0, 1.0]])
def test_a_weight_is_broadcast_to_the_losses_as_in_pytorch(name, weight):
    x, y = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], [[1.0, 0.0, 0.5], [0.0, 1.0, 1.0]]
    theirs = [torch.tensor(numbers, dtype=torch.float64) for numbers in (x, y, weight)]
    expected = torch.nn.BCEWithLogitsLoss(**{name: theirs[2]})(*theirs[:2])
    for given in (weight, microgd.tensor(weight)):
        found = nn.BCEWithLogitsLoss(**{name: given})(microgd.tensor(x), microgd.tensor(y))
        assert found.item() == pytest.approx(expected.item(), rel=1e-14)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, math.inf])
def test_triplets_of_equal_vectors_have_pytorchs_loss_and_gradient(p):
    found = []
    for library in (microgd, torch):
        x = [
            library.tensor(row, dtype=library.float64, requires_grad=True)
            for row in ([1.0, 2.0], [1.0, 2.0], [0.5, 4.0])
        ]
        loss = library.nn.functional.triplet_margin_loss(*x, margin=3.0, p=p, eps=0.0)
        loss.backward()
        found.append([loss.item(), *(row.grad.tolist() for row in x)])
    np.testing.assert_allclose(np.hstack(found[0]), np.hstack(found[1]), rtol=1e-14)
