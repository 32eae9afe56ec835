"""The checker's tests, with time enough on a busy machine."""

import pytest

from microgd.check.engine import trial


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A slow machine tries as many expressions as a fast one, so that a mistake gets the same name."""
    for name in ("SLOW", "SHARE"):
        monkeypatch.setattr(trial, name, 4.0 * getattr(trial, name))
