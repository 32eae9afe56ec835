"""A function of anyone, its gradient, and the point: read as lists of floats.

It uses `answers` and `diagnosis`, which read what lists, NumPy arrays, torch tensors and jax arrays mean.
`anyone` and `search` ask it.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from .answers import dressed
from .diagnosis import Diagnosis, described, elements, number, raised
from .numerical import EPS, Derivative, numerical_derivative

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Unread(Exception):  # noqa: N818 - it is no error but an answer
    """What f or grad returned cannot be judged; `diagnosis` says why."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.diagnosis = Diagnosis(False, key, (), message)


class Plain:
    """f, grad and x.

    xs     the numbers of x, one after another
    shape  the lengths of x, outermost first
    given  what grad says of each number
    grain  the relative rounding error of the numbers that f computes with
    """

    def __init__(self, f: Callable[[Any], Any], grad: Callable[[Any], Any], x: Any) -> None:
        self.f, self.grad = f, grad
        parts = elements(x)
        numbers = [number(part) for part in ([x] if parts is None else parts)]
        if not numbers or None in numbers:
            raise TypeError(f"x should be a number or a sequence of numbers, got {described(x)}")
        self.xs: list[float] = [part for part in numbers if part is not None]
        self.shape = _shape(x)
        self._start(_in_float64(x))
        try:
            here = self.value({})
        except Unread as unread:
            if unread.diagnosis.key != "raises" or not hasattr(x, "dtype"):
                raise
            self._start(x)  # perhaps f wants x in its own precision
            here = self.value({})
        if not math.isfinite(here):
            raise Unread("unknown", "Nothing can be said here: f has no finite value.")
        self.here = here
        self.given = self.gradient({})
        if self.gradient({}) != self.given:
            raise Unread("nondeterministic", "Two calls of grad at the same x differ.")

    def _start(self, like: Any) -> None:
        self._like, self.grain = like, _grain(like)
        self._is_array = hasattr(like, "shape")
        self._units: dict[int, Any] = {}

    # --- x, moved ---

    def _moved(self, to: dict[int, float]) -> Any:
        """x with other numbers at some places."""
        if len(to) > 8 or not self._is_array:
            return dressed(self._like, [to.get(i, x) for i, x in enumerate(self.xs)])
        moved = dressed(self._like, self.xs) if not self._units else self._units[-1]
        self._units.setdefault(-1, moved)
        for i, y in to.items():
            if i not in self._units:
                self._units[i] = dressed(self._like, [float(k == i) for k in range(len(self.xs))])
            moved = moved + (y - self.xs[i]) * self._units[i]
        return moved if to else moved + 0.0  # never the same object twice

    def value(self, to: dict[int, float]) -> float:
        """f at x with other numbers at some places; nan where it raises an arithmetic error."""
        return self._value(lambda: self._moved(to))

    def _value(self, x: Callable[[], Any]) -> float:
        try:
            found = self.f(x())
        except (ArithmeticError, ValueError):
            return math.nan
        except Exception as error:
            raise Unread("raises", f"f raised {raised(error)}.") from None
        if isinstance(found, complex):
            return math.nan
        parts = elements(found)
        y = number(found) if parts is None else number(parts[0]) if len(parts) == 1 else None
        if y is None:
            raise Unread("wrong_shape", f"f should return one number; it returned {described(found)}.")
        return y

    def gradient(self, to: dict[int, float]) -> list[float]:
        """What grad says of each number of x, with other numbers at some places."""
        try:
            found = self.grad(self._moved(to))
        except Exception as error:
            raise Unread("raises", f"grad raised {raised(error)}.") from None
        if found is None:
            raise Unread("not_a_number", "grad returned None: is a `return` missing?")
        parts = elements(found)
        flat = [found] if parts is None else parts
        got = _shape(found)
        if len(flat) != len(self.xs) or (got != self.shape and len(flat) > 1):
            raise Unread("wrong_shape", f"x has the shape {self.shape}, but grad(x) has the shape {got}.")
        numbers = []
        for i, part in enumerate(flat):
            g = number(part)
            if g is None or math.isnan(g):
                raise Unread("not_a_number", f"grad returned {described(part)} for {self.name(i)}.")
            numbers.append(g)
        return numbers

    # --- measured ---

    def along(self, direction: Sequence[float]) -> Derivative:
        """The derivative of f along a direction. Steps are counted from 1, so that none is lost in x."""
        if not self._is_array:

            def moved(t: float) -> float:
                xs = [x + (t - 1.0) * v for x, v in zip(self.xs, direction, strict=True)]
                return self._value(lambda: dressed(self._like, xs))

        else:
            x, v = dressed(self._like, self.xs), dressed(self._like, direction)

            def moved(t: float) -> float:
                return self._value(lambda: x + (t - 1.0) * v)

        return numerical_derivative(moved, 1.0, self._noise())

    def coordinate(self, i: int) -> Derivative:
        """The derivative of f along one coordinate."""
        return numerical_derivative(lambda t: self.value({i: t}), self.xs[i], self._noise())

    def _noise(self) -> float | None:
        """The rounding error of f, if it computes in float32; otherwise it shows by itself."""
        if self.grain == EPS:
            return None
        terms = (math.fabs(g * x) for g, x in zip(self.given, self.xs, strict=True) if math.isfinite(g))
        return self.grain * (math.fabs(self.here) + math.fsum(terms))

    # --- names ---

    def index(self, i: int) -> Any:
        """What stands in the brackets of x[...]; () if x is a number."""
        places: list[int] = []
        for length in reversed(self.shape):
            i, place = divmod(i, length)
            places.append(place)
        return places[0] if len(places) == 1 else tuple(reversed(places))

    def name(self, i: int) -> str:
        """x, x[2] or x[1, 2]"""
        index = self.index(i)
        inside = ", ".join(map(str, index)) if isinstance(index, tuple) else str(index)
        return f"x[{inside}]" if inside else "x"


def _shape(x: Any) -> tuple[int, ...]:
    """The lengths of a nested sequence, outermost first; () for a number."""
    if hasattr(x, "shape"):
        return tuple(map(int, x.shape))
    lengths = []
    while isinstance(x, (list, tuple)) or hasattr(x, "shape"):
        lengths.append(len(x))
        x = x[0] if len(x) else None
        if hasattr(x, "shape"):
            return (*lengths, *map(int, x.shape))
    return tuple(lengths)


def _in_float64(x: Any) -> Any:
    """x in double precision, where it has one."""
    if hasattr(x, "new_tensor"):  # PyTorch
        return x.detach().double()
    if type(x).__module__.startswith("jax"):
        return sys.modules["jax"].numpy.asarray(x, dtype=float)  # float32, if jax is not told otherwise
    return x


def _grain(x: Any) -> float:
    if type(x).__module__.startswith("numpy"):  # `dressed` makes float64 of it
        return EPS
    kind = str(getattr(x, "dtype", "")).rpartition(".")[2]
    return {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}.get(kind, EPS)
