"""The contestants of the benchmark of small functions compute the same. They are timed elsewhere."""

import pytest

from . import small_functions

OWN = [name for name in small_functions.LIBRARIES if name.startswith("microgd") and "llvm" not in name]


@pytest.mark.parametrize("function", small_functions.FUNCTIONS)
def test_every_way_gives_the_gradient_that_backward_gives(function):
    known, *others = (small_functions.CONTESTANTS[f"{name}: {function}"]()["read"] for name in OWN)
    for k in (0, 7):
        for read in others:
            assert read(k) == pytest.approx(known(k), rel=1e-12, abs=1e-12)
