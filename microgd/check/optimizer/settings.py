"""Which value does an option really have? "weight_decay acts 2 times as strong as it should".

It uses `updates`. An optimizer may follow the right rule with another value of one option than the one it was
given. That value is found by trying simple laws (its square, 1 - it, always 0.9), and then by search.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .updates import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Law = Callable[[float, dict[str, Any]], float]

LAWS: list[tuple[str, Law]] = [
    ("2 times what is given", lambda v, o: 2.0 * v),
    ("half of what is given", lambda v, o: 0.5 * v),
    ("the square of what is given", lambda v, o: v * v),
    ("the root of what is given", lambda v, o: math.sqrt(v)),
    ("1 minus what is given", lambda v, o: 1.0 - v),
    ("1 divided by what is given", lambda v, o: 1.0 / v),
    ("minus what is given", lambda v, o: -v),
]
"""What an option may act as. Each is tried on every option."""

_COMBINED: list[tuple[str, Callable[[float, float], float]]] = [
    ("times {}", lambda v, w: v * w),
    ("divided by {}", lambda v, w: v / w),
    ("times (1 - {})", lambda v, w: v * (1.0 - w)),
    ("divided by (1 - {})", lambda v, w: v / (1.0 - w)),
]

USUAL = (0.0, 1.0, 0.5, 0.9, 0.99, 0.999, 0.1, 0.01, 0.001, 1e-8, 1e-10)
"""Values that stand in the text of an optimizer where an option should be."""


def names(options: dict[str, Any]) -> list[str]:
    """The options that are numbers: lr, beta1, beta2, eps ..."""
    found = [key for key, value in options.items() if isinstance(value, (int, float)) and value is not True]
    found = [key for key in found if options[key] is not False]
    return [*found, "beta1", "beta2"] if "betas" in options else found


def read(options: dict[str, Any], name: str) -> float:
    """The value of an option; beta1 and beta2 are the two of betas."""
    return float(options["betas"][int(name[-1]) - 1] if name.startswith("beta") else options[name])


def written(options: dict[str, Any], name: str, value: float) -> dict[str, Any]:
    """What to change in the options so that this one has this value."""
    if not name.startswith("beta"):
        return {name: value}
    first, second = options["betas"]
    return {"betas": (value, second) if name == "beta1" else (first, value)}


def acting(name: str, law: Law, base: type[Rule] = Rule) -> type[Rule]:
    """The rule in which an option acts as the law says."""

    class Acting(base):  # type: ignore[misc, valid-type]
        def prepare(self) -> None:
            super().prepare()
            self.o.update(written(self.o, name, law(read(self.o, name), self.o)))

    return Acting


def laws(
    options: dict[str, Any], given: dict[str, Any], combined: bool = True
) -> Iterator[tuple[str, str, Law]]:
    """What is to be tried: option, sentence, law. What is 0 can only act as a constant."""
    for name in names(options):
        if read(options, name):
            yield from ((name, f"{name} acts as {text}.", law) for text, law in LAWS)
        for value in USUAL:
            yield name, constant(name, value), fixed(value)
        for other in names(options) if read(options, name) else ():
            if other != name and is_given(other, given) and read(options, other):
                yield name, f"{name} acts as {other}.", _reading(other)
                for text, law in _COMBINED if combined else ():
                    yield name, f"{name} acts as what is given, {text.format(other)}.", _with(other, law)


def fixed(value: float) -> Law:
    """The law of an option that always acts as this value."""
    return lambda v, o: value


def _reading(other: str) -> Law:
    return lambda v, o: read(o, other)


def _with(other: str, law: Callable[[float, float], float]) -> Law:
    return lambda v, o: law(v, read(o, other))


def constant(name: str, value: float) -> str:
    """What is said of an option that always acts as this value."""
    if not value:
        return f"{name} has no effect: it acts as 0."
    if value <= min(x for x in USUAL if x):
        return f"{name} acts as {value:.6g} or less, whatever is given."
    return f"{name} acts as {value:.6g}, whatever is given."


def unasked(name: str, value: float) -> str:
    """What is said of an option that is not given, and does not have torch's value."""
    return f"{name} acts as {value:.6g} where it is not given."


def is_given(name: str, options: dict[str, Any]) -> bool:
    """Whether the option is among those that the optimizer is called with."""
    return ("betas" if name.startswith("beta") else name) in options


def question(name: str) -> str:
    """What to ask about an option that acts as another value."""
    return f"What happens to {name} on its way to the step?"


def search(residual: Callable[[float], float | None], given: float) -> Iterator[float]:
    """Values at which the residual is 0: the places where it changes its sign, narrowed."""
    around = given or 0.1
    grid = {s * around * 2.0**k for k in range(-14, 15) for s in (1.0, -1.0)} | {0.0}
    grid |= {1.0 - 2.0**-k for k in range(1, 14)}
    points = [(x, r) for x in sorted(grid) if (r := residual(x)) is not None and math.isfinite(r)]
    for (a, fa), (b, fb) in pairwise(points):
        if fa == 0.0:
            yield a
        elif fa * fb < 0.0:
            yield _narrowed(residual, a, fa, b, fb)


def _narrowed(residual: Callable[[float], float | None], a: float, fa: float, b: float, fb: float) -> float:
    """Where the residual is 0 between a and b: the secant, kept in by halving."""
    for turn in range(100):
        x = 0.5 * (a + b) if turn % 3 == 2 else b - fb * (b - a) / (fb - fa)
        if not min(a, b) < x < max(a, b):
            return x
        fx = residual(x)
        if fx is None or fx == 0.0:
            return x
        if fa * fx < 0.0:
            b, fb = x, fx
        else:
            a, fa = x, fx
    return 0.5 * (a + b)
