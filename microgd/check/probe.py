"""A function, a rule for its gradient, and the points at which to compare them.

It uses `numerical`, which measures what the gradient should be. `rules` asks the questions.
"""

from __future__ import annotations

import math
import random
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

from .diagnosis import Stopped, described, number, raised
from .numerical import EPS, Derivative, numerical_derivative
from .sampling import Sampler, arity, names, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SLACK = 1e-6
"""How far a right rule may be off, relative: it may subtract nearly equal numbers, and people type constants
with seven digits."""

EXACT = 1e-6
"""How much a ratio may vary, relative, and still be called constant."""

ENOUGH = 4
"""At fewer points than this, agreement may be a coincidence."""


WHICH = "\0"
"""In a sentence, it stands for "of a and b", which is known only when all inputs have been compared."""


class Refused(Stopped):
    """The rule's answer is no list of numbers."""

    def __init__(self, key: str, message: str, inputs: Iterable[int] = (), arithmetic: bool = False) -> None:
        super().__init__(key, message, inputs)
        self.arithmetic = arithmetic  # an overflow, a logarithm of -1, a nan: of this point alone


class Point:
    """One set of inputs, what is right there, and what the rule says.

    xs, outs, gs  the inputs, the outputs, and the upstream gradients, one for each output
    right, error  the gradient of each input as measured, and the uncertainty of that
    given         the gradient of each input by the rule
    """

    def __init__(self, xs: list[float], outs: list[float], gs: list[float]) -> None:
        self.xs, self.outs, self.gs = xs, outs, gs
        self.right: list[float] = []
        self.error: list[float] = []
        self.given: list[float] = []

    def is_right(self, i: int, answer: float | None = None) -> bool:
        """Whether the rule's gradient of input i, or another answer, is the measured one."""
        given = self.given[i] if answer is None else answer
        return math.fabs(given - self.right[i]) <= max(self.error[i], SLACK * math.fabs(self.right[i]))

    def is_sharp(self, i: int) -> bool:
        """Whether the right gradient is known well enough to divide by it."""
        return self.right[i] != 0.0 and self.error[i] <= 0.1 * EXACT * math.fabs(self.right[i])


class Probe:
    """A function, a rule, and the points at which to compare them."""

    def __init__(
        self,
        f: Callable[..., Any],
        rule: Callable[..., Any],
        sample: Callable[[random.Random], Any] | None,
        points: int,
        seed: int,
    ) -> None:
        if points < 1:
            raise ValueError(f"points must be at least 1, got {points}")
        self.f, self.rule = f, rule
        self.random = random.Random(f"microgd {seed}")
        self.sample = sample or Sampler(arity(f, rule))
        self.listed = False
        self.points: list[Point] = []
        self._draw(points)
        self.width = len(self.points[0].xs)
        self.names = names(rule, self.width)
        self.scalar = not self.listed
        self.of = WHICH if self.width > 1 else ""
        self._matrices: dict[int, list[list[float]]] = {}

    # --- the points ---

    def _draw(self, wanted: int) -> None:
        for _ in range(400 * wanted):
            xs = numbers(self.sample(self.random))
            outs = self.outputs(xs)
            if not outs or not all(map(isfinite, outs)):
                continue
            point = Point(xs, outs, [self._upstream() for _ in outs])
            if self._measure(point):
                self.points.append(point)
                if len(self.points) == wanted:
                    return
        if len(self.points) < ENOUGH:
            raise ValueError(
                f"found only {len(self.points)} points where the function is defined and smooth:"
                " give sample=, a function that draws some"
            )

    def _upstream(self) -> float:
        """Random in sign and size, and never near 1: there g, g**2 and 1/g look the same."""
        while True:
            size = math.exp(self.random.uniform(math.log(0.3), math.log(3.0)))
            if math.fabs(size - 1.0) > 0.1:
                return math.copysign(size, self.random.random() - 0.5)

    def outputs(self, xs: Sequence[float]) -> list[float]:
        """f at xs, as a list in any case; empty where it has no value."""
        try:
            y = self.f(*xs)
            if isinstance(y, complex):
                return []
            if hasattr(y, "__iter__"):
                self.listed = True
                return [float(each) for each in y]
            return [float(y)]
        except (ArithmeticError, ValueError):
            return []
        except TypeError as error:
            shown = ", ".join(f"{x:.3g}" for x in xs)
            raise TypeError(
                f"diagnose calls f with {len(xs)} numbers and wants a number or a list of numbers back;"
                f" f({shown}) raised {raised(error)}"
            ) from error

    def _measure(self, point: Point) -> bool:
        for i in range(len(point.xs)):
            found = self.partial(point.xs, i, point.gs)
            if found.kind not in ("smooth", "weak"):
                return False
            point.right.append(found.value)
            point.error.append(found.tolerance)
        return True

    def partial(self, xs: Sequence[float], i: int, gs: Sequence[float]) -> Derivative:
        """d (sum of g * f) / d x_i, measured."""

        def along(t: float) -> float:
            outs = self.outputs([*xs[:i], t, *xs[i + 1 :]])
            if len(outs) != len(gs):
                return nan
            return outs[0] * gs[0] if len(outs) == 1 else math.fsum(map(times, gs, outs))

        outs = self.outputs(xs)
        noise = EPS * sum(math.fabs(g * y) for g, y in zip(gs, outs, strict=False))
        return numerical_derivative(along, xs[i], noise if len(outs) > 1 else None)

    def matrix(self, k: int) -> list[list[float]]:
        """d out_j / d x_i at point k, as [i][j]."""
        if k not in self._matrices:
            point = self.points[k]
            count = len(point.outs)
            units = [[float(j == l) for l in range(count)] for j in range(count)]  # noqa: E741
            self._matrices[k] = [
                [self.partial(point.xs, i, unit).value for unit in units] for i in range(self.width)
            ]
        return self._matrices[k]

    def sharp(self, i: int) -> list[Point]:
        """The points where the right gradient of input i is known well enough to divide by it."""
        return [p for p in self.points if p.is_sharp(i)]

    def local(self, i: int) -> list[tuple[Point, float, float]]:
        """(point, its partial derivative by the rule, the right one), where both can be told."""
        if not self.scalar:
            return []
        return [(p, p.given[i] / p.gs[0], p.right[i] / p.gs[0]) for p in self.sharp(i)]

    def is_square(self) -> bool:
        """Whether there are as many outputs as inputs, so that each input has an output of its own."""
        return not self.scalar and self.width == len(self.points[0].outs)

    # --- the rule ---

    def ask(self, point: Point, gs: Sequence[float] | None = None) -> list[float]:
        """The rule's gradients, or Refused. The rule gets copies, so it may change them."""
        upstream: Any = list(point.gs if gs is None else gs)
        out: Any = list(point.outs)
        if self.scalar:
            upstream, out = upstream[0], out[0]
        at = f" (at {self.where(point)})"
        try:
            answer = self.rule(*point.xs, out, upstream)
        except (Exception, SystemExit) as error:
            arithmetic = isinstance(error, (ArithmeticError, ValueError))
            message = f"Your rule raised {raised(error)}{at}."
            raise Refused("raises", message, arithmetic=arithmetic) from None
        return self._understood(answer, at)

    def _understood(self, answer: Any, at: str) -> list[float]:
        wanted = f"{self.width} gradients, one for each input" if self.width > 1 else "one number"
        if answer is None:
            raise Refused("not_a_number", "Your rule returned None: is a `return` missing?")
        try:
            several = hasattr(answer, "__iter__") and not isinstance(answer, (str, bytes, dict))
            parts = list(answer) if several else [answer]
        except Exception as error:
            raise Refused("wrong_shape", f"Your rule's answer cannot be read: {raised(error)}.") from None
        if len(parts) != self.width:
            got = f"{len(parts)} of them" if several else f"the single {described(answer)}"
            raise Refused("wrong_shape", f"Your rule should return {wanted}; it returned {got}{at}.")
        gradients = []
        for i, part in enumerate(parts):
            found = None if hasattr(part, "backward") else number(part)
            who = f" for {self.names[i]}" if self.width > 1 else ""
            if found is None:
                raise Refused(
                    "not_a_number",
                    f"Your rule returned {described(part)}{who} where a number is wanted{at}.",
                    [i],
                )
            if not isfinite(found):
                raise Refused("not_a_number", f"Your rule returned {found}{who}{at}.", [i], True)
            gradients.append(found)
        return gradients

    def where(self, point: Point) -> str:
        """The inputs of a point in a sentence."""
        return ", ".join(f"{n} = {x:.6g}" for n, x in zip(self.names, point.xs, strict=True))


# --- small helpers ---


def times(a: float, b: float) -> float:
    """a * b, for map"""
    return a * b


def near(a: float, b: float, size: float = 0.0, slack: float = EXACT) -> bool:
    """Whether two numbers agree to six digits (of the larger, or of `size`)."""
    return math.fabs(a - b) <= slack * max(math.fabs(a), math.fabs(b), math.fabs(size))


def matches(given: float, right: float, error: float) -> bool:
    """Whether a rule's number is the measured one, which is uncertain by `error`."""
    return math.fabs(given - right) <= max(error, SLACK * math.fabs(right))
