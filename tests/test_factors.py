import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings, strategies as st

import microgd
from microgd import linalg
from tests.strategies import examples

NUMBERS = st.integers(-8, 8).map(lambda k: k / 4)


def matrices(rows, columns):
    row = st.lists(NUMBERS, min_size=columns, max_size=columns)
    return st.lists(row, min_size=rows, max_size=rows)


SIZES = st.sampled_from([(1, 1), (2, 2), (3, 2), (4, 3), (2, 3), (1, 3)])
MATRICES = SIZES.flatmap(lambda size: matrices(*size))


def beside(f, *given):
    """f of both libraries: the results, and the gradients of a weighted sum."""
    found = []
    for kit, kind in ((microgd, microgd.float64), (torch, torch.float64)):
        leaves = [kit.tensor(x, dtype=kind, requires_grad=True) for x in given]
        out = f(kit, *leaves)
        weights = kit.arange(1.0, out.numel() + 1.0, dtype=kind).reshape(out.shape)
        (out * weights).sum().backward()
        found.append([out.tolist(), *(x.grad.tolist() for x in leaves)])
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def is_regular(rows):
    return np.linalg.cond(np.array(rows)) < 50.0


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(1, 3).flatmap(lambda n: matrices(n, n)), st.booleans())
def test_choleskys_factor_and_its_gradient_are_pytorchs(rows, upper):
    rows = (np.array(rows) @ np.array(rows).T + 0.5 * np.eye(len(rows))).tolist()
    beside(lambda kit, a: kit.linalg.cholesky(a, upper=upper), rows)


@settings(max_examples=examples(25), deadline=None)
@given(MATRICES)
def test_the_pseudoinverse_and_its_gradient_are_pytorchs(rows):
    assume(is_regular(rows))
    beside(lambda kit, a: kit.linalg.pinv(a), rows)


@settings(max_examples=examples(25), deadline=None)
@given(MATRICES, st.data())
def test_least_squares_and_their_gradients_are_pytorchs(rows, data):
    assume(is_regular(rows))
    right = data.draw(matrices(len(rows), 2))
    beside(lambda kit, a, b: kit.linalg.lstsq(a, b).solution, rows, right)


def test_least_squares_say_what_is_left():
    a, b = [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [1.0, 2.0, 4.0]
    ours = linalg.lstsq(microgd.tensor(a), microgd.tensor(b))
    theirs = torch.linalg.lstsq(torch.tensor(a), torch.tensor(b)[:, None], driver="gels")
    assert ours.solution.tolist() == pytest.approx(theirs.solution[:, 0].tolist(), rel=1e-5)
    assert ours.residuals.item() == pytest.approx(theirs.residuals.item(), rel=1e-5)
    assert ours.rank.tolist() == torch.linalg.lstsq(torch.tensor(a), torch.tensor(b)).rank.tolist() == 2
    assert linalg.lstsq(microgd.eye(2), microgd.ones(2, 1)).residuals.shape == (0,)
    assert ours.singular_values.shape == tuple(theirs.singular_values.shape) == (0,)


def test_many_matrices_are_factored_one_by_one():
    a = microgd.tensor([[[4.0, 1.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 9.0]]])
    for f in (linalg.cholesky, linalg.pinv):
        assert f(a).tolist() == [f(a[0]).tolist(), f(a[1]).tolist()]
    assert linalg.lstsq(a, microgd.ones(2, 2, 1)).rank.tolist() == [2, 2]


def test_second_derivatives_of_a_factor_are_right():
    x = microgd.Value(0.7)

    def f(x):
        a = microgd.stack([microgd.stack([2.0 + x * x, x]), microgd.stack([x, 3.0 + microgd.sin(x)])])
        return linalg.cholesky(a).sum() + linalg.lstsq(a[:, :1], a[:, 1]).solution.sum()

    assert microgd.gradcheck(f, (x,), order=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linalg.cholesky([[1.0, 2.0], [2.0, 1.0]]), "leading minor of order 2 is not positive-def"),
        (lambda: linalg.cholesky(microgd.ones(2, 3)), "must be square"),
        (lambda: linalg.pinv([[1.0, 2.0], [0.1, 0.2], [0.7, 1.4]]), "not of full rank"),
        (lambda: linalg.lstsq(microgd.zeros(2, 2), microgd.ones(2)), "not of full rank"),
        (lambda: linalg.lstsq(microgd.eye(2), microgd.ones(3)), "equally many rows"),
    ],
)
def test_a_matrix_that_has_no_such_factor_says_so(call, message):
    with pytest.raises(RuntimeError, match=message):
        call()


def test_they_are_functions_and_methods_too():
    a = microgd.tensor([[4.0, 2.0], [2.0, 3.0]])
    assert a.cholesky().tolist() == microgd.cholesky(a).tolist() == linalg.cholesky(a).tolist()
    assert a.pinverse().tolist() == microgd.pinverse(a).tolist() == linalg.pinv(a).tolist()
