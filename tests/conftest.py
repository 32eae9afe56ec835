"""Hypothesis profiles: `ci` is derandomized and the default, `nightly` is heavy and random.

HYPOTHESIS_PROFILE=nightly pytest
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60)
settings.register_profile(
    "nightly", deadline=None, max_examples=2000, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
