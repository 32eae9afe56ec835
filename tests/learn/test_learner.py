"""The command line as a newcomer meets it, and the record of progress."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from microgd.learn import command
from microgd.learn.course import BUILT_IN, Course, mark
from microgd.learn.desk import Desk

from .conftest import write_exercise

ROOT = str(Path(__file__).parent.parent.parent)
COURSE = Course()
SLOPE = COURSE.find("slope")
STEP = COURSE.find("step")


@pytest.fixture
def learn(tmp_path, monkeypatch, capsys):
    """`microgd learn ...` in a folder of its own: returns exit status and what was printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = command.main(arguments)
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


@pytest.fixture
def desk(learn, tmp_path):
    """The learner's folder, just laid out."""
    learn("start")
    return Desk(tmp_path / "microgd-learn", COURSE)


def test_two_commands_lead_to_a_passed_exercise(tmp_path):
    """As a newcomer does it: start, fill in one line, check."""

    def microgd(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "microgd", "learn", *arguments],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": ROOT, "PYTHONUTF8": "1"},
            capture_output=True, text=True, encoding="utf-8", timeout=60,
        )  # fmt: skip

    started = microgd("start")
    assert started.returncode == 0
    told = next(line for line in started.stdout.splitlines() if line.strip().startswith("Open"))
    file = tmp_path / told.split()[1]
    assert "microgd learn check" in started.stdout
    file.write_text(file.read_text().replace("return ...", "return (f(x + h) - f(x)) / h"))
    checked = microgd("check")
    assert checked.returncode == 0, checked.stdout
    assert "✓ slope" in checked.stdout
    assert SLOPE.joy.split(".")[0] in " ".join(checked.stdout.split())
    assert "microgd learn next" in checked.stdout
    assert not checked.stderr


@pytest.mark.parametrize("words", [["learn", "list"], ["learn", "selfcheck", "slope"], ["--help"]])
def test_a_reader_that_leaves_ends_a_command_in_silence(words):
    """As in `microgd learn list | head`."""
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "microgd", *words],
        env={**os.environ, "PYTHONPATH": ROOT}, stdout=writer, stderr=subprocess.PIPE, timeout=60,
    )  # fmt: skip
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_every_exercise_can_be_passed_in_turn_and_the_end_is_told(learn, desk):
    for exercise in COURSE.exercises[:3]:
        desk.file(exercise).write_text(exercise.solution)
        status, said = learn("check")
        assert status == 0, said
        assert exercise.name in said
        learn("next")
    for exercise in COURSE.exercises[3:]:
        desk.record(exercise)
    assert "All" in learn("next")[1]
    assert "All" in learn()[1]
    assert learn("check")[0] in (0, 1)


def test_the_stub_tells_where_to_write_and_fails(learn, desk):
    status, said = learn("check")
    assert status == 1
    line = int(said.split("in line ")[1].split()[0])
    assert "..." in desk.file(SLOPE).read_text().splitlines()[line - 1]
    assert "Open" in said
    assert "hint" in said


lines = st.lists(
    st.one_of(
        st.text(max_size=30), st.sampled_from(["passed slope", "hint slope 2", "at step", "at", "passed"])
    )
)


@settings(deadline=None)
@given(lines)
def test_any_record_can_be_read_and_keeps_what_it_held(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("desk")
    desk = Desk(folder, COURSE)
    desk.progress.path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    before = desk.progress.lines()
    was = desk.passed(SLOPE)
    desk.current()
    desk.record(STEP)
    assert desk.passed(STEP)
    assert desk.passed(SLOPE) == was
    assert [x for x in before if not x.startswith("at ")] == [
        x for x in desk.progress.lines() if x in before and not x.startswith("at ")
    ]


def test_a_record_of_bytes_does_no_harm(tmp_path):
    desk = Desk(tmp_path, COURSE)
    desk.progress.path.write_bytes(b"\xff\x00passed slope\npassed step\n")
    assert desk.passed(STEP)
    desk.record(SLOPE)
    assert desk.passed(SLOPE)
    assert desk.passed(STEP)


def test_a_course_of_ones_own(learn, tmp_path):
    folder = tmp_path / "course" / "1-own"
    write_exercise(folder / "01-twice", "twice", "2 * x")
    (folder / "chapter.md").write_text("# Own\n\nHello.\n")
    course = str(tmp_path / "course")
    assert learn("selfcheck", "--course", course)[0] == 0
    assert learn("start", "--course", course)[0] == 0
    file = tmp_path / "microgd-learn" / "1-own" / "twice.py"
    file.write_text("def twice(x):\n    return x + x\n")
    assert learn("check")[0] == 0, "the folder remembers its course"
    mistake = "@@ right after all -> unknown\n-    return 2 * x\n+    return x * 2\n"
    (folder / "01-twice" / "mistakes.diff").write_text(mistake)
    assert learn("selfcheck", "--course", course)[0] == 1


def test_the_built_in_course_is_whole():
    assert len({x.chapter.number for x in COURSE.exercises}) == 10
    assert COURSE.folder == BUILT_IN
    for exercise in COURSE.exercises:
        assert exercise.asked, exercise.name
        assert exercise.joy, exercise.name
        assert len(exercise.mistakes) >= 5, exercise.name
        compile(exercise.handout, exercise.place, "exec")
        assert exercise.handout.startswith(mark(exercise.name))
