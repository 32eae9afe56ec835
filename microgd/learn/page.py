"""What the course shows: an exercise as text for a terminal, and as HTML for a notebook.

`Page` is what `show`, `hint`, `list` and the others return: as the last line of a cell, it is displayed.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, NamedTuple

from .outcome import is_as_typed, wrapped

if TYPE_CHECKING:
    from .course import Course, Exercise
    from .shown import Picture

STYLE = "max-width:46em;line-height:1.5"


class Page(NamedTuple):
    """Something to read: for a terminal, and for a notebook."""

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<div style="{STYLE}">{self.html}</div>'


def marked_up(text: str) -> str:
    """A text of the course as HTML. Code, tables and lists stay as they are."""
    parts = []
    for paragraph in text.split("\n\n"):
        if is_as_typed(paragraph):
            parts.append(code(paragraph))
        elif paragraph.strip():
            parts.append(f"<p>{inline(paragraph)}</p>")
    return "\n".join(parts)


def inline(text: str) -> str:
    """A sentence as HTML: `names` are set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def code(text: str) -> str:
    """A block of code."""
    return f'<pre style="line-height:1.35">{html.escape(text.rstrip(), quote=False)}</pre>'


def heading(text: str, level: int = 3) -> str:
    """A title."""
    return f"<h{level}>{inline(text)}</h{level}>"


def exercise_text(exercise: Exercise, picture: Picture | None, chapter: bool, guess: str) -> str:
    """An exercise as text: its chapter, if that is asked for, its picture, the question before it, its text.

    guess  the line below the question: what to type, or what was said to a guess
    """
    parts = []
    if chapter:
        title = f"Chapter {exercise.chapter.number}: {exercise.chapter.title}"
        parts += [f"{title}\n{'=' * len(title)}", wrapped(exercise.chapter.text, "")]
    title = f"{exercise.number}  {exercise.title}"
    parts.append(f"{title}\n{'-' * len(title)}")
    if picture is not None:
        parts.append(picture.text())
        if picture.guess is not None:
            question = wrapped(f"Guess first: {picture.guess.question}", "")
            parts.append(f"{question}\n{wrapped(guess)}")
    return "\n\n".join([*parts, wrapped(exercise.text, "")])


def exercise_html(exercise: Exercise, picture: Picture | None, chapter: bool, guess: str) -> str:
    """The same as HTML."""
    parts = []
    if chapter:
        parts.append(heading(f"Chapter {exercise.chapter.number}: {exercise.chapter.title}", 2))
        parts.append(marked_up(exercise.chapter.text))
    parts.append(heading(f"{exercise.number}  {exercise.title}"))
    if picture is not None:
        parts.append(picture.html())
        if picture.guess is not None:
            parts.append(f"<p><b>Guess first:</b> {inline(picture.guess.question)} {inline(guess)}</p>")
    return "\n".join([*parts, marked_up(exercise.text)])


def the_end(course: Course) -> str:
    """What is said when all is passed."""
    return (
        f"All {len(course.exercises)} exercises are passed. You have measured slopes, derived the rules,"
        " walked the graph, and trained a model on an engine of your own. Nothing in backpropagation is magic"
        " to you any more. Enjoy what you build with it!"
    )
