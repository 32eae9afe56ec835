"""The course in the cells of a notebook: the commands of `microgd learn` as functions.

    from microgd import learn

    learn.show()                       the exercise you are at, with its picture
    learn.guess("tanh", 0.5)           a guess before it
    learn.check("tanh", backward)      is it right? (in notebook.py)
    learn.next()                       go on

Each returns a `Page`, which a notebook displays. Progress is kept where `microgd learn` keeps it: in the
learner's folder. If there is none at hand, one is made beside the notebook, with only the record in it.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path

from .course import Course, Exercise
from .desk import FOLDER, TITLE, Desk, Progress, find_desk
from .outcome import wrapped
from .page import Page, code, exercise_html, exercise_text, heading, inline, marked_up, the_end
from .painter import guessed, picture_of

BAR = 24
"""The longest bar of `progress`, in characters."""


class Memory(Progress):
    """The record where no file can be written: it lasts as long as Python does."""

    def __init__(self) -> None:
        super().__init__(Path(FOLDER))
        self.kept = [TITLE]

    def lines(self) -> list[str]:
        """The record as it is now."""
        return self.kept

    def write(self, line: str, instead_of: str = "") -> None:
        """Add a line. It replaces those that begin with `instead_of`."""
        self.kept = [x for x in self.kept if x != line and not (instead_of and x.startswith(instead_of))]
        self.kept.append(line)


_memory: list[Desk] = []


def learners() -> Desk | None:
    """The learner's folder, if there is one at hand."""
    return find_desk(Path.cwd()) or next(iter(_memory), None)


def begun() -> Desk:
    """The learner's folder. If there is none, one is made, for the record of progress."""
    found = learners()
    if found is not None:
        return found
    made = Desk(Path.cwd() / FOLDER, Course())
    try:
        made.folder.mkdir(exist_ok=True)
        with made.progress.path.open("x", encoding="utf-8") as file:  # x: never replace a file
            file.write(f"{TITLE}\n")
    except OSError:
        made.progress = Memory()
        _memory.append(made)
    return made


def meant(desk: Desk, name: object, call: str) -> Exercise:
    """The exercise of that name, for `learn.call(name)`. Without a name, the one that was shown last."""
    if name is not None:
        return named(desk.course, name, call)
    return desk.course.find(desk.progress.at()) or desk.current() or desk.course.exercises[-1]


def named(course: Course, name: object, call: str) -> Exercise:
    """The exercise of that name; a ValueError names all. A TypeError shows how `learn.call` is called."""
    if not isinstance(name, str):
        own = getattr(name, "__name__", "")
        known = course.find(own)
        first = known.name if known else course.exercises[0].name
        rest = {"check": f", {own or 'ANSWER'}", "guess": ", 0.5"}.get(call, "")
        raise TypeError(
            f'first comes the name of an exercise, in quotes, as in learn.{call}("{first}"{rest})'
        )
    found = course.find(name)
    if found is None:
        names = ", ".join(x.name for x in course.exercises)
        close = course.closest(name)
        guess = f"; did you mean {close!r}?" if close else ""
        raise ValueError(f"there is no exercise {name!r}; there are {names}{guess}")
    return found


def show(name: str | None = None) -> Page:
    """The exercise you are at, or another: its picture, its text, and the code to begin with."""
    desk = begun()
    exercise = (desk.current() if name is None else None) or meant(desk, name, "show")
    first = not desk.progress.at()
    desk.stand_at(exercise)
    return _shown(desk, exercise, first or desk.opens_chapter(exercise))


def next_() -> Page:
    """Go on to the next open exercise."""
    desk = begun()
    here = desk.course.find(desk.progress.at())
    exercise = desk.after(here)
    if exercise is None:
        return _page(the_end(desk.course))
    desk.stand_at(exercise)
    page = _shown(desk, exercise, here is None or here.chapter != exercise.chapter)
    if here is None or here == exercise or desk.passed(here):
        return page
    stays = f'{here.name} stays open. To come back: `learn.show("{here.name}")`'
    return Page(f"{_plain(stays)}\n\n{page.text}", f"<p>{inline(stays)}</p>\n{page.html}")


def guess(*words: object) -> Page:
    """A guess before the exercise: guess(0.5), or guess("tanh", 0.5) for another one."""
    number = guessed(str(words[-1])) if words else None
    if number is None or len(words) > 2:
        raise TypeError('a guess is a number, as in guess(0.5) or guess("tanh", 0.5)')
    desk = begun()
    exercise = meant(desk, None if len(words) == 1 else words[0], "guess")
    picture = picture_of(exercise)
    if picture is None or picture.guess is None:
        return _page(f"In {exercise.name} there is nothing to guess.")
    desk.progress.note("guess", exercise, number)
    return _page(picture.judged(number))


def hint(name: str | None = None) -> Page:
    """The next of three hints, below those you have had."""
    desk = begun()
    exercise = meant(desk, name, "hint")
    given = desk.one_more_hint(exercise)
    if len(given) < len(exercise.hints):
        more = f'For one more: `learn.hint("{exercise.name}")`'
    else:
        more = f'That was the last. If nothing helps: `learn.solution("{exercise.name}", anyway=True)`'
    text = "\n\n".join([*(f"{title}\n\n{wrapped(said)}" for title, said in given), _plain(more)])
    return Page(
        text, "\n".join([*(heading(t, 4) + marked_up(x) for t, x in given), f"<p>{inline(more)}</p>"])
    )


def solution(name: str | None = None, anyway: bool = False) -> Page:
    """A solution, once you have passed, or with anyway=True."""
    desk = begun()
    exercise = meant(desk, name, "solution")
    if not (anyway or desk.passed(exercise)):
        return _page(
            f'{exercise.name} is not passed yet. There are hints: `learn.hint("{exercise.name}")`',
            f'To see the solution all the same: `learn.solution("{exercise.name}", anyway=True)`',
        )
    head = f"{exercise.name}, a solution (yours may look different and be as good):"
    return Page(f"{head}\n\n{exercise.solution.rstrip()}", f"<p>{inline(head)}</p>{code(exercise.solution)}")


def reset(name: str | None = None) -> Page:
    """Begin an exercise anew: its code to begin with, in the next cell. What is passed stays passed."""
    desk = begun()
    exercise = meant(desk, name, "reset")
    desk.progress.note("hint", exercise, 0)
    desk.stand_at(exercise)
    stub, _ = for_cells(desk.course, exercise)
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        shell.set_next_input(stub)
    head = f"{exercise.name} is as at the start, and its hints begin again."
    return Page(f"{head}\n\n{stub}", f"<p>{inline(head)}</p>{code(stub)}")


def list_() -> Page:
    """All exercises, and which are passed."""
    desk = begun()
    here = desk.current()
    lines: dict[str, list[tuple[str, str, str]]] = {}
    for exercise in desk.course.exercises:
        state = "✓" if desk.passed(exercise) else "→" if exercise == here else "·"
        chapter = f"{exercise.chapter.number}  {exercise.chapter.title}"
        lines.setdefault(chapter, []).append((state, exercise.name, exercise.title))
    text, table = "", ""
    for chapter, rows in lines.items():
        text += f"{chapter}\n" + "".join(f"   {a} {b:14} {c}\n" for a, b, c in rows) + "\n"
        table += f'<tr><th colspan="3" style="text-align:left">{html.escape(chapter)}</th></tr>'
        for state, name, title in rows:
            cells = (state, f"<code>{name}</code>", inline(title))
            table += "<tr>" + "".join(f'<td style="text-align:left">{x}</td>' for x in cells) + "</tr>"
    return Page(f"{text}{desk.count()}", f"<table>{table}</table><p>{desk.count()}</p>")


def progress() -> Page:
    """How much is passed, chapter by chapter, and where it is written down."""
    desk = begun()
    chapters: dict[str, list[bool]] = {}
    for exercise in desk.course.exercises:
        title = f"{exercise.chapter.number}  {exercise.chapter.title}"
        chapters.setdefault(title, []).append(desk.passed(exercise))
    wide = max(map(len, chapters))
    rows = []
    for title, passed in chapters.items():
        done = BAR * sum(passed) // len(passed)
        bar = "█" * done + "░" * (BAR - done)
        rows.append(f"{title:{wide}}  {bar}  {sum(passed)} of {len(passed)}")
    here = desk.current()
    last = f'You are at {here.name}: `learn.show("{here.name}")`' if here else the_end(desk.course)
    lost = isinstance(desk.progress, Memory)
    where = "in memory only: no file can be written here" if lost else f"in {desk.progress.path}"
    after = [desk.count(), last, f"This is kept {where}."]
    text = "\n".join([*rows, "", *map(_plain, after)])
    return Page(text, code("\n".join(rows)) + "".join(f"<p>{inline(x)}</p>" for x in after))


for function in (list_, next_):  # without the underscore they would hide Python's own
    function.__name__ = function.__qualname__ = function.__name__.rstrip("_")


def _shown(desk: Desk, exercise: Exercise, chapter: bool) -> Page:
    picture = picture_of(exercise)
    said = picture.said(desk.progress.guess(exercise)) if picture else ""
    call = said or f'Type `learn.guess("{exercise.name}", NUMBER)`'
    asked = ", ".join(exercise.asked)
    foot: tuple[str, ...] = (
        f'Write it in a cell of your own, then: `learn.check("{exercise.name}", {asked})`',
        f'For a hint: `learn.hint("{exercise.name}")`',
    )
    stub, earlier = for_cells(desk.course, exercise)
    if earlier:
        foot = (f"It builds on what you wrote for {earlier}: have that in a cell, too.", *foot)
    parts = [exercise_text(exercise, picture, chapter, _plain(call)), stub, "\n".join(map(_plain, foot))]
    shown = [exercise_html(exercise, picture, chapter, call), code(stub)]
    return Page("\n\n".join(parts), "\n".join([*shown, *(f"<p>{inline(line)}</p>" for line in foot)]))


def for_cells(course: Course, exercise: Exercise) -> tuple[str, str]:
    """The code to begin with, without its imports of earlier answers; and the names of those exercises."""
    lines, earlier = [], []
    for line in exercise.stub.splitlines():
        words = line.split()
        if words[:1] == ["from"] and course.find(words[1]) is not None:
            earlier.append(words[1])
        else:
            lines.append(line)
    return "\n".join(lines).strip() + "\n", ", ".join(earlier)


def _page(*lines: str) -> Page:
    return Page(
        "\n".join(_plain(wrapped(x, "")) for x in lines), "".join(f"<p>{inline(x)}</p>" for x in lines)
    )


def _plain(text: str) -> str:
    return text.replace("`", "")
