"""Check functions that live in a notebook."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FrameType, ModuleType
from typing import Any

from .cells import learners, named
from .checks import failed
from .course import Course
from .fence import LIMIT
from .judge import judge
from .outcome import Outcome, clipped
from .painter import Painter


class _Late(BaseException):
    """Time is up. Not an Exception: an answer that catches those cannot catch this one by accident."""


def check(exercise: str | None = None, *answers: Any, limit: float = LIMIT, **by_name: Any) -> Outcome:
    """The same as `microgd learn check`, for an answer in memory: as text, and in a notebook as HTML.

        microgd.learn.check("tanh", my_rule)

    answers  what the exercise asks for, in the stub's order: functions or classes
    limit    seconds the answer may take (on systems with alarm signals, in the main thread)
    by_name  the same, by name: check("tanh", backward=my_rule)

    If there is a record of progress at hand, what passes is written down there.
    """
    folder = learners()
    course = folder.course if folder else Course()
    found = named(course, exercise, "check")
    if len(answers) > len(found.asked):
        wanted = ", ".join(found.asked)
        raise TypeError(f"{found.name} asks for {wanted}: {len(found.asked)}, and {len(answers)} were given")
    given = {**dict(zip(found.asked, answers, strict=False)), **by_name}
    file = _file(next(iter(given.values()), None))

    def namespace() -> Mapping[str, Any]:
        module = ModuleType("answer")
        tree, earlier = _without_imports(ast.parse(found.stub), {x.name for x in course.exercises})
        written = _globals(given.values())
        module.__dict__.update({name: written[name] for name in earlier if name in written})
        with contextlib.suppress(ImportError):  # of a file that is not here
            exec(compile(tree, found.place, "exec"), module.__dict__)  # what the stub has ready
        for name in found.asked:
            module.__dict__.pop(name, None)
        module.__dict__.update(given)
        return vars(module)

    prints, painter = io.StringIO(), Painter(found)
    with contextlib.redirect_stdout(prints), contextlib.redirect_stderr(prints):
        try:
            with _alarm(limit):
                verdict = judge(found, namespace, file, painter)
        except _Late:
            verdict = failed(
                "timeout",
                f"Still running after {limit:g} seconds, so it was stopped. Is there a loop that never ends?",
            )
    printed = clipped(prints.getvalue())
    if folder is not None and verdict.ok:
        folder.record(found)
    return Outcome(
        verdict.ok,
        verdict.key,
        verdict.message,
        found.name,
        "",
        printed,
        found.joy if verdict.ok else "",
        painter.beside(),
        painter.picture(),
    )


def _without_imports(tree: ast.Module, files: set[str]) -> tuple[ast.Module, list[str]]:
    """A stub without what it imports from answers to earlier exercises, and the names of that.

    In a notebook, those answers are in other cells.
    """
    imports = [x for x in tree.body if isinstance(x, ast.ImportFrom) and x.module in files]
    tree.body = [x for x in tree.body if x not in imports]
    return tree, [alias.asname or alias.name for x in imports for alias in x.names]


def _globals(answers: Iterable[Any]) -> dict[str, Any]:
    """The names of the notebook in which answers were written."""
    for answer in answers:
        parts = vars(answer).values() if isinstance(answer, type) else (answer,)
        for part in parts:
            with contextlib.suppress(ValueError):  # functions that wrap each other in a ring
                found = getattr(inspect.unwrap(part) if callable(part) else part, "__globals__", None)
                if isinstance(found, dict):
                    return found
    return {}


def _file(answer: Any) -> str:
    """The file or the cell in which an answer was written."""
    try:
        return inspect.unwrap(answer).__code__.co_filename
    except (AttributeError, ValueError):
        return ""


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise _Late inside of the block after so many seconds, if the system can do that."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    late = False

    def ring(number: int, frame: FrameType | None) -> None:
        nonlocal late
        late = True
        raise _Late

    before: Callable[..., Any] | int | None = signal.signal(signal.SIGALRM, ring)
    # Again and again: a bare `except:` in an endless loop would swallow a single one.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if late:
        raise _Late
