"""Whatever an answer does, an outcome comes back: a sentence, and not a traceback."""

import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings, strategies as st

from microgd.learn import check
from microgd.learn.course import Course
from microgd.learn.fence import run
from microgd.learn.outcome import CLIP
from tests.strategies import examples

from . import nasty
from .conftest import write_exercise

COURSE = Course()
TANH = COURSE.find("tanh")
LIMIT = 1.0  # seconds


SAID = {
    "ends the process": "Your code ended Python before the check was over (exit status 3)."
    " Is there an os._exit, or far too much memory in use?",
    "kills itself": "Python itself crashed (signal 9) while it ran your code."
    " Is there a recursion without an end?",
    "loops in C": "Still running after 1 seconds, so it was stopped."
    " Is there a loop that never ends, or a number with millions of digits?",
    "eats memory": "Line 5 (`return bytearray(3 << 30)`) stops: it needs more memory than it may have."
    " Does something grow in a loop?",
    "reads stdin": "Line 5 (`return float(input())`) stops: it waits for input(), and here is nobody to type."
    " What happens there?",
}


@pytest.fixture(scope="module")
def outcomes(request, tmp_path_factory):
    """What comes of each answer, and its file afterwards. Four run at once: most of them only wait."""
    tests = [test for test in request.session.items if "outcomes" in getattr(test, "fixturenames", ())]
    wanted = {test.callspec.params["name"] for test in tests}

    def ran(name, source, keys):
        file = tmp_path_factory.getbasetemp() / "harm" / name / "tanh.py"
        file.parent.mkdir(parents=True)
        file.write_bytes(source)
        start = time.perf_counter()
        outcome = run(COURSE, TANH, file, LIMIT if "timeout" in keys else 30.0)
        return outcome, file.read_bytes(), time.perf_counter() - start

    pool = ThreadPoolExecutor(4)
    yield {
        name: pool.submit(ran, name, source, keys) for name, source, keys in nasty.answers() if name in wanted
    }
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(
    ("name", "source", "keys"), list(nasty.answers()), ids=[x[0] for x in nasty.answers()]
)
def test_harm_ends_in_a_sentence(outcomes, name, source, keys):
    outcome, kept, seconds = outcomes[name].result()
    assert seconds < 40
    assert outcome.key in keys, outcome
    assert outcome.ok == (outcome.key == "ok")
    assert outcome.message == SAID.get(name, outcome.message)
    assert (outcome.exercise, outcome.file) == ("tanh", "tanh.py")
    assert outcome.joy == (TANH.joy if outcome.ok else "")
    assert outcome.message
    assert "Traceback" not in repr(outcome)
    assert "microgd/learn" not in repr(outcome)
    assert len(repr(outcome)) < 2 * CLIP
    assert kept == source
    if not outcome.ok:
        assert re.search(r"\?|wait for you", outcome.message), "a question belongs to every failure"


def test_a_check_that_fails_is_not_the_learners_mistake(tmp_path):
    folder = tmp_path / "course" / "1-own"
    write_exercise(folder / "01-twice", "twice", "2 * x")
    (folder / "chapter.md").write_text("# Own\n")
    (folder / "01-twice" / "check.py").write_text("")
    course = Course(tmp_path / "course")
    outcome = run(course, course.exercises[0], folder / "01-twice" / "solution.py")
    assert (outcome.ok, outcome.key) == (False, "check_failed")
    assert outcome.message == "The check itself ended with CourseError. A bug?"


def test_the_line_is_told(tmp_path):
    file = tmp_path / "tanh.py"
    for body, line in (
        ("y = 3\n    return y / 0", 6),
        ("while True:\n        x = 1", 5),
        ("return (oout)", 5),
    ):
        file.write_text(nasty.HEAD + body + "\n")
        message = run(COURSE, TANH, file, LIMIT).message
        assert re.search(rf"\b[Ll]ine ({line}|{line + 1})\b", message), message


def test_ctrl_c_stops_a_check_at_once_and_judges_nothing(tmp_path):
    file = tmp_path / "tanh.py"
    file.write_text(nasty.HEAD + "while True:\n        x = 1\n")
    start = time.perf_counter()
    timer = threading.Timer(0.7, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt, match=r"^tanh was not judged\.$"):
        run(COURSE, TANH, file, 30.0)
    assert time.perf_counter() - start < 15.0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_prints_are_shown_apart_and_clipped(tmp_path):
    file = tmp_path / "tanh.py"
    file.write_text(nasty.HEAD + "print('seen', x)\n    return (1 - out**2) * g\n")
    outcome = run(COURSE, TANH, file)
    assert outcome.ok
    assert outcome.printed.startswith("seen ")
    file.write_text(nasty.HEAD + "print('\\x1b[2J' * 10**5)\n    return (1 - out**2) * g\n")
    outcome = run(COURSE, TANH, file)
    assert outcome.ok
    assert "\x1b" not in outcome.printed
    assert "characters more" in outcome.printed


def test_a_file_beside_does_not_replace_the_standard_library(tmp_path):
    (tmp_path / "math.py").write_text("raise RuntimeError")
    (tmp_path / "random.py").write_text("raise RuntimeError")
    file = tmp_path / "tanh.py"
    file.write_text(TANH.solution)
    assert run(COURSE, TANH, file).ok


things = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(), st.binary(),
    st.lists(st.floats()), st.dictionaries(st.text(), st.floats()), st.just(...), st.just(object()),
    st.just(print), st.just(float), st.functions(),
)  # fmt: skip


@given(
    st.sampled_from(["tanh", "mul", "softmax", "slope", "kink", "order", "update", "train", "linear"]), things
)
def test_no_answer_of_any_kind_breaks_the_checker(name, thing):
    for answer in (thing, lambda *arguments: thing, lambda *arguments, **options: [thing] * 3):
        outcome = check(name, answer)
        assert not outcome.ok or thing in (0, False, [0.0])
        assert outcome.key != "check_failed", outcome
        assert outcome.message
        assert outcome._repr_html_()


pieces = st.lists(
    st.sampled_from([
        "import math", "math.exp = None", "print(x, out, g)", "global tanh; tanh = out", "x = out",
        "g = None",
        "assert x > 0", "del g", "if x < 0: raise ValueError('no')", "import random; random.random = None",
        "import sys; sys.stdout = None", "import sys; sys.modules.clear()", "out = [out]", "x = x / 0",
        "g = g * (1 - out**2)", "import os; os.chdir('/')", "locals().clear()", "globals().clear()",
    ]),
    max_size=4,
)  # fmt: skip


@settings(max_examples=examples(10))
@given(pieces, st.sampled_from(["g", "x", "None", "out * g", "(1 - out**2) * g", "backward"]))
def test_no_program_made_of_harm_breaks_the_runner(tmp_path_factory, lines, result):
    file = tmp_path_factory.mktemp("fuzz") / "tanh.py"
    file.write_text("def backward(x, out, g):\n    " + "\n    ".join([*lines, f"return {result}"]) + "\n")
    outcome = run(COURSE, TANH, file, 10.0)
    assert outcome.key not in ("check_failed", "crashed"), outcome
    assert outcome.message
    assert "Traceback" not in repr(outcome)
