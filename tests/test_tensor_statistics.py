import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import microgd
from microgd import special
from tests.strategies import examples
from tests.test_factors import beside, matrices

NUMBERS = st.integers(-12, 12).map(lambda k: k / 4)
LENGTHS = st.tuples(st.integers(1, 3), st.integers(2, 5))
MATRICES = LENGTHS.flatmap(lambda size: matrices(*size))
DIMS = st.sampled_from([0, 1, -1])


@settings(max_examples=examples(30), deadline=None)
@given(
    MATRICES,
    st.one_of(st.floats(0.0, 1.0), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=3)),
    st.sampled_from([None, 0, 1]),
    st.booleans(),
    st.sampled_from(["linear", "lower", "higher", "midpoint"]),
)
def test_quantiles_are_pytorchs(rows, q, dim, keepdim, interpolation):
    steps = iter(range(100))
    rows = [[x + next(steps) / 128 for x in row] for row in rows]  # no two are equal

    def f(kit, x):
        kind = microgd.float64 if kit is microgd else torch.float64
        parts = kit.tensor(q, dtype=kind) if isinstance(q, list) else q
        return kit.quantile(x, parts, dim=dim, keepdim=keepdim, interpolation=interpolation)

    beside(f, rows)


@settings(max_examples=examples(30), deadline=None)
@given(MATRICES, DIMS, st.floats(0.1, 2.0))
def test_integrals_over_points_are_pytorchs(rows, dim, dx):
    points = [[x + k for k, x in enumerate(row)] for row in rows]
    beside(lambda kit, y: kit.trapezoid(y, dx=dx, dim=dim) + 0.0 * y.sum(), rows)
    beside(lambda kit, y, x: kit.trapz(y, x, dim=dim) + 0.0 * (x + y).sum(), rows, points)
    beside(lambda kit, y, x: kit.trapezoid(y, x), rows, points[0])


@settings(max_examples=examples(20), deadline=None)
@given(MATRICES, st.integers(0, 1))
def test_covariances_and_correlations_are_pytorchs(rows, correction):
    rows = [[x + (i + 1) * (k % 3) for k, x in enumerate(row)] for i, row in enumerate(rows)]
    beside(lambda kit, x: kit.cov(x, correction=correction), rows)
    beside(lambda kit, x: kit.cov(x), rows[0])
    if all(np.std(row) > 0.1 for row in rows) and len(rows[0]) > 2:
        beside(lambda kit, x: kit.corrcoef(x) * 1.0, rows)


@settings(max_examples=examples(30), deadline=None)
@given(
    st.lists(NUMBERS, min_size=1, max_size=20),
    st.integers(1, 7),
    st.sampled_from([(0, 0), (-1, 2), (0.5, 0.5), (-3.0, 3.0)]),
)
def test_histograms_are_pytorchs(numbers, bins, borders):
    low, high = borders
    theirs = torch.histc(torch.tensor(numbers, dtype=torch.float64), bins=bins, min=low, max=high)
    assert microgd.histc(microgd.tensor(numbers), bins=bins, min=low, max=high).tolist() == theirs.tolist()


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=4), st.sampled_from([None, 1, 3]), st.booleans())
def test_powers_of_numbers_are_pytorchs(numbers, n, increasing):
    ours = microgd.vander(microgd.tensor(numbers), n, increasing)
    assert ours.tolist() == torch.vander(torch.tensor(numbers, dtype=torch.float64), n, increasing).tolist()
    x = microgd.tensor(numbers, requires_grad=True)
    microgd.vander(x).sum().backward()
    derivatives = [sum(p * a ** (p - 1) for p in range(1, len(numbers))) for a in numbers]
    assert x.grad.tolist() == pytest.approx(derivatives)


@pytest.mark.parametrize("options", [{}, {"dim": 0}, {"dim": 1, "keepdim": True}])
def test_a_mean_without_nan_is_pytorchs(options):
    rows = [[1.0, math.nan, 2.5], [math.nan, math.nan, 0.5]]
    ours = microgd.nanmean(microgd.tensor(rows), **options)
    theirs = torch.nanmean(torch.tensor(rows, dtype=torch.float64), **options)
    np.testing.assert_array_equal(ours.tolist(), theirs.tolist())


def test_a_mean_without_nan_has_a_gradient_where_there_is_a_number():
    x = microgd.tensor([1.0, math.nan, 2.0], requires_grad=True)
    x.nanmean().backward()
    assert x.grad.tolist() == [0.5, 0.0, 0.5]


@settings(max_examples=examples(20), deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 6), st.sampled_from([10.0, 2.0]))
def test_powers_at_equal_distances_are_pytorchs(start, end, steps, base):
    ours = microgd.logspace(start, end, steps, base)
    theirs = torch.logspace(start, end, steps, base, dtype=torch.float64)
    np.testing.assert_allclose(ours.tolist(), theirs.tolist(), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: microgd.quantile([1.0], 1.5), "range"),
        (lambda: microgd.quantile([1.0], 0.5, interpolation="cubic"), "interpolation must be one of"),
        (lambda: microgd.quantile(microgd.tensor([1, 2]), 0.5), "float or double"),
        (lambda: microgd.histc([1.0], bins=0), "bins must be > 0"),
        (lambda: microgd.histc([1.0], min=2, max=1), "max is less than min"),
        (lambda: microgd.cov(microgd.ones(2, 2, 2)), "two or fewer dimensions"),
    ],
)
def test_misuse_is_an_error(call, message):
    with pytest.raises(RuntimeError, match=message):
        call()


# --- torch.special --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["erf", "erfc", "exp2", "expit", "expm1", "log1p", "logit"])
def test_functions_of_one_number_are_pytorchs(name):
    beside(lambda kit, x: getattr(kit.special, name)(x), [0.25, 0.5, 0.875])


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_functions_along_a_dimension_are_pytorchs(name):
    beside(lambda kit, x: getattr(kit.special, name)(x, 1), [[0.25, -0.5, 2.0], [1.0, 1.0, 0.0]])


def test_a_product_with_a_logarithm_is_pytorchs():
    x, y = [0.0, 0.0, 1.5, -2.0, 0.0, 0.0], [2.0, -1.0, 0.5, 3.0, 0.25, -3.0]
    beside(lambda kit, x, y: kit.special.xlogy(x, y), x, y)
    edges = [(0.0, 0.0), (0.0, math.inf), (0.0, math.nan), (math.nan, 0.0), (1.0, 0.0), (-1.0, 0.0)]
    for a, b in edges:
        theirs = torch.special.xlogy(torch.tensor(a), torch.tensor(b)).item()
        np.testing.assert_array_equal(special.xlogy(a, b).item(), theirs)
    assert microgd.tensor([2.0]).xlogy(2.0).tolist() == [2.0 * math.log(2.0)]


def test_a_special_function_that_is_left_out_says_why():
    with pytest.raises(AttributeError, match=r"torch's special.gammaln: scripts"):
        special.gammaln  # noqa: B018
    for name in special.__all__:
        assert callable(getattr(torch.special, name)), name
