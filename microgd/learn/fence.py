"""Run a learner's file in a process of its own: with a time limit, without stdin, and with its own output.

Whatever the file does (it loops, crashes, prints megabytes, ends the program), there is an Outcome.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .checks import Verdict, failed
from .outcome import CLIP, Outcome, clipped

if TYPE_CHECKING:
    from .course import Course, Exercise

LIMIT = 10.0  # seconds an answer may take; a good one takes less than one
GRACE = 2.0  # seconds more until the child, which should have ended by itself, is killed

PACKAGE = str(Path(__file__).parent.parent.parent)

CHILD = (
    "import sys; root, request = sys.argv[1:]; root in sys.path or sys.path.insert(0, root);"
    " from microgd.learn.judge import main; main(request)"
)


def run(course: Course, exercise: Exercise, file: Path, limit: float = LIMIT) -> Outcome:
    """The outcome of checking a file for an exercise."""
    file = file.absolute()
    with tempfile.TemporaryDirectory(prefix="microgd-", ignore_cleanup_errors=True) as folder:
        result = Path(folder) / "result.json"
        request = {
            "course": str(course.folder.absolute()),
            "exercise": exercise.name,
            "file": str(file),
            "limit": limit,
            "result": str(result),
        }
        printed, status = _child(json.dumps(request), folder, limit + GRACE)
        verdict = _verdict(result, status, limit)
    return Outcome(
        verdict.ok,
        verdict.key,
        verdict.message,
        exercise.name,
        file.name,
        printed,
        exercise.joy if verdict.ok else "",
    )


def _child(request: str, folder: str, limit: float) -> tuple[str, int | None]:
    """Run the child. Returns what it printed, and its exit status (None: it had to be killed)."""
    process = subprocess.Popen(
        # -I: neither the learner's folder nor the environment comes before the standard library
        [sys.executable, "-I", "-X", "utf8", "-c", CHILD, PACKAGE, request],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        start_new_session=os.name == "posix",
    )
    assert process.stdout is not None
    prints = _Prints(process.stdout)
    status: int | None = None
    try:
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(min(1.0, max(0.01, deadline - time.monotonic())))
                break
    finally:
        _end(process)
    prints.join(1.0)
    return prints.text(), status


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the child, and all processes that it started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()


class _Prints(threading.Thread):
    """Reads all output of a child, so that the child never waits, and keeps the beginning."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.pipe = pipe
        self.kept = b""
        self.total = 0
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError, ValueError), self.pipe:
            while chunk := os.read(self.pipe.fileno(), 1 << 16):
                self.total += len(chunk)
                if len(self.kept) < 4 * CLIP:
                    self.kept += chunk

    def text(self) -> str:
        text = self.kept.decode("utf-8", "replace")
        text = text.replace("\r\n", "\n")
        return clipped(text, len(text) + self.total - len(self.kept))


def _verdict(result: Path, status: int | None, limit: float) -> Verdict:
    try:
        told = json.loads(result.read_text(encoding="utf-8"))
        return Verdict(told["ok"] is True, told["key"], told["message"])
    except (OSError, ValueError, TypeError, KeyError):
        pass
    if status is None:
        return failed(
            "timeout",
            f"Still running after {limit:g} seconds, so it was stopped. Is there a loop that never ends, or"
            " a number with millions of digits?",
        )
    if status < 0:
        return failed(
            "crashed",
            f"Python itself crashed (signal {-status}) while it ran your code. Is there a recursion without"
            " an end?",
        )
    return failed(
        "crashed",
        f"Your code ended Python before the check was over (exit status {status}). Is there an os._exit,"
        " or far too much memory in use?",
    )
