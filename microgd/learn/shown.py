"""The picture of an exercise as a whole: its parts, the guess before it, and a wrong answer on it.

`pictures` has the parts. `load` reads the picture.py of an exercise.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from ..random import get_rng_state, set_rng_state
from ..viz.words import number
from .beside import compared, sign, size
from .course import CourseError
from .pictures import Curve, Graph, Guess, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from .checks import Answer

EXACT, CLOSE = 0.02, 0.15  # and a third of that, where the answer is small
"""Guesses that are off by less are well seen, or close."""

Part = Curve | Graph


class Picture:
    """The picture of an exercise: its parts, and the question before it."""

    def __init__(self, parts: list[Part], guess: Guess | None, yours: Callable[[Answer], Any] | None) -> None:
        self.parts = parts
        self.guess = guess
        self._yours = yours

    def text(self, yours: Sequence[Mapping[str, float] | None] = ()) -> str:
        """For a terminal: a few lines."""
        return "\n\n".join(part.text(mine) for part, mine in self._with(yours))

    def html(self, yours: Sequence[Mapping[str, float] | None] = ()) -> str:
        """For a page: all parts and the live film; with an answer, the parts that it has numbers for."""
        shown = [part.html(mine) for part, mine in self._with(yours) if mine is not None or not yours]
        films = [] if yours else [part.film() for part in self.parts]
        return "\n".join(f'<div style="margin:0.6em 0">{each}</div>' for each in (*shown, *films) if each)

    def beside(self, yours: Sequence[Mapping[str, float] | None]) -> str:
        """The learner's numbers beside the sign and the size of the right ones, a line for each."""
        lines = []
        for part, mine in self._with(yours):
            if mine is not None:
                lines.append(f"{part.place()}:")
                lines += [f"    {compared(name, mine[name], right)}" for name, right in part.right().items()]
        return "\n".join(lines)

    def said(self, guess: float | None) -> str:
        """The kind word on a guess that was made before; "" if there was none."""
        return "" if guess is None or self.guess is None else self.judged(guess)

    def judged(self, guess: float) -> str:
        """A kind word on a guess, and what is computed."""
        answer = self.answer()
        told = f"You said {number(guess)}, and it is {number(answer)}"
        if math.isclose(guess, answer, rel_tol=EXACT, abs_tol=EXACT / 3.0):
            return f"{told}. Well seen!"
        if math.isclose(guess, answer, rel_tol=CLOSE, abs_tol=CLOSE / 3.0):
            return f"{told}: close."
        if self.guess is not None and self.guess.whole:
            return f"{told}, {number(abs(answer - guess))} {'more' if answer > guess else 'less'}."
        if answer == 0.0:
            return f"{told}. What would a change there do?"
        if guess * answer <= 0.0:
            return f"{told}: {sign(answer)}. Can you see in the picture why?"
        return f"{told}: the sign is right, and it is {size(guess, answer)}."

    def _with(self, yours: Sequence[Mapping[str, float] | None]) -> list[tuple[Part, Any]]:
        return list(itertools.zip_longest(self.parts, yours))

    def answer(self) -> float:
        """The number that the guess is compared with."""
        assert self.guess is not None
        asked = self.guess.answer
        if not isinstance(asked, str):
            return float(asked)
        found = {name: x for part in reversed(self.parts) for name, x in part.right().items()}
        first = self.parts[0].right()
        return found[asked] if asked else next(iter(first.values()))

    def yours(self, answer: Answer) -> list[dict[str, float] | None]:
        """What the learner's code gives for each part; None for a part that it says nothing about."""
        found: list[dict[str, float] | None] = []
        for at, part in enumerate(self.parts):
            of = part.yours if isinstance(part, Rule) else self._yours if at == 0 else None
            names = list(part.right())
            if of is None or not names:
                found.append(None)
                continue
            given = of(answer)
            given = [given[name] for name in names] if isinstance(given, dict) else given
            found.append(dict(zip(names, answer.numbers(given, "", len(names)), strict=True)))
        return found


def load(path: Path) -> Picture:
    """The picture that a picture.py describes. The user's random numbers stay as they are."""
    names: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    state = get_rng_state()
    try:
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    finally:
        set_rng_state(state)
    made = names.get("picture", [])
    parts = list(made) if isinstance(made, (list, tuple)) else [made]
    if not parts or not all(isinstance(part, (Curve, Graph)) for part in parts):
        raise CourseError(f"{path}: `picture` should be a Curve, a Graph or a Rule, or a list of them.")
    guess = names.get("guess")
    if guess is not None and not isinstance(guess, Guess):
        raise CourseError(f"{path}: `guess` should be a Guess.")
    return Picture(parts, guess, names.get("yours"))
