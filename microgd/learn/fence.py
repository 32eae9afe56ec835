"""Run a learner's file in a process of its own: with a time limit, without stdin, and with its own output.

The check runs here, and asks that process through a channel (channel.py).

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
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .channel import DisturbedError, GoneError, LateError, Peer
from .checks import Verdict, failed
from .judge import judge_there
from .outcome import CLIP, Outcome, clipped
from .painter import Painter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from .course import Course, Exercise

LIMIT = 10.0  # seconds an answer may take; a good one takes less than one
GRACE = 2.0  # seconds more until the child, which should have said so itself, is killed
LAST = 1.0  # seconds for the child's last prints

PACKAGE = str(Path(__file__).parent.parent.parent)

CHILD = (
    "import sys; root, request = sys.argv[1:]; root in sys.path or sys.path.insert(0, root);"
    " from microgd.learn import keeper; keeper.keep();"
    " from microgd.learn.judge import main; main(request)"
)


def run(course: Course, exercise: Exercise, file: Path, limit: float = LIMIT) -> Outcome:
    """The outcome of checking a file for an exercise."""
    file = file.absolute()
    with tempfile.TemporaryDirectory(prefix="microgd-", ignore_cleanup_errors=True) as folder:
        request = json.dumps({"file": str(file), "limit": limit, "stub": exercise.stub})
        painter = Painter(exercise)
        verdict, printed = _judged(exercise, str(file), request, folder, limit, painter)
    return Outcome(
        verdict.ok,
        verdict.key,
        verdict.message,
        exercise.name,
        file.name,
        printed,
        exercise.joy if verdict.ok else "",
        painter.beside(),
    )


def _judged(
    exercise: Exercise, file: str, request: str, folder: str, limit: float, painter: Painter
) -> tuple[Verdict, str]:
    """Start the child, judge what it answers, and end it. Returns the verdict, and what it printed."""
    process = subprocess.Popen(
        # -I: neither the learner's folder nor the environment comes before the standard library
        [sys.executable, "-I", "-X", "utf8", "-c", CHILD, PACKAGE, request],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        start_new_session=os.name == "posix",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    prints = _Prints(process.stderr)
    late = threading.Event()

    def expire() -> None:
        late.set()
        _end(process)

    watch = threading.Timer(limit + GRACE, expire)
    watch.daemon = True
    watch.start()
    stopped = threading.Event()
    try:
        with _ended_by_ctrl_c(process, stopped):
            verdict = judge_there(exercise, Peer(process.stdout, process.stdin.fileno()), file, painter)
    except LateError as error:
        verdict = failed(
            "timeout",
            f"Still running after {limit:g} seconds, so it was stopped.{error} Is there a loop that never"
            " ends?",
        )
    except GoneError:
        verdict = _gone(process, late, limit)
    except DisturbedError:
        verdict = failed(
            "disturbed",
            "Your code wrote into the channel through which it is asked and answers. Does it write to a file"
            " that it has not opened?",
        )
    except Exception as error:
        verdict = Verdict(
            False, "check_failed", f"The check itself ended with {type(error).__name__}. A bug?"
        )
    finally:
        watch.cancel()
        with contextlib.suppress(OSError):
            process.stdin.close()  # the child ends by itself, when it has nothing more to answer
        if not late.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LAST if prints.is_alive() else 0)
        _end(process)
        process.stdout.close()
    if stopped.is_set():
        raise KeyboardInterrupt(f"{exercise.name} was not judged.")
    prints.join(1.0)
    return verdict, prints.text()


@contextlib.contextmanager
def _ended_by_ctrl_c(process: subprocess.Popen[bytes], stopped: threading.Event) -> Iterator[None]:
    """Inside of the block, Ctrl-C ends the child. (An exception would leave half a message.)"""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()
        process.terminate()

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the child, and all processes that it started."""
    if sys.platform == "linux":  # the keeper ends them, one by one
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()


def _gone(process: subprocess.Popen[bytes], late: threading.Event, limit: float) -> Verdict:
    """The verdict on an answer that ended its process."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    status = process.poll()
    if late.is_set() or status is None:
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
