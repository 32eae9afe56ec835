"""A wrong answer on the picture of its exercise: the learner's gradients beside the right sign and size.

`shown`, which uses `viz`, is imported when there is a picture.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checks import Answer
    from .course import Exercise
    from .shown import Picture


def picture_of(exercise: Exercise) -> Picture | None:
    """The picture of an exercise; None if it has no picture.py."""
    path = exercise.folder / "picture.py"
    if not path.is_file():
        return None
    from .shown import load

    return load(path)


def guessed(text: str) -> float | None:
    """The number that was typed, with a point or a comma; None if it is none."""
    try:
        number = float(text.replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


class Painter:
    """Is called with a wrong answer while it can be asked, and keeps what the answer gives for the picture.

    An answer that gives nothing usable there is not painted: the verdict has said what is wrong with it.
    """

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.shown: Picture | None = None
        self.yours: list[Any] = []

    def __call__(self, answer: Answer) -> None:
        """Ask the answer for its numbers."""
        shown = picture_of(self.exercise)
        if shown is None:
            return
        try:
            yours = shown.yours(answer)
        except (Exception, SystemExit):
            return
        if any(mine is not None for mine in yours):
            self.shown, self.yours = shown, yours

    def beside(self) -> str:
        """The lines of text; "" if nothing was painted."""
        return self.shown.beside(self.yours) if self.shown else ""

    def picture(self) -> str:
        """The picture as HTML; "" if nothing was painted."""
        return self.shown.html(self.yours) if self.shown else ""
