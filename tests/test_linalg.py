"""Small matrices: what is solved is solved, and derivatives are those of the formulas."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd import linalg
from tests.strategies import examples

NUMBERS = st.integers(-16, 16).map(lambda k: k / 4)


def matrices(n, m, most=None):
    return st.lists(st.lists(NUMBERS, min_size=m, max_size=m), min_size=n, max_size=most or n)


def well(rows):
    """Whether a matrix is far from a singular one."""
    return np.linalg.cond(np.array(rows)) < 1e3


SQUARE = st.integers(1, 4).flatmap(lambda n: matrices(n, n)).filter(well)


def leaf(rows):
    return microgd.tensor(rows, requires_grad=True, dtype=microgd.float64)


def theirs(rows):
    return torch.tensor(rows, dtype=torch.float64, requires_grad=True)


def near(ours, expected, tolerance=1e-9):
    np.testing.assert_allclose(np.array(ours.tolist()), expected.detach().numpy(), tolerance, tolerance)


@settings(max_examples=examples(25), deadline=None)
@given(SQUARE, st.integers(1, 3), st.data())
def test_a_solution_solves_its_equations(rows, columns, data):
    n = len(rows)
    right = microgd.tensor(data.draw(matrices(n, columns)))
    found = linalg.solve(leaf(rows), right)
    np.testing.assert_allclose((leaf(rows) @ found).tolist(), right.tolist(), atol=1e-9)
    np.testing.assert_allclose((leaf(rows) @ linalg.inv(leaf(rows))).tolist(), np.eye(n), atol=1e-9)


@settings(max_examples=examples(25), deadline=None)
@given(SQUARE)
def test_values_and_first_and_second_derivatives_are_pytorchs(rows):
    for name in ("inverse", "det", "slogdet"):
        a, b = leaf(rows), theirs(rows)
        out, expected = getattr(microgd, name)(a), getattr(torch, name)(b)
        if name == "slogdet":
            assert out.sign.item() == expected.sign.item()
            out, expected = out.logabsdet, expected.logabsdet
        near(out, expected)
        (first,) = microgd.autograd.grad((out * out).sum(), a, create_graph=True)
        (wanted,) = torch.autograd.grad((expected * expected).sum(), b, create_graph=True)
        near(first, wanted, 1e-7)
        if first.requires_grad:
            (first * first).sum().backward()
            (wanted * wanted).sum().backward()
            near(a.grad, b.grad, 1e-5)


@settings(max_examples=examples(15), deadline=None)
@given(SQUARE)
def test_a_determinant_has_the_gradient_of_its_cofactors(rows):
    a = leaf(rows)
    linalg.det(a).backward()
    whole = np.array(rows)
    for i in range(len(rows)):
        for j in range(len(rows)):
            minor = np.delete(np.delete(whole, i, 0), j, 1)
            cofactor = (-1) ** (i + j) * (np.linalg.det(minor) if minor.size else 1.0)
            assert a.grad[i][j].item() == pytest.approx(cofactor, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("rows", "gradient"),
    [
        ([[0.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [-1.0, 0.0]]),
        ([[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
        (
            [[0.0, 0.0, 1.0], [0.0, 0.0, 2.0], [1.0, 1.0, 1.0]],
            [[-2.0, 2.0, 0.0], [1.0, -1.0, 0.0], [0.0] * 3],
        ),
        ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
    ],
)
def test_a_singular_matrix_has_determinant_0_and_its_true_gradient(rows, gradient):
    a = leaf(rows)
    out = linalg.det(a)
    out.backward()
    assert out.item() == 0.0
    assert a.grad.tolist() == gradient
    assert linalg.slogdet(a).sign.item() == 0.0
    assert linalg.slogdet(a).logabsdet.item() == -math.inf
    with pytest.raises(linalg.LinAlgError, match="singular"):
        linalg.inv(a)


def test_several_matrices_are_solved_at_once():
    microgd.manual_seed(0)
    a, b = microgd.randn(2, 3, 3), microgd.randn(3, 2)
    for right in (b, microgd.randn(2, 3), microgd.randn(2, 3, 1)):
        expected = torch.linalg.solve(torch.tensor(a.tolist()), torch.tensor(right.tolist()))
        np.testing.assert_allclose(linalg.solve(a, right).tolist(), expected.numpy(), rtol=1e-3)
    assert linalg.det(a).tolist() == [linalg.det(a[0]).item(), linalg.det(a[1]).item()]


def test_methods_and_names_of_torch_are_the_same_functions():
    a = leaf([[1.0, 2.0], [3.0, 5.0]])
    assert a.det().item() == microgd.det(a).item() == linalg.det(a).item() == pytest.approx(-1.0)
    assert a.inverse().tolist() == microgd.inverse(a).tolist() == linalg.inv(a).tolist()
    assert math.isnan(a.logdet().item())
    assert a[[1, 0]].logdet().item() == pytest.approx(0.0)
    sign, logarithm = a.slogdet()
    assert (sign.item(), logarithm.item()) == (-1.0, pytest.approx(0.0))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: linalg.det(microgd.ones(2, 3)), "must be square"),
        (lambda: linalg.inv(microgd.ones(2)), "at least 2 dimensions"),
        (lambda: linalg.solve(microgd.eye(2), microgd.ones(3)), "Incompatible shapes"),
        (lambda: linalg.matrix_norm(microgd.eye(2), "nuc"), "singular values"),
        (lambda: linalg.norm(microgd.ones(2, 2, 2), 2), "1D or 2D"),
    ],
)
def test_what_has_no_meaning_is_refused_with_a_sentence(call, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        call()
