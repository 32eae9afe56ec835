"""Hypothesis profiles: `ci` draws the same each time and is the default; `random` has its size and other
draws; `nightly` has 33 times as many.

HYPOTHESIS_PROFILE=nightly pytest
HYPOTHESIS_PROFILE=random pytest --hypothesis-seed=1

A test that wants another number of examples says `examples(n)` (tests/strategies.py), which is n in `ci`.

Without PyTorch the tests are light: of a test with many cases the first three run, and those marked `slow`,
which take more than five seconds, are left out.
`MICROGD_TESTS=whole` runs all.
"""

import os
from collections import Counter
from importlib import util

from hypothesis import HealthCheck, settings

from tests import without_torch

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60)
settings.register_profile("random", deadline=None, max_examples=60)
settings.register_profile(
    "nightly", deadline=None, max_examples=2000, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
LIGHT = util.find_spec("torch") is None and os.environ.get("MICROGD_TESTS") != "whole"
without_torch.install()

CASES = 3
"""Of a test with many cases, so many run in light tests."""


def pytest_collection_modifyitems(config, items):
    if not LIGHT:
        return
    seen = Counter()
    kept, left = [], []
    for item in items:
        function = item.nodeid.partition("[")[0]
        seen[function] += 1
        light = seen[function] <= CASES and not item.get_closest_marker("slow")
        (kept if light or asked(config, item) else left).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def asked(config, item):
    """Whether a test is named on the command line, as those of the planted faults are."""
    return any("::" in arg and item.nodeid.endswith(arg.rpartition("/")[2]) for arg in config.args)
