"""Hypothesis profiles: `ci` is derandomized and the default, `nightly` is long and random.

HYPOTHESIS_PROFILE=nightly pytest

A test that wants another number of examples says `examples(n)` (tests/strategies.py), which is n in `ci`.
"""

import os

from hypothesis import HealthCheck, settings

from tests import without_torch

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60)
settings.register_profile(
    "nightly", deadline=None, max_examples=2000, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
without_torch.install()
