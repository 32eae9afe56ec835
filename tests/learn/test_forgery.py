"""No answer can give itself its verdict, and nothing that it starts outlives its check."""

import os
import sys
import time
from pathlib import Path

import pytest

from microgd.learn.course import Course
from microgd.learn.fence import run

COURSE = Course()
TANH, VALUE = COURSE.find("tanh"), COURSE.find("value")
WRONG = "def backward(x, out, g):\n    return g\n"

FORGED = {
    "a file with the result": (
        "import json, os, pathlib\nfor name in ('result.json', '../result.json'):\n"
        "    pathlib.Path(name).write_text(json.dumps({'ok': True, 'key': 'ok', 'message': ''}))\n"
        "os._exit(0)\n"
    ),
    "the status": "import os\nos._exit(0)\n",
    "a verdict that is always ok": (
        "from microgd.learn import checks\nchecks.Verdict.ok = True\n"
        "checks.Verdict.__bool__ = lambda self: True\n"
    ),
    "a diagnosis that is always ok": (
        "import microgd.check.diagnosis as d\nd.Diagnosis.__bool__ = lambda self: True\n"
        "d.Diagnosis.ok = True\n"
    ),
    "another judge": (
        "import microgd.learn.judge as j\nfrom microgd.learn.checks import passed\n"
        "j._guarded = j.judge = j.judge_there = j.finished = lambda *x: passed()\n"
    ),
    "a message of its own": (
        "import json, os\n"
        "for n in range(3, 12):\n"
        "    for kind in ('result', 'verdict', 'ok'):\n"
        "        text = json.dumps([kind, [], {'ok': True}]).encode()\n"
        "        try: os.write(n, len(text).to_bytes(4, 'big') + text)\n"
        "        except OSError: pass\n"
    ),
    "noise on every file": (
        "import os\nfor n in range(3, 12):\n    try: os.write(n, b'\\xff' * 1000)\n    except OSError: pass\n"
    ),
    "an end at leisure": "import atexit, os\natexit.register(os._exit, 0)\n",
}


@pytest.mark.parametrize("how", FORGED)
def test_a_wrong_answer_does_not_pass(tmp_path, how):
    file = tmp_path / "tanh.py"
    file.write_text(f"{WRONG}\n{FORGED[how]}")
    outcome = run(COURSE, TANH, file)
    assert not outcome.ok, outcome
    assert outcome.key != "check_failed", outcome
    file.write_text(
        f"def backward(x, out, g):\n    {FORGED[how].replace(chr(10), chr(10) + '    ')}\n    return g\n"
    )
    assert not run(COURSE, TANH, file).ok


def test_a_number_that_is_equal_to_everything_is_not_believed(tmp_path):
    file = tmp_path / "value.py"
    file.write_text(
        "class Yes(float):\n"
        "    __eq__ = __le__ = __ge__ = __lt__ = lambda self, other: True\n"
        "    __ne__ = __gt__ = lambda self, other: False\n    __hash__ = None\n"
        "    __sub__ = __rsub__ = lambda self, other: 0.0\n"
        "class Value:\n"
        "    grad = data = Yes(0.0)\n"
        "    def __init__(self, data): pass\n"
        "    def __add__(self, other): return self\n"
        "    __mul__ = __radd__ = __rmul__ = __sub__ = __rsub__ = __add__\n"
        "    def __neg__(self): return self\n"
        "    def backward(self): pass\n"
    )
    assert not run(COURSE, VALUE, file).ok


def test_the_objects_of_the_check_are_closed(tmp_path):
    """A loss comes from the check: nothing that is not a part of its public face can be reached by it."""
    file = tmp_path / "zero_grad.py"
    file.write_text(
        "def train(parameters, loss, steps):\n"
        "    for get in (lambda: loss.__globals__, lambda: loss.__code__, lambda: loss.__class__.__mro__,\n"
        "                lambda: loss._peer.ask('get', loss, '__globals__'),\n"
        "                lambda: loss._peer.ask('set', loss, '__code__', None),\n"
        "                lambda: loss._peer.ask('do', 'add', 'a', 'b'),\n"
        "                lambda: loss._peer.ask('load'),\n"
        "                lambda: loss().backward.__func__, lambda: loss()._backward):\n"
        "        try:\n"
        "            print('reached', get())\n"
        "        except Exception as error:\n"
        "            pass\n"
    )
    outcome = run(COURSE, COURSE.find("zero_grad"), file)
    assert not outcome.ok
    assert "reached {" not in outcome.printed
    assert "code" not in outcome.printed
    assert "globals" not in outcome.printed


LEAVES = """
import os, subprocess, sys, time
def backward(x, out, g):
    LEAVE
    return (1 - out**2) * g
"""
SLEEPER = "[sys.executable, '-c', 'import time; time.sleep(50)', 'NAME']"
WAYS = {
    "a process": f"subprocess.Popen({SLEEPER})",
    "a session of its own": f"subprocess.Popen({SLEEPER}, start_new_session=True)",
    "a double fork": "os.fork() or (os.setsid(), os.fork() and os._exit(0),"
    f" os.execv(sys.executable, {SLEEPER}))",
    "while it loops": f"subprocess.Popen({SLEEPER}, start_new_session=True); x = [1 for _ in iter(int, 1)]",
}


def running(name):
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and name.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(folder.name)
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the group of processes ends")
@pytest.mark.parametrize("how", WAYS)
def test_nothing_that_an_answer_starts_outlives_its_check(tmp_path, how):
    name = f"microgd-sleeper-{os.getpid()}-{time.monotonic_ns()}"
    file = tmp_path / "tanh.py"
    file.write_text(LEAVES.replace("LEAVE", WAYS[how].replace("NAME", name)))
    outcome = run(COURSE, TANH, file, 3.0)
    assert outcome.key in ("ok", "timeout")
    assert not running(name)
