"""What the page asks of Python: run a program, check an answer, and show what there is to show.

It runs in the worker of docs/try, and wherever else Python runs. The verdict on an answer is that of
`microgd.learn`: here the answer runs in this very process, as in a notebook, since a browser has no others.

The page asks for `run`, `check` and `guess` through `answer`. What is printed goes to `tell` at once.
build.py writes what `content` returns into a file beside the page.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import importlib
import io
import json
import linecache
import os
import shutil
import sys
import tempfile
import traceback
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from microgd.learn.checks import Verdict
from microgd.learn.course import BUILT_IN, Course, Exercise
from microgd.learn.fence import LIMIT
from microgd.learn.judge import judge, read
from microgd.learn.outcome import Outcome, clipped
from microgd.learn.page import the_end
from microgd.learn.painter import Painter, guessed, picture_of

PROGRAM = "program.py"

MOST_PRINTED = 100_000
"""Characters of a program's prints that the page shows: an endless loop may print as well."""

MOST_KEPT = 20_000_000
"""Bytes of the files of a program that the page shows or offers."""

SLOWER = 3.0
"""A check may take so many times as long here as on the command line: WebAssembly is slower."""

NO_GRAPHVIZ = "A drawing is made by Graphviz, which does not run in a browser."

OWN = Path(__file__).parent / "course"
"""Where build.py puts a course of one's own."""

tell: Callable[[str], Any] = sys.__stdout__.write if sys.__stdout__ else len
"""What shows a text that was printed. The page sets it."""


def answer(name: str, given: str) -> str:
    """Do what the page asks for. Arguments and result are JSON."""
    asked: dict[str, Callable[..., Any]] = {"run": run, "check": check, "guess": guess}
    return json.dumps(asked[name](*json.loads(given)))


def course() -> Course:
    """The course of the page."""
    return Course(OWN if OWN.is_dir() else BUILT_IN)


def content(of: Course) -> dict[str, Any]:
    """The exercises as the page shows them, how many seconds a check may take, and the last words."""
    rows = [
        {
            "name": x.name,
            "number": x.number,
            "title": x.title,
            "formerly": x.formerly,
            "chapter": {"number": x.chapter.number, "title": x.chapter.title, "text": x.chapter.text},
            "text": x.text,
            "hints": x.hints,
            "stub": x.stub,
            "solution": x.solution,
            "guess": picture.guess.question if picture and picture.guess else "",
        }
        for x in of.exercises
        for picture in [picture_of(x)]
    ]
    return {"exercises": rows, "limit": SLOWER * LIMIT, "end": the_end(of)}


def run(source: str) -> list[dict[str, str]]:
    """Run a program in a folder of its own. Returns what there is to show: films, and files it has written.

    As in a notebook, the value of an expression in the last line is shown.
    """
    shown: list[dict[str, str]] = []
    with _folder() as folder, _printing(_Prints(tell)), _films(shown):
        (folder / PROGRAM).write_text(source, encoding="utf-8")
        try:
            value = _result(source)
            if value is not None:
                shown += _shown(value)
        except BaseException as error:
            _explain(error)
        shown += _files(folder)
    return shown


def check(name: str, answers: dict[str, str]) -> dict[str, Any]:
    """The outcome of checking the answer to an exercise, as a dictionary.

    answers  the text of each file that the learner has changed, by the name of its exercise. The chapter's
             other files are there as stubs, since a file may build on one before it
    """
    exercise = _named(name)
    prints, painter = io.StringIO(), Painter(exercise)
    with _folder() as folder, _printing(_Prints(prints.write)):
        for other in course().exercises:
            if other.chapter == exercise.chapter:
                (folder / f"{other.name}.py").write_text(_answer(other, answers), encoding="utf-8")
        path = str(folder / f"{exercise.name}.py")
        found = read(path)
        verdict = found if isinstance(found, Verdict) else judge(exercise, found, path, painter)
    outcome = Outcome(
        verdict.ok,
        verdict.key,
        verdict.message,
        exercise.name,
        printed=clipped(prints.getvalue()),
        joy=exercise.joy if verdict.ok else "",
        beside=painter.beside(),
    )
    return {**outcome.as_dict(), "said": outcome.said(), "pictures": _painted(painter)}


def guess(name: str, text: str) -> str:
    """What there is to say about a guess: the number that was typed, for the picture of an exercise."""
    picture, number = picture_of(_named(name)), guessed(text)
    if number is None:
        return "A guess is a number, as 0.5 or -2."
    assert picture is not None
    return picture.judged(number)


def _named(name: str) -> Exercise:
    exercise = course().find(name)
    if exercise is None:
        raise ValueError(f"there is no exercise {name!r}")
    return exercise


def _painted(painter: Painter) -> list[str]:
    """The curves with the learner's numbers, as SVG. Graphs are drawn by Graphviz, which is not here."""
    from microgd.learn.pictures import Curve

    parts = zip(painter.shown.parts, painter.yours, strict=False) if painter.shown else ()
    return [part.html(mine) for part, mine in parts if isinstance(part, Curve) and mine]


def _answer(exercise: Exercise, answers: dict[str, str]) -> str:
    return next((answers[x] for x in (exercise.name, *exercise.formerly) if x in answers), exercise.stub)


# --- a program ----------------------------------------------------------------------------------------


def _result(source: str) -> Any:
    """Run a program. Returns the value of its last line, if that is an expression."""
    tree = ast.parse(source, PROGRAM)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    names: dict[str, Any] = {"__name__": "__main__", "__file__": PROGRAM}
    exec(compile(tree, PROGRAM, "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), PROGRAM, "eval"), names)


def _shown(value: Any) -> list[dict[str, str]]:
    """How the page shows a value: a graph as its film, anything else as text."""
    from microgd.viz.drawing import Drawing
    from microgd.viz.player import Player

    if isinstance(value, Player):
        return [{"film": value.html}]
    if isinstance(value, Drawing):
        path = Path(tempfile.mkdtemp()) / "film.html"
        return [
            {"note": f"{NO_GRAPHVIZ} This is the film of the same graph."},
            {"film": value.save(path).read_text(encoding="utf-8")},
        ]
    print(repr(value))
    return []


def _explain(error: BaseException) -> None:
    """Print what Python prints when a program stops, without the lines of this module."""
    from microgd.viz.render import NotInstalledError

    if isinstance(error, SystemExit) and error.code in (None, 0):
        return
    trace, limit = error.__traceback__, None
    while trace is not None and trace.tb_frame.f_code.co_filename != PROGRAM:
        trace = trace.tb_next
    if isinstance(error, NotInstalledError):
        error, limit = type(error)(f"{NO_GRAPHVIZ} microgd.play shows the same graph."), 1
    print("".join(traceback.format_exception(type(error), error, trace, limit)), end="")


def _files(folder: Path) -> list[dict[str, str]]:
    """The files that a program has written: pages are shown as films, the others can be saved."""
    found: list[dict[str, str]] = []
    kept = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / PROGRAM:
            kept += path.stat().st_size
            if kept > MOST_KEPT:
                print(
                    f"The program has written more than {MOST_KEPT:,} bytes: the page shows the first files."
                )
                break
            name, content = path.relative_to(folder).as_posix(), path.read_bytes()
            if path.suffix == ".html":
                found.append({"film": content.decode("utf-8", "replace"), "name": name})
            else:
                found.append({"file": name, "data": base64.b64encode(content).decode()})
    return found


@contextlib.contextmanager
def _films(shown: list[dict[str, str]]) -> Iterator[None]:
    """What is opened in a browser is shown by the page: that is what `Player.show` does."""

    def open_(url: str, new: int = 0, autoraise: bool = True) -> bool:
        place = urlparse(url)
        if place.scheme == "file":
            shown.append({"film": Path(unquote(place.path)).read_text(encoding="utf-8")})
        return place.scheme == "file"

    before, webbrowser.open = webbrowser.open, open_
    try:
        yield
    finally:
        webbrowser.open = before


# --- a folder, and prints -------------------------------------------------------------------------------


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder in which a program runs. Afterwards it is gone, and so are the modules that came from it."""
    before, path, modules = os.getcwd(), list(sys.path), set(sys.modules)
    folder = Path(tempfile.mkdtemp(prefix="microgd-"))
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    linecache.clearcache()  # another program of the same name may have been here before
    importlib.invalidate_caches()
    try:
        yield folder
    finally:
        os.chdir(before)
        sys.path[:] = path
        sys.dont_write_bytecode = bytecode
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _printing(prints: _Prints) -> Iterator[None]:
    """Everything that is printed inside of the block goes there."""
    with contextlib.redirect_stdout(prints), contextlib.redirect_stderr(prints):
        try:
            yield
        finally:
            prints.flush()


class _Prints(io.TextIOBase):
    """What a program prints, passed on line by line, until it is too much."""

    def __init__(self, sink: Callable[[str], Any]) -> None:
        self.sink = sink
        self.line = ""
        self.left = MOST_PRINTED

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.left > 0:
            self.line += text[: self.left]
            self.left -= len(text)
            if "\n" in text or len(self.line) > 1000 or self.left <= 0:
                self.flush()
            if self.left <= 0:
                self.sink(f"\n(Only the first {MOST_PRINTED:,} characters are shown.)\n")
        return len(text)

    def flush(self) -> None:
        line, self.line = self.line, ""
        if line:
            self.sink(line)
