"""Hypothesis profiles: `ci` draws the same each time and is the default; `random` has its size and other
draws; `nightly` has 33 times as many.

HYPOTHESIS_PROFILE=nightly pytest
HYPOTHESIS_PROFILE=random pytest --hypothesis-seed=1

A test that wants another number of examples says `examples(n)` (tests/strategies.py), which is n in `ci`.
"""

import os

from hypothesis import HealthCheck, settings

from tests import without_torch

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60)
settings.register_profile("random", deadline=None, max_examples=60)
settings.register_profile(
    "nightly", deadline=None, max_examples=2000, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
without_torch.install()
