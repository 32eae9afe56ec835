"""A Tensor is printed as PyTorch prints it, with every option."""

import pytest
import torch
from hypothesis import given, strategies as st

import microgd
from microgd.tensor_printing import options

OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 8),
        "threshold": st.sampled_from([3, 20, 1000]),
        "edgeitems": st.integers(1, 4),
        "linewidth": st.sampled_from([30, 80, 120]),
        "sci_mode": st.booleans(),
        "profile": st.sampled_from(["default", "short", "full"]),
    },
)
NUMBERS = st.floats(-1e9, 1e9) | st.floats(-2.0, 2.0) | st.sampled_from([0.0, 1.0, 25.0, 1e-5, float("nan")])
ROWS = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=5)
)


@pytest.fixture(autouse=True)
def usual():
    before, kind = dict(options), torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # so that it is not printed
    yield
    torch.set_default_dtype(kind)
    options.update(before)
    torch.set_printoptions(profile="default")


@given(given=OPTIONS, rows=ROWS, times=st.sampled_from([1, 30]))
def test_every_option_is_pytorchs(given, rows, times):
    for engine in (microgd, torch):
        engine.set_printoptions(profile="default")
        engine.set_printoptions(**given)
    rows = [row * times for row in rows]
    assert repr(microgd.tensor(rows)) == repr(torch.tensor(rows))


def test_an_option_that_is_none_is_refused_and_changes_nothing():
    before = dict(options)
    with pytest.raises(ValueError, match="profile is one of 'default', 'short', 'full', got 'long'"):
        microgd.set_printoptions(profile="long")
    assert options == before
