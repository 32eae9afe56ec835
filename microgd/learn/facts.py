"""What is true of a wrong answer that has no name: general facts about numbers, for a check.py.

`compare` (of checks) asks for them when no suspect gives the same numbers. Each fact is one that a learner
can follow up: a simple case, an argument that does not matter, the places at which a curve is looked at.
"""

from __future__ import annotations

import inspect
import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .checks import CLOSE, Answer, Verdict, failed, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    # a key, a case, and a sentence in which {} is what the answer gives
    Simple = tuple[str, Sequence[Any], str]
    # a key and a sentence
    Fact = tuple[str, str]
    # asked about one of the numbers that are returned, by its position
    Question = Callable[["Compared", int], Fact | None]

SAME = 1e-6  # relative: ratios and differences of numbers that are right to 1e-9
POWERS = (1.0, -1.0, 2.0, -2.0)
FEWEST = 3  # of fewer cases, a fact may be a coincidence
MOVED = 1.37  # an argument times this is another one

ORDINALS = ("first", "second", "third", "fourth", "fifth")


class Compared(NamedTuple):
    """An answer beside the right one.

    name           the function that was asked for
    call, right    the answer's function and the right one; both return a list of numbers
    cases          the arguments of each call
    yours, theirs  what the two returned
    """

    name: str
    call: Callable[..., list[float]]
    right: Callable[..., list[float]]
    cases: Sequence[Sequence[Any]]
    yours: Sequence[Sequence[float]]
    theirs: Sequence[Sequence[float]]

    def column(self, at: int) -> list[tuple[float, float]]:
        """Of one of the numbers that are returned: the answer's, and the right one, in each case."""
        return [(a[at], b[at]) for a, b in zip(self.yours, self.theirs, strict=True)]


def known(both: Compared, simple: Sequence[Simple]) -> Verdict | None:
    """The first fact that is true, as a verdict."""
    outputs = len(both.theirs[0])
    wrong = [at for at in range(outputs) if not all(_near(a, b) for a, b in both.column(at))]
    if len(both.cases) < FEWEST or not all(map(math.isfinite, itertools.chain(*both.theirs))):
        return None
    fact = (
        _of_one_number(both, wrong, EXACT)
        or _other_places(both)
        or _simplest(both, simple)
        or _of_one_number(both, wrong, OTHERS)
    )
    if fact is None:
        return None
    key, said = fact
    return failed(key, said[0].upper() + said[1:])


def _of_one_number(both: Compared, wrong: Sequence[int], questions: Sequence[Question]) -> Fact | None:
    """The first of these facts that is true of one of the numbers that are wrong."""
    outputs = len(both.theirs[0])
    for question in questions:
        for at in wrong:
            fact = question(both, at)
            if fact is None:
                continue
            if outputs == 1:
                return fact
            key, said = fact
            fine = [ORDINALS[k] for k in range(outputs) if k not in wrong]
            start = f"The {' and the '.join(fine)} number is right. " if fine else ""
            return key, f"{start}Of the {ORDINALS[at]} number: {said}"
    return None


def _no_number(both: Compared, at: int) -> Fact | None:
    """nan or inf, where the right one is a number."""
    k = next((k for k, (a, _) in enumerate(both.column(at)) if not math.isfinite(a)), None)
    if k is None:
        return None
    return "not_a_number", f"`{_called(both, k)}` gives {both.yours[k][at]}. Which step has no value there?"


def _times_a_number(both: Compared, at: int) -> Fact | None:
    """Of several numbers that are returned, one is 0, has the wrong sign, or is right times a number."""
    pairs = both.column(at)
    if not any(a for a, _ in pairs):
        return "zero", "it is 0 for everything that was tried. Where does it get lost?"
    ratios = [a / b for a, b in pairs if b]
    if not ratios or not all(_near(a, b * ratios[0], SAME) for a, b in pairs):
        return None
    if _near(ratios[0], -1.0):
        return "sign", "the size is right and the sign is wrong, everywhere. What is taken from what?"
    return "ratio", f"it is exactly {ratios[0]:.6g} times what is right, everywhere. Which factor is that?"


def _argument_in_the_ratio(both: Compared, at: int) -> Fact | None:
    """Right times a power of an argument."""
    for name, values in _numbers_of(both):
        for power in POWERS:
            if all(x and _near(a, b * x**power) for (a, b), x in zip(both.column(at), values, strict=True)):
                done, undone = ("multiplied", "divided")[:: 1 if power > 0 else -1]
                twice = " twice" if abs(power) == 2.0 else ""
                return (
                    "extra_factor",
                    f"it would be right if it were {undone} by {name}{twice}. Is it {done} by {name} where it"
                    " should not be, or is a step missing?",
                )
    return None


def _difference(both: Compared, at: int) -> Fact | None:
    """Right plus a constant, or plus an argument."""
    gaps = [a - b for a, b in both.column(at)]
    size = max(map(abs, gaps))
    large = "large" if gaps[0] > 0 else "small"
    if all(abs(gap - gaps[0]) <= SAME * size for gap in gaps):
        return (
            "off_by",
            f"it is too {large} by {abs(gaps[0]):.6g}, everywhere. Where does that number come from?",
        )
    for name, values in _numbers_of(both):
        for sign, word in ((1.0, "large"), (-1.0, "small")):
            if all(abs(gap - sign * x) <= SAME * size for gap, x in zip(gaps, values, strict=True)):
                return (
                    "off_by",
                    f"it is too {word} by exactly {name}, everywhere. Where is {name} added or taken off?",
                )
    return None


def _ignored(both: Compared, at: int) -> Fact | None:
    """An argument does not matter, and it should."""
    for k, (name, values) in _numbered(both):
        changes = matters = 0
        for case, x, yours, right in zip(both.cases, values, both.yours, both.theirs, strict=True):
            moved = [*case[:k], x * MOVED + 0.01, *case[k + 1 :]]
            mine, theirs = _tried(both.call, moved), _tried(both.right, moved)
            if mine is None or theirs is None:
                continue
            matters += not _near(theirs[at], right[at])
            changes += not _near(mine[at], yours[at])
        if matters and not changes:
            return (
                "ignored",
                f"it does not depend on {name}: with another {name} it gives the same. Should it?",
            )
    return None


def _direction(both: Compared, at: int) -> Fact | None:
    """It grows with its only argument where the right one falls, or the other way round."""
    arguments = list(_numbers_of(both))
    if len(arguments) != 1 or len(both.cases[0]) != 1:
        return None
    name, values = arguments[0]
    order = sorted(range(len(values)), key=lambda k: values[k])
    mine, theirs = ([pair[side] for pair in both.column(at)] for side in (0, 1))
    ways = []
    for numbers in (mine, theirs):
        steps = [numbers[b] - numbers[a] for a, b in itertools.pairwise(order)]
        ways.append(1 if min(steps) > 0 else -1 if max(steps) < 0 else 0)
    if ways[0] * ways[1] >= 0:
        return None
    word = "grows" if ways[0] > 0 else "falls"
    return "direction", f"it {word} when {name} grows. Should it?"


def _another_sign(both: Compared, at: int) -> Fact | None:
    """In some cases the sign is wrong, where the right one always has the same."""
    pairs = both.column(at)
    signs = {math.copysign(1.0, b) for _, b in pairs if b}
    if len(signs) != 1:
        return None
    sign = signs.pop()
    off = [k for k, (a, _) in enumerate(pairs) if a * sign < 0]
    if not off:
        return None
    word = "negative" if sign > 0 else "positive"
    return (
        "sign_somewhere",
        f"`{_called(both, off[0])}` gives {pairs[off[0]][0]:.6g}. Can it be {word}?",
    )


EXACT = (_no_number, _times_a_number, _argument_in_the_ratio, _difference)
OTHERS = (_ignored, _direction, _another_sign)


# --- simple cases, and where a curve is looked at -------------------------------------------------------


def _simplest(both: Compared, simple: Sequence[Simple]) -> Fact | None:
    """Wrong in a case that needs no calculation."""
    for key, case, sentence in simple:
        mine = _tried(both.call, case)
        if mine is not None and not all(map(_near, mine, both.right(*case))):
            return key, sentence.replace("{}", " and ".join(f"{x:.6g}" for x in mine))
    return None


def _other_places(both: Compared) -> Fact | None:
    """A function is called at other places than it should be."""
    for case in sorted(both.cases, key=lambda case: 0.0 in case):  # 0 hides what is added to it
        at = next((k for k, x in enumerate(case) if callable(x)), None)
        if at is None:
            return None
        mine, theirs = (_places(function, case, at) for function in (both.call, both.right))
        if not all(isinstance(x, float) for x in (*mine, *theirs)):
            return None  # it is a function of lists, or is not given numbers
        if _subset(mine, theirs) and _subset(theirs, mine):
            continue
        named = zip(_names(both), case, strict=True)
        given = " and ".join(f"{name} = {x:g}" for name, x in named if isinstance(x, float))
        if not mine:
            return "other_places", f"`{_names(both)[at]}` is never called. Where would its values come from?"
        places = " and ".join(f"{x:.6g}" for x in sorted(mine))
        return (
            "other_places",
            f"For {given} it asks {_names(both)[at]} for its value at {places}. Are these the places that the"
            " text names?",
        )
    return None


def _places(function: Callable[..., list[float]], case: Sequence[Any], at: int) -> list[float]:
    """Where a function calls the function that it is given."""
    found: list[float] = []

    def watched(x: float) -> Any:
        if x not in found:
            found.append(x)
        return case[at](x)

    _tried(function, [*case[:at], watched, *case[at + 1 :]])
    return found


def _subset(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(any(_near(x, y) for y in b) for x in a)


# --- small helpers --------------------------------------------------------------------------------------


def _tried(function: Callable[..., list[float]], case: Sequence[Any]) -> list[float] | None:
    """What a function gives in a case that the text does not ask for; None if it raises there."""
    try:
        return function(*case)
    except Exception:
        return None


def _near(a: float, b: float, close: float = CLOSE) -> bool:
    return math.isclose(a, b, rel_tol=close, abs_tol=close) or (a != a and b != b)


def _names(both: Compared) -> list[str]:
    """The names of the arguments, by the right function."""
    return list(inspect.signature(both.right).parameters)


def _numbered(both: Compared) -> Iterator[tuple[int, tuple[str, list[float]]]]:
    for k, name in enumerate(_names(both)):
        values = [case[k] for case in both.cases]
        if all(isinstance(x, float) for x in values):
            yield k, (name, values)


def _numbers_of(both: Compared) -> Iterator[tuple[str, list[float]]]:
    """The arguments that are numbers: their names, and their values in each case."""
    for _, each in _numbered(both):
        yield each


def _called(both: Compared, k: int) -> str:
    return f"{both.name}({', '.join(shown(x) for x in both.cases[k])})"


def compared(
    answer: Answer,
    name: str,
    functions: tuple[Callable[..., Any], Callable[..., Any]],
    cases: Sequence[Sequence[Any]],
    numbers: tuple[Sequence[Sequence[float]], Sequence[Sequence[float]]],
) -> Compared:
    """An answer beside the right one, both as functions that return lists."""
    outputs = len(numbers[1][0])

    def listed(function: Callable[..., Any]) -> Callable[..., list[float]]:
        def call(*case: Any) -> list[float]:
            return answer.numbers(function(*case), f"What `{name}` returns", outputs)

        call.__signature__ = inspect.signature(functions[1])  # type: ignore[attr-defined]
        return call

    return Compared(name, listed(functions[0]), listed(functions[1]), cases, *numbers)
