"""Derivative: what is known of a slope, and the verdict on a gradient."""

from __future__ import annotations

import math
from math import isfinite
from typing import NamedTuple

EPS = 2.0**-52
SAFETY = 10.0  # the bound on the error is an estimate: an error is called one only beyond this
ROUNDING = 8 * EPS  # what the gradient under judgement may have lost by honest arithmetic
SHARP = 1e-6  # a measurement that would miss a relative error of this size is "weak"


class Derivative(NamedTuple):
    """What is known of a slope.

    value, error  the slope lies within value ± error, and almost surely within SAFETY times that
    kind          smooth, weak (seen less sharply than 1e-6) or coarse (next to nothing is seen);
                  kink, jump, infinite, edge (of the domain), undefined, nondeterministic
    left, right   the one-sided slopes: nan where there is none
    """

    value: float
    error: float
    kind: str
    left: float
    right: float

    @property
    def tolerance(self) -> float:
        """How far a gradient may be from `value`."""
        return SAFETY * self.error + ROUNDING * math.fabs(self.value)

    def judge(self, gradient: float) -> str:
        """The verdict on a gradient.

        `ok`, `ok_weak` or `coarse` (consistent; how much was seen is `tolerance`), `wrong`, or the
        kind of a point where there is no slope. There a gradient counts as right that is the slope
        of one side, or anything between the two: libraries differ in what they choose.
        """
        kind = self.kind
        if kind in ("jump", "infinite", "undefined", "nondeterministic"):
            return kind
        blurred = SAFETY * self.error > SHARP * math.fabs(self.value)
        if kind == "coarse" or (kind == "edge" and blurred):
            return kind if isfinite(gradient) or kind == "edge" else "wrong"
        low = high = self.value
        if kind == "kink":
            low, high = min(self.left, self.right), max(self.left, self.right)
        tolerance = SAFETY * self.error + ROUNDING * max(math.fabs(low), math.fabs(high))
        if tolerance != tolerance:  # the range was left while measuring: nothing was seen
            return "coarse"
        if not low - tolerance <= gradient <= high + tolerance:
            return "wrong"
        return {"smooth": "ok", "weak": "ok_weak"}.get(kind, kind)

    def describe(self) -> str:
        """The kind in words."""
        slopes = f"slope {self.left:.6g} on the left, {self.right:.6g} on the right"
        return {
            "smooth": f"slope {self.value:.12g} ± {self.tolerance:.1g}",
            "weak": f"slope {self.value:.6g}; errors below {self.tolerance:.1g} cannot be seen",
            "coarse": "the slope cannot be measured here",
            "kink": f"not differentiable here: {slopes}",
            "jump": "not continuous here: the function jumps",
            "infinite": "the slope is infinite here",
            "edge": "the edge of the domain: the function has values on one side only",
            "undefined": "the function has no finite value here",
            "nondeterministic": "two evaluations at the same point differ",
        }[self.kind]
