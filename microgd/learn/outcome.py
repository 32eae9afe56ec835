"""The outcome of checking an answer, and its forms: text, JSON, HTML."""

from __future__ import annotations

import linecache
import os
import sys
import textwrap
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any

from . import slips

WIDTH = 78
CLIP = 2000  # characters of a learner's own prints that are shown
LINES = 20  # and lines
LONG = 200  # and characters of a line


@dataclass(frozen=True)
class Outcome:
    """The verdict on one answer.

    ok        whether the exercise is passed
    key       the short name of the mistake, "ok" if there is none
    message   a fact and a question; for a passed exercise, a remark or nothing
    exercise  its name
    file      the file that was checked
    printed   the beginning of what the answer printed
    joy       the text under "Joy", if passed
    beside    for a wrong answer, its numbers beside the sign and the size of the right ones
    picture   the same as HTML, for a notebook
    """

    ok: bool
    key: str
    message: str
    exercise: str = ""
    file: str = ""
    printed: str = ""
    joy: str = ""
    beside: str = ""
    picture: str = ""

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        head = f"{'✓' if self.ok else '✗'} {self.exercise}"
        parts = [head, *map(wrapped, self.said())]
        if self.beside:
            parts.append(textwrap.indent(self.beside, "  "))
        if self.printed:
            parts.append(
                "  What your code printed:\n" + textwrap.indent(self.printed, "  | ", lambda _: True)
            )
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        import html

        colour, head = ("#15803d", "✓") if self.ok else ("#b91c1c", "✗")
        style = f"border-left: 4px solid {colour}; padding: 0.2em 1em; max-width: 50em"
        parts = [f'<div style="{style}">']
        parts.append(f'<p><b style="color: {colour}">{head} {html.escape(self.exercise)}</b></p>')
        parts += [f'<p style="white-space: pre-wrap">{html.escape(text)}</p>' for text in self.said()]
        if self.beside:
            parts.append(f'<p style="white-space: pre-wrap">{html.escape(self.beside)}</p>{self.picture}')
        if self.printed:
            parts.append(f"<p>What your code printed:</p><pre>{html.escape(self.printed)}</pre>")
        return "".join([*parts, "</div>"])

    def said(self) -> list[str]:
        """The paragraphs: the message, and the line of joy."""
        return [text for text in (self.message, self.joy if self.ok else "") if text]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: everything but the picture."""
        return {key: value for key, value in asdict(self).items() if key != "picture"}


def wrapped(text: str, indent: str = "  ") -> str:
    """Text in lines of at most WIDTH. Code, tables and lists stay as they are."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        if is_as_typed(paragraph):
            paragraphs.append(textwrap.indent(paragraph, indent))
        else:
            paragraphs.append(
                textwrap.fill(
                    paragraph,
                    WIDTH,
                    initial_indent=indent,
                    subsequent_indent=indent,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
    return "\n\n".join(paragraphs)


def is_as_typed(paragraph: str) -> bool:
    """Whether a paragraph is code, a table or a list. A minus may begin a line of a sentence."""
    return paragraph.startswith("- ") or any(line.startswith((" ", "|")) for line in paragraph.split("\n"))


def clipped(text: str, total: int | None = None) -> str:
    """The beginning of what was printed, safe to show, and how much was left out."""
    total = len(text) if total is None else total
    kept = text[:CLIP].splitlines()[:LINES]
    left = total - len("\n".join(kept))
    shown = "\n".join(line if len(line) <= LONG else line[:LONG] + "…" for line in kept)
    shown = "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in shown)
    shown = shown.rstrip("\n")
    return f"{shown}\n(and {left:,} characters more)" if left > 1 else shown


# --- an exception, as a sentence ------------------------------------------------------------------------

PLAIN = {
    ZeroDivisionError: "it divides by zero",
    OverflowError: "a number became too large for a float",
    RecursionError: "a function calls itself without an end",
    MemoryError: "it needs more memory than it may have",
    EOFError: "it waits for input(), and here is nobody to type",
    NotImplementedError: "this part is still to be written",
    KeyboardInterrupt: "it raised KeyboardInterrupt",
}

QUESTIONS = {
    ZeroDivisionError: "Which number could be 0 there?",
    OverflowError: "Can you arrange the formula so that no large intermediate number appears?",
    RecursionError: "When should it stop calling itself?",
    MemoryError: "Does something grow in a loop?",
    UnboundLocalError: "Does it get a value before that line?",
    NameError: "Where is it made: is that line, or an import, missing?",
    TypeError: "What kind of thing is each name in that line?",
    AttributeError: "What kind of thing stands before the dot?",
    IndexError: "How many elements are there?",
    KeyError: "Which keys are there?",
    ModuleNotFoundError: "Is the name right? No exercise needs more than microgd and the standard library.",
}


def told(error: BaseException, file: str, stub: str = "") -> tuple[str, str]:
    """The key and the sentence for an exception of a learner's code.

    stub  what the file began with: of the lines that were run, one that is not among its lines is told
    """
    if hasattr(error, "told"):  # by the process in which it was raised
        return error.told
    if isinstance(error, SystemExit):
        return "exits", f"{_where(error, file, stub)} ends the program (sys.exit, exit or quit). " + (
            "Could it return a value instead?"
        )
    if isinstance(error, SyntaxError) and error.filename and _learners(error.filename, file):
        return "syntax", _syntax(error, file)
    kind = type(error)
    if kind in PLAIN:
        fact = PLAIN[kind]
    else:
        import traceback

        try:  # with Python's own "Did you mean: 'out'?"
            fact = list(traceback.TracebackException.from_exception(error).format_exception_only())[-1]
        except BaseException:  # an exception whose __str__ raises
            fact = kind.__name__
        fact = slips.public(fact.strip()[:500])
    question = next((q for k, q in QUESTIONS.items() if isinstance(error, k)), "What happens there?")
    question = slips.asked(fact, "".join(linecache.getlines(file))) or question
    if fact.endswith("?"):
        question = ""
    return "raises", f"{_where(error, file, stub)} stops: {fact.removesuffix('.')}.".replace("?.", "?") + (
        f" {question}" if question else ""
    )


def _syntax(error: SyntaxError, file: str) -> str:
    line = (error.text or "").rstrip("\n")
    bare = line.lstrip()
    of = "" if error.filename == file else f" of {os.path.basename(error.filename or '')}"
    message = f"Python cannot read line {error.lineno}{of}: {error.msg}."
    if bare:
        message += f"\n\n    {bare[:WIDTH]}"
        column = (error.offset or 0) - 1 - (len(line) - len(bare))
        if 0 <= column < WIDTH:
            message += f"\n    {' ' * column}^"
    return f"{message}\n\n{slips.unread(error.msg, line)}"


def _where(error: BaseException, file: str, stub: str) -> str:
    place = place_in(error.__traceback__, file, stub) or place_in(error.__traceback__, file)
    return quoted(*place, file) if place else "Your code"


def place_in(trace: TracebackType | None, file: str, stub: str = "") -> tuple[str, int] | None:
    """The last file and line of a traceback that is in `file` or in one beside it, and not in the stub."""
    place, ready = None, {line.strip() for line in stub.splitlines()}
    while trace is not None:
        name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        if _learners(name, file) and not (ready and linecache.getline(name, line).strip() in ready):
            place = name, line
        trace = trace.tb_next
    return place


def running_place(file: str, thread: int) -> tuple[str, int] | None:
    """The file and line that a thread is at now, in `file` or in a file beside it."""
    frame = sys._current_frames().get(thread)
    while frame is not None:
        if _learners(frame.f_code.co_filename, file):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


def _learners(name: str, file: str) -> bool:
    return name == file or (name.endswith(".py") and os.path.dirname(name) == os.path.dirname(file))


def quoted(name: str, line: int, file: str) -> str:
    """The number and the text of a line, and the name of its file if that is not `file`."""
    words = linecache.getline(name, line).strip()
    of = "" if name == file else f" of {os.path.basename(name)}"
    return f"Line {line}{of} (`{words[:60]}`)" if words else f"Line {line}{of}"


def thing(x: Any) -> str:
    """In words: what was given where a number was expected."""
    if x is None:
        return "nothing (None): is a `return` missing?"
    if x is ...:
        return "the three dots (...), which wait for your line"
    if hasattr(x, "data") and hasattr(x, "backward"):  # microgd's or the learner's own
        return "a Value; here a plain float is wanted, its .data"
    if isinstance(x, complex):
        return "a complex number; was a root or a power taken of a negative number?"
    kind = type(x).__name__
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"
