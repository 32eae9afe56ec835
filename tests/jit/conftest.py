"""Models of these tests start with the same weights in every run."""

import pytest

import microgd


@pytest.fixture(autouse=True)
def seeded():
    microgd.manual_seed(0)
