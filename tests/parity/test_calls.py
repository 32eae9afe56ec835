"""Every call gives the same in both libraries."""

import warnings

import pytest

from tests.parity.calls import CALLS, compare


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_call_gives_what_it_gives_in_torch(call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compare(call)
