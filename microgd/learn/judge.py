"""Judge one answer.

On the command line the answer runs in a child process (`main`), and the check in its parent (`judge_there`):
if an answer harms its process, `math` or memory, the harm ends with it, and the verdict is out of its reach.
In a notebook, `learn.check` judges in the process of the notebook (`judge`), because the function is there.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import json
import math
import os
import random
import sys
import threading
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import checks
from .channel import DisturbedError, EndedError, LateError, Peer, ReplacedError
from .checks import Answer, AnswerError, Verdict, asking, failed, finished, unfinished
from .course import CourseError, Exercise, gaps
from .outcome import place_in, quoted, running_place, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MEMORY = 2 << 30  # bytes an answer may take: enough for anything asked here, no harm to the computer


def judge_file(exercise: Exercise, path: str) -> Verdict:
    """The verdict on a learner's file, which runs in this process."""
    found = read(path)
    return found if isinstance(found, Verdict) else judge(exercise, found, path)


def judge_there(
    exercise: Exercise, peer: Peer, path: str, wrong: Callable[[Answer], Any] = lambda answer: None
) -> Verdict:
    """The verdict on a learner's file, which runs in the process at the other end of the channel.

    Only what the functions of the file return comes from there. EndedError if the other process has ended.
    `wrong` is called with an answer that is wrong, while it can still be asked.
    """
    check = load_check(exercise)
    answer = Answer({}, path, exercise)
    try:
        match peer.ask("load"):
            case [str(key), str(message)]:
                return failed(key, message)
            case dict(names):
                answer.names = names
            case _:
                raise DisturbedError
        verdict = finished(answer, check(answer))
        if not verdict.ok:
            wrong(answer)
    except AnswerError as error:
        verdict = asking(error.verdict)
    except ReplacedError as error:
        return _changed(*error.args)
    except LateError as error:
        if not answer.late:
            raise
        return failed("slow", answer.late.replace("{}", "".join(error.args)))
    except EndedError:
        raise
    except BaseException as error:
        verdict = _raised(answer, error, path)
    try:
        changes = peer.ask("changed")
    except ReplacedError as error:
        return _changed(*error.args)
    return _changed(list(map(str, changes))) if changes else verdict


def read(path: str) -> Verdict | Callable[[], Mapping[str, Any]]:
    """A function that runs a learner's file and returns its names; or a verdict, if it cannot be run."""
    try:
        source = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return failed("unreadable", "The file is not plain text (UTF-8). Was it saved by a word processor?")
    except OSError as error:
        return failed("unreadable", f"The file cannot be read: {error.strerror}. Is it still there?")
    try:
        tree = ast.parse(source, path)
        code = compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, SyntaxError) and error.lineno:
            return failed(*told(error, path))
        return failed("syntax", f"Python cannot read the file ({error}). Is it the file you meant?")
    if lines := gaps(tree):
        return unfinished(lines).verdict
    for name in _imported(tree):
        if lines := _gaps_beside(path, name):
            return unfinished(lines, f"{name}.py, which this file builds on").verdict

    module = types.ModuleType("answer")
    module.__file__ = path
    sys.modules["answer"] = module
    sys.path.append(str(Path(path).parent))

    def names() -> Mapping[str, Any]:
        exec(code, module.__dict__)
        return vars(module)

    return names


def judge(
    exercise: Exercise,
    names: Callable[[], Mapping[str, Any]],
    file: str,
    wrong: Callable[[Answer], Any] = lambda answer: None,
) -> Verdict:
    """The verdict on the names that `names()` returns. Only KeyboardInterrupt is raised, nothing else.

    `wrong` is called with an answer that is wrong.
    """
    check = load_check(exercise)
    answer = Answer({}, file, exercise)
    with _guarded() as changed:
        try:
            answer.names = names()
            changes = changed()
            verdict = _changed(changes) if changes else finished(answer, check(answer))
            if not verdict.ok and not changes:
                changes = changed()
                verdict = _changed(changes) if changes else verdict
                wrong(answer)
        except AnswerError as error:
            verdict = asking(error.verdict)
        except BaseException as error:
            changes = changed()  # at once: what follows may need what was replaced
            verdict = _changed(changes) if changes else _raised(answer, error, file)
        changes = changed()
    return _changed(changes) if changes else verdict


def _imported(tree: ast.AST) -> list[str]:
    """The names of the modules that a file imports."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return found


def _gaps_beside(path: str, name: str) -> list[int]:
    """The lines with dots in the learner's file of that name, beside this one, if it exists."""
    beside = Path(path).with_name(f"{name}.py")
    try:
        return gaps(ast.parse(beside.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, SyntaxError):  # importing it will tell
        return []


def load_check(exercise: Exercise) -> Callable[[Answer], Any]:
    """The function `check` of an exercise's check.py."""
    path = exercise.folder / "check.py"
    names: dict[str, Any] = {"__name__": f"check_{exercise.name}", "__file__": str(path)}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    if "check" not in names:
        raise CourseError(f"{path} has no function check(answer).")
    return names["check"]


def _raised(answer: Answer, error: BaseException, file: str) -> Verdict:
    """The verdict on an exception: is it the answer's, or the check's own?"""
    if (
        answer.error is None
        and isinstance(error, KeyboardInterrupt)
        and not hasattr(error, "told")
        and not place_in(error.__traceback__, file)
    ):
        raise error
    theirs = hasattr(error, "told") or place_in(error.__traceback__, file)
    if error is answer.error or theirs or isinstance(error, SystemExit):
        return failed(*told(error, file, answer.exercise.stub))
    if isinstance(error, (RecursionError, MemoryError)):
        return failed(*told(error, file, answer.exercise.stub))
    if isinstance(error, (AttributeError, TypeError, ValueError, LookupError)):
        return failed(
            "unusable",
            f"Your code gives something that cannot be used here ({type(error).__name__}: {error}). What kind"
            " of thing is asked for?",
        )
    return failed(
        "check_failed",
        f"The check itself stumbled over this answer ({type(error).__name__}: {error}). That is our"
        " mistake and not yours: please report it, with your file.",
    )


# --- what an answer must leave as it is -----------------------------------------------------------------


@contextlib.contextmanager
def _guarded() -> Iterator[Callable[[], list[str]]]:
    """Returns a function that says which names of ours were replaced, and restores them."""
    from .. import check, ops, value

    ours: list[Any] = [ops, value, value.Value, check, checks]
    ours += [module for name, module in sys.modules.items() if name.startswith("microgd.check.")]
    guarded: list[Any] = [math, builtins, random, *ours]
    before = [_public(module) for module in guarded[:3]] + [dict(vars(one)) for one in ours]
    same = dict.items  # what follows must work even when builtins are in pieces
    replace, remove, missing = setattr, delattr, object()

    def changed() -> list[str]:
        found = []
        for owner, names in zip_(guarded, before):
            now = dict_(vars_(owner))
            for name, thing in same(names):
                if now.get(name, missing) is not thing:
                    found.append(f"{owner.__name__}.{name}")
                    replace(owner, name, thing)
            if owner is builtins or owner is math:
                for name in now:
                    if name not in names and name != "_":
                        remove(owner, name)
        return found

    zip_, dict_, vars_ = zip, dict, vars
    limit, trace = sys.getrecursionlimit(), sys.gettrace()
    try:
        yield changed
    finally:
        changed()
        sys.setrecursionlimit(limit)
        if sys.gettrace() is not trace:
            sys.settrace(trace)


def _public(module: types.ModuleType) -> dict[str, Any]:
    """The names that others use. Private names are not among them: `random` changes one when it is seeded."""
    return {name: x for name, x in vars(module).items() if not name.startswith("_") or name[:2] == "__"}


def _changed(names: list[str]) -> Verdict:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return failed(
        "replaced",
        f"Your code replaces {shown}, which other code relies on, the check too. Could your own function"
        " bear a name of its own?",
    )


# --- the child ------------------------------------------------------------------------------------------


def main(request: str) -> None:
    """Run the file that `request` (JSON) names, and answer what its check asks, until the check is over.

    Requests come on stdin and answers go to stdout. The learner's code has an empty stdin, and what it prints
    goes to stderr.
    """
    asked = json.loads(request)
    file, thread = asked["file"], threading.get_ident()
    requests, answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    # What is needed at the end is taken now: the answer may break anything.
    leave, stdout = os._exit, sys.stdout

    def flush() -> None:
        with contextlib.suppress(BaseException):
            stdout.flush()

    def load() -> list[str] | dict[str, Any]:
        found = read(file)
        if isinstance(found, Verdict):
            return [found.key, found.message]
        return {name: x for name, x in found().items() if name[:2] != "__"}

    def expire() -> None:
        place = running_place(file, thread)
        flush()
        with contextlib.suppress(BaseException):
            peer.send("late", f" It was in l{quoted(*place, file)[1:]} then." if place else "")

    def explain(error: BaseException) -> tuple[str, str]:
        return told(error, file, asked["stub"])

    timer = threading.Timer(asked["limit"], expire)
    timer.daemon = True
    timer.start()
    _limit_memory()
    modules, loaded = dict(sys.modules), sys.modules
    with _guarded() as changed, contextlib.suppress(BaseException):

        def repair() -> list[str]:
            for name, module in modules.items():
                loaded.setdefault(name, module)
            return changed()

        services = {"load": load, "changed": repair}
        peer = Peer(requests, answers, careful=False, explain=explain, services=services)
        peer.repair = repair
        peer.serve_all()
    flush()
    leave(0)  # not sys.exit: threads and atexit functions of the answer would have their say


def _limit_memory() -> None:
    try:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ImportError, OSError, ValueError):  # not on this system
        pass
