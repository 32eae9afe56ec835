"""On Linux: a process that ends everything that an answer started, whatever it did to be left alone.

`keep()` splits the process in two. One of them goes on and runs the learner's code. The other, the keeper, is
made the parent of every process below it that has lost its own (a "subreaper"): also of one that has begun a
session of its own, or was started by a process that has ended. When the learner's process ends, or when the
keeper is told to terminate, it ends all of them. Elsewhere `keep()` does nothing: there only the group of
processes ends with the check.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER in <linux/prctl.h>
PATIENCE = 1.5  # seconds: a program that starts processes faster than they can be ended is given up


def keep() -> None:
    """Return in a new process. This one ends when the new one does, with its status, and all below it."""
    if sys.platform != "linux":
        return
    import ctypes

    try:
        if ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0) != 0:
            return
    except (OSError, AttributeError):
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD])
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM, signal.SIGCHLD])
        return
    signal.signal(signal.SIGTERM, lambda *_: None)
    for number in range(3):  # the channel is not ours: it must close with the child
        os.close(number)
    status = 0
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        told = None if done else signal.sigtimedwait([signal.SIGTERM, signal.SIGCHLD], 1.0)
        if done or (told is not None and told.si_signo == signal.SIGTERM):
            break
    _end_all()
    if os.WIFSIGNALED(status):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        number = os.WTERMSIG(status)
        with contextlib.suppress(OSError):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))


def _end_all() -> None:
    """End all processes below this one, and those below them, which become ours then, until none is left."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for child in _children():
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def _children() -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with (
                contextlib.suppress(OSError, ValueError, IndexError),
                open(f"/proc/{name}/stat", "rb") as file,
            ):
                if int(file.read().rpartition(b")")[2].split()[1]) == os.getpid():
                    found.append(int(name))
    return found
