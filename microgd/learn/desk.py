"""The learner's folder: the files to work in, and the record of what is passed.

    microgd-learn/
      progress.txt                 plain text, one fact a line
      1-slopes/slope.py            one file per exercise

Everything is found by the name of the exercise. So chapters and files may be renamed and moved, and what is
passed stays passed. A file is replaced only if it has just been read.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .course import BUILT_IN, Course, Exercise, mark
from .painter import guessed

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "microgd-learn"
RECORD = "progress.txt"
TITLE = "# microgd learn: what you have passed, a line each. You may read it, copy it and edit it."


class Progress:
    """The record: lines such as `passed tanh`, `hint tanh 2`, `guess tanh 0.5` and `at exp`.

    Unknown lines are kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[str]:
        """The record as it is now."""
        try:
            text = self.path.read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            return []
        return [line.strip() for line in text.splitlines() if line.strip()]

    def facts(self, word: str) -> list[list[str]]:
        """The rest of every line that begins with `word`."""
        return [line.split()[1:] for line in self.lines() if line.split()[0] == word]

    def passed(self, exercise: Exercise) -> bool:
        """Whether it is passed, under this name or a former one."""
        done = {name for fact in self.facts("passed") for name in fact[:1]}
        return exercise.name in done or not done.isdisjoint(exercise.formerly)

    def hints(self, exercise: Exercise) -> int:
        """How many hints were given."""
        given = [fact[1] for fact in self.facts("hint") if len(fact) == 2 and fact[0] == exercise.name]
        return max((int(level) for level in given if level.isdecimal()), default=0)

    def guess(self, exercise: Exercise) -> float | None:
        """The number that was guessed last; None if there is none."""
        given = [fact[1] for fact in self.facts("guess") if len(fact) == 2 and fact[0] == exercise.name]
        return guessed(given[-1]) if given else None

    def note(self, word: str, exercise: Exercise, number: float) -> None:
        """Write down how many hints were given, or what was guessed, in place of what was there."""
        self.write(f"{word} {exercise.name} {number:g}", instead_of=f"{word} {exercise.name} ")

    def at(self) -> str:
        """The name of the exercise that the learner is at; "" if none was begun."""
        places = self.facts("at")
        return places[-1][0] if places and places[-1] else ""

    def write(self, line: str, instead_of: str = "") -> None:
        """Add a line. It replaces those that begin with `instead_of`."""
        old = self.lines() or [TITLE]
        if line in old and not instead_of:
            return
        kept = [x for x in old if not (instead_of and x.startswith(instead_of))]
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        part.write_text("\n".join([*kept, line]).rstrip() + "\n", encoding="utf-8")
        part.replace(self.path)  # whole or not at all, even if the power fails


class Desk:
    """A learner's folder and the course it belongs to."""

    def __init__(self, folder: Path, course: Course) -> None:
        self.folder = folder
        self.course = course
        self.progress = Progress(folder / RECORD)

    # --- which exercise ---

    def passed(self, exercise: Exercise) -> bool:
        """Whether the exercise is passed."""
        return self.progress.passed(exercise)

    def current(self) -> Exercise | None:
        """The exercise that the learner is at: the last one begun, or the next open one; None at the end."""
        here = self.course.find(self.progress.at())
        if here is not None and not self.passed(here):
            return here
        return self.after(here)

    def after(self, exercise: Exercise | None) -> Exercise | None:
        """The next open exercise after this one, then from the beginning; this one comes last."""
        order = self.course.exercises
        start = order.index(exercise) + 1 if exercise in order else 0
        for other in (*order[start:], *order[:start]):
            if not self.passed(other):
                return other
        return None

    def count(self) -> str:
        """How many exercises are passed, as a sentence."""
        done = sum(map(self.passed, self.course.exercises))
        return f"{done} of {len(self.course.exercises)} passed."

    def opens_chapter(self, exercise: Exercise) -> bool:
        """Whether the chapter's text comes with it: it is the first of its chapter, and not passed yet."""
        return exercise.number.endswith(".1") and not self.passed(exercise)

    def one_more_hint(self, exercise: Exercise) -> list[tuple[str, str]]:
        """One hint more than before: all that are given now, with their titles. It is written down."""
        count = len(exercise.hints)
        level = min(self.progress.hints(exercise) + 1, count)
        self.progress.note("hint", exercise, level)
        return [(f"{exercise.name}, hint {k} of {count}", x) for k, x in enumerate(exercise.hints[:level], 1)]

    def stand_at(self, exercise: Exercise) -> None:
        """Remember where the learner is."""
        self.progress.write(f"at {exercise.name}", instead_of="at ")

    def record(self, exercise: Exercise) -> None:
        """Remember that an exercise is passed."""
        if not self.passed(exercise):
            self.progress.write(f"passed {exercise.name}")
        self.stand_at(exercise)

    # --- which file ---

    def file(self, exercise: Exercise) -> Path:
        """The learner's file, even if it was moved. If there is none, the path where it belongs."""
        place = self.folder / exercise.place
        if place.is_file():
            return place
        marks = {mark(name) for name in (exercise.name, *exercise.formerly)}
        for path in self.files():
            if _first_line(path) in marks:
                return path
        return place

    def exercise_of(self, path: Path) -> Exercise | None:
        """The exercise that a file belongs to, by its first line or else by its name."""
        first = _first_line(path)
        if first.startswith(mark("")):
            return self.course.find(first.removeprefix(mark("")).strip())
        return self.course.find(path.stem)

    def files(self) -> Iterator[Path]:
        """All Python files of the folder, except those that `reset` has put aside."""
        for path in sorted(self.folder.rglob("*.py")):
            if not path.stem.endswith(".old"):
                yield path

    def lay_out(self) -> int:
        """Write the files that are missing, and return their number. No file is replaced."""
        count = 0
        for exercise in self.course.exercises:
            path = self.file(exercise)
            if not path.exists():
                self._put(path, exercise)
                count += 1
        if not self.progress.path.exists():
            own = self.course.folder != BUILT_IN
            self.progress.write(f"course {self.course.folder.absolute()}" if own else "")
        return count

    def reset(self, exercise: Exercise) -> Path | None:
        """Write the stub again. The old file is kept under another name, which is returned."""
        path = self.file(exercise)
        kept = None
        if path.exists():
            number = 1
            while path.with_name(f"{path.stem}-{number}.old.py").exists():
                number += 1
            kept = path.rename(path.with_name(f"{path.stem}-{number}.old.py"))
        self._put(path, exercise)
        return kept

    def _put(self, path: Path, exercise: Exercise) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:  # x: never replace a file
            file.write(exercise.handout)


def find_desk(here: Path, course: Path | None = None) -> Desk | None:
    """The learner's folder: `here`, a folder around it, or a folder inside it with the usual name."""
    here = here.absolute()
    for folder in (here, *here.parents, here / FOLDER):
        if (folder / RECORD).is_file():
            progress = Progress(folder / RECORD)
            if not progress.lines() or progress.lines()[0].split(":")[0] != TITLE.split(":")[0]:
                continue  # some other progress.txt
            noted = progress.facts("course")
            place = course or (Path(" ".join(noted[-1])) if noted and noted[-1] else BUILT_IN)
            return Desk(folder, Course(place))
    return None


def _first_line(path: Path) -> str:
    with contextlib.suppress(OSError), path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.readline(200).strip()
    return ""
