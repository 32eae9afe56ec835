"""The exercises, read from their folders. Only this module knows what is in such a folder.

    exercises/
      2-partial-derivatives/      a chapter: its number gives the order, chapter.md its title
        07-tanh/                  an exercise: its number gives the order, the rest is its name
          text.md                 title, text, three hints, a line of joy
          stub.py                 what the learner gets; `...` wherever something is to be written
          solution.py
          mistakes.diff           wrong answers, as the lines that differ from the solution
          check.py                check(answer) -> the verdict
          picture.py              its picture, and the guess before it, if it has one

docs/writing-exercises.md tells the same to teachers.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

BUILT_IN = Path(__file__).parent / "exercises"
ALIKE = 0.7  # of two words that are the same but for a slip, as tahn and tanh

FILES = ("text.md", "stub.py", "solution.py", "mistakes.diff", "check.py")

_NUMBERED = re.compile(r"(\d+)-(.+)")
_HEADING = re.compile(r"@@ (.*\S)\s*->\s*(.*\S)\s*")


class CourseError(Exception):
    """A folder of exercises that is not as it should be; the message says what is missing where."""


class Mistake(NamedTuple):
    """A wrong answer that learners give, and the keys that the check may return for it."""

    name: str
    keys: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    name      what it is called in commands, in file names and in the record of progress
    number    chapter and position, such as "2.7"
    title, text, hints, joy   from text.md
    formerly  names that it had before: progress under these names counts, too
    """

    name: str
    number: str
    chapter: Chapter
    folder: Path
    title: str
    text: str
    hints: tuple[str, ...]
    joy: str
    formerly: tuple[str, ...]

    @property
    def place(self) -> str:
        """The path of its file in the learner's folder."""
        return f"{self.chapter.slug}/{self.name}.py"

    @cached_property
    def handout(self) -> str:
        """The file that the learner gets: the text as a docstring on top of the stub."""
        text = f"{self.number}  {self.title}\n\n{self.text}".replace('"""', "'''")
        top = f'r"""{text}\n\nTo check:   microgd learn check {self.name}\nFor a hint: microgd learn hint'
        return f'{mark(self.name)}\n{top} {self.name}\n"""\n\n\n{self.stub}'

    @property
    def stub(self) -> str:
        """The code to begin with."""
        return self._read("stub.py")

    @property
    def solution(self) -> str:
        """An answer that passes."""
        return self._read("solution.py")

    @property
    def mistakes(self) -> list[Mistake]:
        """Answers that must not pass."""
        return _mistakes(self.folder / "mistakes.diff", self.solution)

    @cached_property
    def asked(self) -> dict[str, tuple[str, ...] | None]:
        """What to write: each name of the stub that holds a `...`; for a function, its parameters."""
        found: dict[str, tuple[str, ...] | None] = {}
        for node in ast.parse(self.stub).body:
            if gaps(node):
                if isinstance(node, ast.FunctionDef):
                    found[node.name] = parameters(node)
                elif isinstance(node, ast.ClassDef):
                    found[node.name] = None
                elif isinstance(node, ast.Assign):
                    found.update({x.id: None for x in node.targets if isinstance(x, ast.Name)})
        return found

    def _read(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Chapter:
    """A chapter: a title and a few words of introduction."""

    number: int
    slug: str
    title: str
    text: str


class Course:
    """The exercises of a folder, in order."""

    def __init__(self, folder: Path = BUILT_IN) -> None:
        if not folder.is_dir():
            raise CourseError(f"There is no folder {folder}.")
        self.folder = folder
        self.exercises = [exercise for place in _numbered(folder) for exercise in _chapter(*place)]
        names = [name for exercise in self.exercises for name in (exercise.name, *exercise.formerly)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise CourseError(f"Two exercises bear the same name: {', '.join(twice)}.")
        if not self.exercises:
            raise CourseError(f"There are no exercises in {folder}.")

    def find(self, name: str) -> Exercise | None:
        """The exercise that has this name, had it before, or has this number, such as "2.7"."""
        for exercise in self.exercises:
            if name in (exercise.name, exercise.number, *exercise.formerly):
                return exercise
        return None

    def chapter(self, number: str) -> list[Exercise]:
        """The exercises of the chapter with this number, such as "2"."""
        return [x for x in self.exercises if number == str(x.chapter.number)]

    def closest(self, name: str) -> str:
        """The name of an exercise that was perhaps meant; "" if none is like it."""
        from difflib import get_close_matches

        return next(iter(get_close_matches(name, [x.name for x in self.exercises], 1, ALIKE)), "")


def mark(name: str) -> str:
    """The first line of a learner's file. It names the exercise, even if the file is renamed."""
    return f"# exercise: {name}"


def gaps(tree: ast.AST) -> list[int]:
    """The lines with a `...` that a learner should replace. (The one in tuple[int, ...] is none.)"""
    meant = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.Subscript) for part in ast.walk(node)
    }
    return sorted(
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value is ... and id(node) not in meant
    )


def parameters(function: ast.FunctionDef) -> tuple[str, ...]:
    """The names of a function's positional parameters."""
    return tuple(x.arg for x in (*function.args.posonlyargs, *function.args.args))


def _numbered(folder: Path) -> list[tuple[int, str, Path]]:
    """The folders called `<number>-<name>`, by number; but not what Python leaves where one was renamed."""
    found = []
    for path in folder.iterdir():
        match = _NUMBERED.fullmatch(path.name)
        if match and path.is_dir() and [x.name for x in path.iterdir()] != ["__pycache__"]:
            found.append((int(match[1]), match[2], path))
    return sorted(found)


def _chapter(number: int, slug: str, folder: Path) -> list[Exercise]:
    title, sections = _parts(folder / "chapter.md")
    chapter = Chapter(number, f"{number}-{slug}", title, sections[""])
    return [
        _exercise(chapter, f"{number}.{place}", name, path)
        for place, (_, name, path) in enumerate(_numbered(folder), 1)
    ]


def _exercise(chapter: Chapter, number: str, name: str, folder: Path) -> Exercise:
    missing = [file for file in FILES if not (folder / file).is_file()]
    if missing:
        raise CourseError(f"{folder}: {', '.join(missing)} is missing.")
    title, sections = _parts(folder / "text.md")
    hints = tuple(sections.get(f"Hint {level}", "") for level in (1, 2, 3))
    if not all(hints):
        raise CourseError(f"{folder / 'text.md'} needs ## Hint 1, ## Hint 2 and ## Hint 3.")
    formerly = tuple(sections.get("Formerly", "").split())
    return Exercise(
        name, number, chapter, folder, title, sections[""], hints, sections.get("Joy", ""), formerly
    )


def _mistakes(path: Path, solution: str) -> list[Mistake]:
    """The wrong answers of a mistakes.diff. Each has a heading, and changes separated by empty lines."""
    found: list[Mistake] = []
    text = path.read_text(encoding="utf-8")
    for part in re.finditer(r"^@@.*|(?:^(?!@@).+\n?)+", text, re.MULTILINE):
        place = f"{path}, line {text.count(chr(10), 0, part.start()) + 1}"
        heading = _HEADING.fullmatch(part[0])
        if heading is not None:
            keys = tuple(key.strip() for key in heading[2].split(","))
            found.append(Mistake(heading[1], keys, solution))
        elif part[0].startswith("@@") or not found:
            raise CourseError(f"{place}: a mistake begins with '@@ what is wrong -> key'.")
        else:
            source = _changed(found[-1].source, part[0].splitlines(), place)
            found[-1] = found[-1]._replace(source=source)
    for mistake in found:
        if mistake.source == solution:
            raise CourseError(f"{path}: {mistake.name!r} changes nothing in the solution.")
    return found


def _changed(source: str, change: list[str], place: str) -> str:
    """The source, in which the lines that begin with '-' are replaced with those that begin with '+'."""
    for line in change:
        if line[0] not in "-+ ":
            raise CourseError(f"{place}: {line!r} should begin with '-', '+' or a space.")
    old, new = ([line[1:] for line in change if line[0] in signs] for signs in ("- ", "+ "))
    lines = source.splitlines()
    at = [k for k in range(len(lines)) if lines[k : k + len(old)] == old]
    if not old:
        raise CourseError(f"{place}: where? Put the line before in front, begun with a space.")
    if not at:
        unknown = [line for line in old if line not in lines]
        why = f"has no line {unknown[0]!r}" if unknown else "has these lines, but not one after the other"
        raise CourseError(f"{place}: the solution {why}.")
    if len(at) > 1:
        raise CourseError(
            f"{place}: this stands {len(at)} times in the solution. Add the line before, begun with a space."
        )
    lines[at[0] : at[0] + len(old)] = new
    return "\n".join(lines) + "\n"


def _parts(path: Path) -> tuple[str, dict[str, str]]:
    """The title of a text (# ...), what follows it (under ""), and its sections (## ...)."""
    if not path.is_file():
        raise CourseError(f"{path} is missing.")
    text = path.read_text(encoding="utf-8")
    first, *others = re.split(r"^## +", text, flags=re.MULTILINE)
    title, _, body = first.strip().partition("\n")
    if not title.startswith("# "):
        raise CourseError(f"{path} should begin with '# ' and a title.")
    sections = {"": body.strip()}
    for other in others:
        name, _, content = other.partition("\n")
        sections[name.strip()] = content.strip("\n").rstrip()  # the first line may be code: spaces stay
    return title[2:].strip(), sections
