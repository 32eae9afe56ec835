"""Which coordinates of a gradient are wrong, and what is wrong with them?

`Search` keeps what was measured. `named` asks `diagnose` (`rules`) about the first few wrong coordinates.
"""

from __future__ import annotations

import inspect
import math
import re
from typing import TYPE_CHECKING, Any

from .diagnosis import Diagnosis
from .numerical import EPS, Derivative, numerical_derivative, staircase

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from .plain import Plain

MOST_FOUND = 8
"""After so many coordinates that are off, the search ends."""

ASKED = 3
"""`diagnose` is asked about so many coordinates at once."""

ROUNDED = 1e-5
"""A smaller relative error is one of float32 arithmetic, a constant of six digits, or an eps."""

BESIDE_LARGEST = 2.0**-21
"""What float32 arithmetic may do to a small coordinate, beside the largest one."""

HONEST = 64 * EPS
"""What a sum of honest products may lose by rounding, beside the sum of their sizes."""

ALIKE = 1e-3
"""Ratios that are measured in float32 are the same if they differ by less."""

CANCELLED = "the digits of f are lost to cancellation here"

COARSE = Derivative(0.0, 0.0, "coarse", 0.0, 0.0).describe()

BLIND = ("jump", "infinite", "undefined", "nondeterministic", "coarse")
"""Kinds of points at which nothing is measured."""


class Search:
    """What measurements along directions and coordinates say of a gradient.

    seen    whether any of them could see anything
    blur    the relative error that each of them would have seen
    kinds   in words, what was met where nothing can be seen
    wrong   after `finish`: the coordinates that are wrong, or the first few of them
    digits  after `finish`: None, or to how many digits the gradient agrees, if it is not exact
    """

    def __init__(self, plain: Plain) -> None:
        self.plain = plain
        self.seen, self.blur = False, 1e-15
        self.kinds: set[str] = set()
        self.wrong: list[int] = []
        self.digits: int | None = None
        self.off: dict[int, Derivative] = {}
        self._asked: set[int] = set()
        self._direction: Sequence[float] = ()
        self._gap = 0.0

    def along_all(self, direction: Sequence[float]) -> None:
        """Look along a direction through all coordinates."""
        if not self._is_right(direction):
            self._direction = direction

    def one(self, i: int) -> None:
        """Look along one coordinate."""
        if i not in self._asked:
            self._asked.add(i)
            given = self.plain.given[i]
            found = self.plain.coordinate(i)
            if self._agrees(found, given, math.fabs(given)):
                return
            if self._is_cancelled(i):
                self.kinds.add(CANCELLED)
            else:
                self.off[i] = found

    def _is_cancelled(self, i: int) -> bool:
        """Whether f is a staircase of rounding errors, and seen from afar the gradient agrees with it."""
        x, given = self.plain.xs[i], self.plain.given[i]

        def along(t: float) -> float:
            return self.plain.value({i: t})

        height = staircase(along, x)
        return height > 0.0 and numerical_derivative(along, x, height).judge(given) != "wrong"

    def finish(self) -> None:
        """Find the coordinates that are off, and tell wrong ones from rounded ones."""
        gap = self._gap
        if self._direction:
            self._halve(list(range(len(self.plain.given))))
        errors = {i: self._error(i) for i in self.off}
        rounded = [i for i, error in errors.items() if error <= ROUNDED]
        largest = max(map(math.fabs, self.plain.given))
        for i in self.off:
            small = math.fabs(self.plain.given[i] - self.off[i].value) <= BESIDE_LARGEST * largest
            if i not in rounded and not (small and 2 * len(rounded) >= len(self.off)):
                self.wrong.append(i)
        self.wrong.sort()
        worst = max((errors[i] for i in rounded), default=0.0)
        if self._direction and not self.off:  # each half is right within its own error
            worst = gap
        if worst > 0.0:
            self.digits = max(0, math.floor(-math.log10(worst)))

    def _error(self, i: int) -> float:
        found, given = self.off[i].value, self.plain.given[i]
        if found == 0.0 or not math.isfinite(found) or not math.isfinite(given):
            return math.inf
        return math.fabs(given - found) / math.fabs(found)

    def _halve(self, among: list[int]) -> None:
        """Find coordinates that are off: in the half that is off along the direction, and so on."""
        if len(among) == 1:
            self.one(among[0])
            return
        for half in (among[: len(among) // 2], among[len(among) // 2 :]):
            if len(self.off) < MOST_FOUND:
                inside = set(half)
                masked = [v if i in inside else 0.0 for i, v in enumerate(self._direction)]
                if not self._is_right(masked):
                    self._halve(half)

    def _is_right(self, direction: Sequence[float]) -> bool:
        terms = [g * v for g, v in zip(self.plain.given, direction, strict=True) if v]
        if not all(map(math.isfinite, terms)):
            return False
        return self._agrees(self.plain.along(direction), math.fsum(terms), math.fsum(map(math.fabs, terms)))

    def _agrees(self, found: Derivative, given: float, size: float) -> bool:
        """Whether no error can be seen. `size` is the sum of the sizes of the terms of `given`."""
        verdict = found.judge(given)
        if verdict in BLIND:
            self.kinds.add(found.describe())
            return True
        self.seen = True
        if verdict != "wrong":
            if found.value != 0.0 and math.isfinite(found.error):
                self.blur = max(self.blur, found.tolerance / math.fabs(found.value))
            return True
        self._gap = math.fabs(given - found.value) / size if size else math.inf
        ends = [y for y in (found.left, found.value, found.right) if y == y]
        return min(math.fabs(given - y) for y in ends) <= found.tolerance + HONEST * size


def named(plain: Plain, search: Search) -> Diagnosis:
    """The diagnosis of a gradient with wrong coordinates."""
    off, n = search.wrong, len(plain.xs)
    coordinates = tuple(plain.index(i) for i in off)
    names = [plain.name(i) for i in off]
    if len(search.off) >= MOST_FOUND and n > len(off):
        names.append("perhaps others")
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    fact = (
        f"The gradient{'s' if len(names) > 1 else ''} of {listed} {'are' if len(names) > 1 else 'is'} wrong."
    )
    key, said = _plainly(plain, search) if plain.grain > EPS else _diagnosed(plain, off, search)
    if len(off) <= ASKED and said:
        fact = ""
    return Diagnosis(False, key, tuple(off), f"{fact} {said}".strip(), coordinates)


def _plainly(plain: Plain, search: Search) -> tuple[str, str]:
    """The name of a mistake that can be seen in float32."""
    pairs = [(plain.given[i], search.off[i].value) for i in search.wrong]
    if all(given == 0.0 for given, _ in pairs):
        return "zero", "They are 0 in grad." if len(pairs) > 1 else "It is 0 in grad."
    ratios = [given / found if found else math.inf for given, found in pairs]
    if max(ratios) - min(ratios) > ALIKE * math.fabs(max(ratios)):
        return "unknown", ""
    if math.fabs(ratios[0] + 1.0) < ALIKE:
        return "sign", "The size is right and the sign is wrong. Is there a minus too many, or one too few?"
    times = f"{ratios[0]:.3g} times the right gradient"
    return "ratio", f"In the few digits of float32 it is {times}. Where does that factor come from?"


def _diagnosed(plain: Plain, off: Sequence[int], search: Search) -> tuple[str, str]:
    """What `diagnose` says of f and grad as functions of a few coordinates, the others left as they are."""
    from .rules import diagnose

    right = [i for i in range(len(plain.xs)) if i not in search.off]
    chosen = sorted([*off[:ASKED], *right[: max(0, ASKED - len(off))]])

    def f(*ys: float) -> float:
        return plain.value(dict(zip(chosen, ys, strict=True)))

    def rule(*answered: Any) -> list[float]:
        *ys, _, g = answered
        found = plain.gradient(dict(zip(chosen, ys, strict=True)))
        return [g * found[i] for i in chosen]

    def near(rng: random.Random) -> list[float]:
        return [plain.xs[i] + (math.fabs(plain.xs[i]) or 1.0) * rng.uniform(-0.5, 0.5) for i in chosen]

    words = [*(f"x_{i}" for i in chosen), "out", "g"]
    rule.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(word, inspect.Parameter.POSITIONAL_OR_KEYWORD) for word in words]
    )
    try:
        found = diagnose(f, rule, near)
    except (TypeError, ValueError):  # nothing can be measured near x
        return "unknown", ""
    if found:
        return "unknown", ""
    said = re.sub(r"\bx_(\d+)\b", lambda match: plain.name(int(match[1])), found.message)
    return found.key, said.replace("Your rule", "grad")
