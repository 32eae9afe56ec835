"""How many inputs a function has, what they are called, and random inputs for it.

It uses `diagnosis`. `probe` compares a function and a rule at the points drawn here.
"""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any

from .diagnosis import described, elements, number

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


class Sampler:
    """Inputs of either sign, distinct, and none near 0, 1 or 2, where x, 1/x, x**2, 2x ... agree."""

    RANGES = ((0.2, 3.0), (0.2, 3.0), (3.0, 9.0), (0.2, 3.0), (0.02, 0.95), (0.2, 3.0))

    def __init__(self, width: int) -> None:
        self.width = width
        self.tries = 0

    def __call__(self, rng: random.Random) -> list[float]:
        """The inputs of one point. Of every six, one is far out, one near 0, two have positive inputs."""
        self.tries += 1
        low, high = self.RANGES[self.tries % len(self.RANGES)]
        while True:
            xs = [math.copysign(rng.uniform(low, high), rng.random() - 0.5) for _ in range(self.width)]
            if self.tries % 3 == 0:  # for functions that want them all positive
                xs = list(map(math.fabs, xs))
            plain = any(math.fabs(math.fabs(x) - c) < 0.03 for x in xs for c in (1.0, 2.0))
            alike = any(
                math.fabs(math.fabs(a) - math.fabs(b)) < 0.02 for k, a in enumerate(xs) for b in xs[:k]
            )
            if not plain and not (alike and self.width <= 8):
                return xs


def arity(f: Callable[..., Any], rule: Callable[..., Any]) -> int:
    """How many inputs f takes.

    If f does not say, or takes any number: two fewer than the rule takes. If that does not say either: 3.
    """
    taken = _parameters(f)
    if taken is None:
        taken = (_parameters(rule) or ["a", "b", "c", "out", "g"])[:-2]
    return max(1, len(taken))


def names(rule: Callable[..., Any], width: int) -> list[str]:
    """The names of the inputs in messages: the rule's own, if it has one for each of several inputs."""
    if width == 1:
        return ["x"]
    own = (_parameters(rule) or [])[:-2]
    return own if len(own) == width and "out" not in own else [_letter(i) for i in range(width)]


def _parameters(f: Callable[..., Any]) -> list[str] | None:
    """The names of f's required parameters; None if it takes any number, or does not say."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return None
    kinds = inspect.Parameter
    if any(p.kind is kinds.VAR_POSITIONAL for p in parameters):
        return None
    positional = (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in positional and p.default is kinds.empty]


def numbers(drawn: Any) -> list[float]:
    """What a sampler drew, as a list of floats."""
    several = elements(drawn)
    found = [number(x) for x in ([drawn] if several is None else several)]
    if None in found or not found:
        raise TypeError(
            "sample(random) should return the inputs of one point, a number or a list of numbers;"
            f" it returned {described(drawn)}"
        )
    return [x for x in found if x is not None]


def _letter(i: int) -> str:
    return "abcdefh"[i] if i < 7 else f"x{i}"
