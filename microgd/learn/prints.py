"""What the commands of `microgd learn` print: an exercise, a verdict, where to go on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .outcome import wrapped
from .page import exercise_text, the_end
from .painter import picture_of

if TYPE_CHECKING:
    from .course import Exercise
    from .desk import Desk
    from .outcome import Outcome


def shown(path: Path) -> str:
    """A path as one would type it in the current folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def show_exercise(desk: Desk, exercise: Exercise, chapter: bool) -> None:
    """Print an exercise, with its chapter's text if that is asked for."""
    picture = picture_of(exercise)
    said = picture.said(desk.progress.guess(exercise)) if picture else ""
    guess = said or f"Type    microgd learn guess {exercise.name} NUMBER"
    print(f"{exercise_text(exercise, picture, chapter, guess)}\n")
    show_where(desk, exercise)


def show_where(desk: Desk, exercise: Exercise | None) -> None:
    """Print which file to open, and what to type then."""
    if exercise is None:
        show_end(desk)
        return
    print(f"  Open    {shown(desk.file(exercise))}")
    print("  then    microgd learn check")


def show_outcome(
    desk: Desk | None, exercise: Exercise, path: Path, outcome: Outcome, again: bool = False
) -> None:
    """Print a verdict, and where to go on. `again`: the exercise was passed before."""
    print(f"{outcome!r}\n")
    if not outcome.ok:
        print(f"  Open    {shown(path)}")
        print(f"  Stuck?  microgd learn hint {exercise.name}")
        if desk is not None and outcome.key in ("unreadable", "missing_name"):
            print(f"  Anew?   microgd learn reset {exercise.name}")
    elif desk is not None:
        following = desk.after(exercise)
        if following is None and again:
            print(f"  {desk.count()}")
        elif following is None:
            show_end(desk)
        else:
            print(f"  {desk.count()} To see the next, {following.name}: microgd learn next")


def show_many(desk: Desk | None, outcomes: list[Outcome], new: list[Exercise]) -> None:
    """Print a line for each exercise. Failures come first, so that what is passed stays in sight."""
    width = shutil.get_terminal_size().columns
    for outcome in sorted(outcomes, key=lambda x: x.ok):
        line = f"{'✓' if outcome.ok else '✗'} {outcome.exercise:14} "
        text = "" if outcome.ok else outcome.message.partition("\n")[0]
        room = max(width - len(line), 40)
        print((line + (text if len(text) <= room else text[: room - 1] + "…")).rstrip())
    print()
    for exercise in new:
        print(f"  New: {exercise.name}. {exercise.joy}".rstrip())
    if desk is not None:
        print(f"  {desk.count()}")


def show_end(desk: Desk) -> None:
    """Print the last words."""
    print(wrapped(the_end(desk.course)))
