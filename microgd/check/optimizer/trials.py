"""What a learner's optimizer or training loop is tried on: a loss of two parameters, and a few steps.

It uses `updates` for the options that there are.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from .updates import RIGHT, defaults

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = 6
"""Enough: five known mistakes first show at step 2, and one at step 3."""

USUAL: dict[str, dict[str, Any]] = {kind: {"lr": 0.1 if kind == "sgd" else 0.05} for kind in RIGHT}
"""What the optimizer is called with if no options are given."""


class Loss:
    """A valley that is steep along one parameter and flat along the other; they share a term."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"optimizer {seed}")
        self.start = [rng.uniform(1.0, 2.0), -rng.uniform(2.5, 4.0)]
        self.centre = [rng.uniform(-1.0, 0.0), rng.uniform(0.5, 1.5)]
        self.steepness = [rng.uniform(1.5, 2.0), rng.uniform(0.3, 0.7)]
        self.shared = -rng.uniform(0.1, 0.3)

    def gradient(self, ps: Sequence[float], step: int = 0) -> list[float]:
        """The derivatives at this place."""
        a, b = (p - t for p, t in zip(ps, self.centre, strict=True))
        return [self.steepness[0] * a + self.shared * b, self.steepness[1] * b + self.shared * a]

    def value(self, ps: Sequence[float]) -> float:
        """The height at this place."""
        a, b = (p - t for p, t in zip(ps, self.centre, strict=True))
        return 0.5 * (self.steepness[0] * a * a + self.steepness[1] * b * b) + self.shared * a * b


def impulse(ps: Sequence[float], step: int) -> list[float]:
    """One gradient and then zeros; the second parameter waits until step 3 for its own."""
    return [0.5 if step == 1 else 0.0, -2.0 if step == 3 else 0.0]


def checked(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options, or the usual ones; ValueError for what is not there."""
    if kind not in RIGHT:
        raise ValueError(f"kind must be one of {', '.join(RIGHT)}; got {kind!r}")
    unknown = sorted(set(options) - set(defaults(kind)))
    if unknown:
        raise ValueError(f"{kind} has no option {', '.join(unknown)}; it has {', '.join(defaults(kind))}")
    return options or USUAL[kind]
