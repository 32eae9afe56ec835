"""A function, a rule for its gradient, and the points at which to compare them.

It uses `numerical`, which measures what the gradient should be. `rules` asks the questions.
"""

from __future__ import annotations

import math
import random
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

from .answers import Refused, dressed, understood
from .diagnosis import described, elements, number, raised
from .numerical import EPS, Derivative, numerical_derivative
from .sampling import Sampler, arity, names, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SLACK = 1e-6
"""How far a right rule may be off, relative: it may subtract nearly equal numbers, and people type constants
with seven digits."""

EXACT = 1e-6
"""How much a ratio may vary, relative, and still be called constant."""

HOPELESS = 200
"""After so many tries without a point, and with errors that no number can cause, no more are made."""

BLUR = 2.0**-20
"""Sixteen roundings to float32, relative to the size of the terms."""

CLEAR = 0.1
"""A derivative that is not smaller than this, nor larger than 1 over this, keeps six digits in float32."""

ENOUGH = 4
"""At fewer points than this, agreement may be a coincidence."""


WHICH = "\0"
"""In a sentence, it stands for "of a and b", which is known only when all inputs have been compared."""


class Point:
    """One set of inputs, what is right there, and what the rule says.

    xs, outs, gs  the inputs, the outputs, and the upstream gradients, one for each output
    like          the outputs as f returned them: a number, a list, an array ...
    right, error  the gradient of each input as measured, and the uncertainty of that
    given         the gradient of each input by the rule
    """

    def __init__(self, xs: list[float], outs: list[float], gs: list[float], like: Any = 0.0) -> None:
        self.xs, self.outs, self.gs, self.like = xs, outs, gs, like
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

    def size(self, i: int) -> float:
        """The size of the terms that may have been added: 1 and x, times the upstream gradient."""
        g = max(map(math.fabs, self.gs))
        return max(g, *(g * math.fabs(x) for x in self.xs), math.fabs(self.right[i]))

    def is_clear(self, inputs: Iterable[int]) -> bool:
        """Whether the right gradients of these inputs are large enough for float32 arithmetic."""
        g = max(map(math.fabs, self.gs))
        return all(CLEAR * g < math.fabs(self.right[i]) < g / CLEAR for i in inputs)


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
        self.points: list[Point] = []
        self.trouble = ""  # what f did, where it did something strange
        self.kinds: set[str] = set()  # of the derivatives that were measured
        self._draw(points)
        self.width = len(self.points[0].xs)
        self.names = names(rule, self.width)
        self.scalar = elements(self.points[0].like) is None
        self.of = WHICH if self.width > 1 else ""
        self._more: list[Point] = []
        self._matrices: dict[Point, list[list[float]]] = {}

    # --- the points ---

    def _draw(self, wanted: int) -> None:
        for tries in range(400 * wanted):
            xs = numbers(self.sample(self.random))
            if self.points and len(xs) != len(self.points[0].xs):
                raise ValueError(f"sample returned {len(self.points[0].xs)} inputs, and then {len(xs)}")
            outs, like = self._called(xs)
            if outs and all(map(isfinite, outs)):
                point = Point(xs, outs, [self._upstream() for _ in outs], like)
                if self._measure(point):
                    self.points.append(point)
                    if len(self.points) == wanted:
                        return
            if tries == HOPELESS and self.trouble and not self.kinds:
                break
        if len(self.points) < ENOUGH:
            raise self._too_few(len(xs))

    def more(self) -> list[Point]:
        """As many points again, where the rule has an answer. They are drawn once."""
        if not self._more:
            for _ in range(4 * len(self.points)):
                xs = numbers(self.sample(self.random))
                outs, like = self._called(xs)
                point = Point(xs, outs, [self._upstream() for _ in outs], like)
                if not outs or not all(map(isfinite, outs)) or not self._measure(point):
                    continue
                try:
                    point.given = self.ask(point)
                except Refused:
                    continue
                self._more.append(point)
                if len(self._more) >= len(self.points):
                    break
        return self._more

    def _too_few(self, width: int) -> Exception:
        """The error that says why there are not enough points."""
        if self.trouble and not self.kinds:
            return TypeError(
                f"diagnose calls f with {width} number{'s' if width > 1 else ''} and wants a number or a list"
                f" of numbers back; {self.trouble}"
            )
        if self.kinds == {"nondeterministic"}:
            return ValueError("f gives two different values at the same point: it cannot be differentiated")
        return ValueError(
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
        return self._called(xs)[0]

    def _called(self, xs: Sequence[float]) -> tuple[list[float], Any]:
        """f at xs, as a list of numbers and as f returned it; an empty list where it has no value."""
        said = ""
        try:
            y = self.f(*xs)
            several = elements(y)
            found = [number(part) for part in ([y] if several is None else several)]
            if None not in found:
                once = several is not None and not hasattr(y, "__len__")  # an iterator is used up
                return [x for x in found if x is not None], several if once else y
            said = "" if isinstance(y, complex) else f"returned {described(y)}"
        except (ArithmeticError, ValueError):
            pass
        except Exception as error:
            said = f"raised {raised(error)}"
        if said and not self.trouble:
            self.trouble = f"f({', '.join(f'{x:.3g}' for x in xs)}) {said}"
        return [], None

    def _measure(self, point: Point) -> bool:
        for i in range(len(point.xs)):
            found = self.partial(point.xs, i, point.gs)
            self.kinds.add(found.kind)
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
        point = self.points[k]
        if point not in self._matrices:
            count = len(point.outs)
            units = [[float(j == l) for l in range(count)] for j in range(count)]  # noqa: E741
            self._matrices[point] = [
                [self.partial(point.xs, i, unit).value for unit in units] for i in range(self.width)
            ]
        return self._matrices[point]

    def sharp(self, i: int) -> list[Point]:
        """The points where the right gradient of input i is known well enough to divide by it."""
        return [p for p in self.points if p.is_sharp(i)]

    def answers(self, i: int) -> list[tuple[Point, float]]:
        """(point, the partial derivative of the output with respect to input i by the rule)."""
        return [(p, p.given[i] / p.gs[0]) for p in self.points] if self.scalar else []

    def local(self, i: int) -> list[tuple[Point, float, float]]:
        """(point, its partial derivative by the rule, the right one), where both can be told."""
        if not self.scalar:
            return []
        return [(p, p.given[i] / p.gs[0], p.right[i] / p.gs[0]) for p in self.sharp(i)]

    def is_square(self) -> bool:
        """Whether there are as many outputs as inputs, so that each input has an output of its own."""
        return not self.scalar and self.width == len(self.points[0].outs)

    # --- the rule ---

    def ask(
        self, point: Point, gs: Sequence[float] | None = None, outs: Sequence[float] | None = None
    ) -> list[float]:
        """The rule's gradients, or Refused. The rule gets copies, so it may change them.

        gs, outs  other upstream gradients, and other outputs, than those of the point
        """
        upstream = dressed(point.like, point.gs if gs is None else gs)
        out = dressed(point.like, point.outs if outs is None else outs)
        at = self.where(point)
        try:
            answer = self.rule(*point.xs, out, upstream)
        except (Exception, SystemExit) as error:
            raise Refused("raises", f"Your rule raised {raised(error)}", at) from None
        return understood(answer, self.names, at)

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
