"""The command line as a newcomer meets it, and the record of progress."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings, strategies as st

from microgd.learn import command
from microgd.learn.course import BUILT_IN, Course, CourseError, mark
from microgd.learn.desk import Desk, Progress, find_desk

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


def test_nothing_is_overwritten(learn, desk, monkeypatch):
    file = desk.file(SLOPE)
    file.write_text("# my work\n")
    learn("start")
    assert file.read_text() == "# my work\n"
    assert learn("reset", "slope")[0] == 2, "without a terminal there is nobody to ask"
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: "n")
    assert learn("reset", "slope")[0] == 1
    assert file.read_text() == "# my work\n"
    for number in (1, 2):
        file.write_text(f"# my work {number}\n")
        assert learn("reset", "slope", "--yes")[0] == 0
        assert file.with_name(f"slope-{number}.old.py").read_text() == f"# my work {number}\n"
        assert file.read_text() == SLOPE.handout


def test_start_leaves_other_folders_alone(learn, tmp_path):
    (tmp_path / "microgd-learn").mkdir()
    (tmp_path / "microgd-learn" / "thesis.txt").write_text("mine")
    assert learn("start")[0] == 2
    assert [x.name for x in (tmp_path / "microgd-learn").iterdir()] == ["thesis.txt"]
    assert learn("start", "elsewhere")[0] == 0
    assert (tmp_path / "elsewhere" / "progress.txt").exists()


def test_a_deleted_file_comes_back_and_progress_stays(learn, desk):
    desk.record(SLOPE)
    desk.file(SLOPE).unlink()
    assert learn("check", "slope")[0] == 1
    learn("start")
    assert desk.file(SLOPE).read_text() == SLOPE.handout
    assert desk.passed(SLOPE)


def test_a_renamed_file_and_a_renamed_folder_are_found(learn, desk, tmp_path, monkeypatch):
    file = desk.file(SLOPE)
    file.write_text(f"{mark('slope')}\n{SLOPE.solution}")
    file.rename(desk.folder / "my first one.py")
    assert learn("check", "slope")[0] == 0
    desk.folder.rename(tmp_path / "gradients")
    monkeypatch.chdir(tmp_path / "gradients" / "2-partial-derivatives")
    status, said = learn("list")
    assert status == 0
    assert "✓ slope" in said


def test_an_exercise_that_was_renamed_stays_passed(tmp_path):
    progress = Progress(tmp_path / "progress.txt")
    progress.write("passed gradient_of_tanh")
    renamed = replace(SLOPE, formerly=("gradient_of_tanh",))
    assert progress.passed(renamed)


def test_three_hints_come_one_by_one(learn, desk):
    for level in (1, 2, 3, 3):
        said = " ".join(learn("hint")[1].split())
        for number, hint in enumerate(SLOPE.hints, 1):
            assert (" ".join(hint.split()) in said) == (number <= level)
    assert desk.progress.hints(SLOPE) == 3


def test_the_solution_waits_until_it_is_asked_for(learn, desk):
    assert learn("solution", "slope")[0] == 1
    assert SLOPE.solution.strip() in learn("solution", "slope", "--anyway")[1]
    desk.record(SLOPE)
    assert SLOPE.solution.strip() in learn("solution", "slope")[1]


def test_next_goes_on_and_comes_back(learn, desk):
    assert STEP.title in learn("next")[1]
    for exercise in COURSE.exercises[2:]:
        desk.record(exercise)
    assert SLOPE.title in learn("next")[1]


def test_a_success_stays_in_sight(learn, desk):
    for name in ("slope", "kink"):
        exercise = COURSE.find(name)
        desk.file(exercise).write_text(exercise.solution)
    status, said = learn("check", "slope", "step", "kink")
    assert status == 1
    lines = [line for line in said.splitlines() if line.strip()]
    assert lines[0].startswith("✗ step")
    assert [line.strip() for line in lines[1:3]] == ["✓ slope", "✓ kink"]
    assert "New: slope" in said


def test_programs_get_json(learn, desk, tmp_path):
    desk.file(SLOPE).write_text(SLOPE.solution)
    status, said = learn("check", "slope", "step", "--json")
    told = json.loads(said)
    assert status == 1
    assert told["ok"] is False
    assert told["passed"] == 1
    assert [(x["exercise"], x["ok"], x["key"]) for x in told["results"]] == [
        ("slope", True, "ok"),
        ("step", False, "unfinished"),
    ]
    assert {row["name"]: row["passed"] for row in json.loads(learn("list", "--json")[1])["exercises"]}[
        "slope"
    ]


def test_a_file_from_anywhere_can_be_graded(learn, tmp_path):
    file = tmp_path / "alice.py"
    file.write_text(SLOPE.solution)
    assert learn("check", str(file))[0] == 2, "whose exercise is it?"
    assert learn("check", str(file), "--as", "slope")[0] == 0
    assert not (tmp_path / "microgd-learn").exists()


@pytest.mark.parametrize("words", [["check"], ["hint"], ["next"], ["reset"], ["watch"], ["solution"]])
def test_without_a_folder_the_way_in_is_told(learn, words):
    status, said = learn(*words)
    assert status == 2
    assert "microgd learn" in said


def test_a_slip_in_a_name_is_helped(learn, desk):
    status, said = learn("check", "slop")
    assert status == 2
    assert "Did you mean slope?" in said


def test_watch_checks_what_is_saved(learn, desk, monkeypatch, capsys):
    looks = iter([None, SLOPE.solution, None])

    def sleep(seconds):
        source = next(looks, "stop")
        if source == "stop":
            raise KeyboardInterrupt
        if source is not None:
            desk.file(SLOPE).write_text(source)
            os.utime(desk.file(SLOPE), (time.time() + 5,) * 2)

    monkeypatch.setattr(command, "time", SimpleNamespace(sleep=sleep))
    status, said = learn("watch")
    assert status == 130
    assert "✓ slope" in said
    assert desk.passed(SLOPE)
    assert said.index("✓ slope") > said.index("Watching")
    assert "✗" not in said


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


def test_a_foreign_progress_file_is_not_taken_for_ours(tmp_path):
    (tmp_path / "progress.txt").write_text("week 3: fine\n")
    assert find_desk(tmp_path) is None


@pytest.fixture
def own(tmp_path):
    """A course with one exercise, "twice"."""
    chapter = tmp_path / "course" / "1-own"
    folder = chapter / "01-twice"
    folder.mkdir(parents=True)
    (chapter / "chapter.md").write_text("# Own\n\nHello.\n")
    (folder / "text.md").write_text(
        "# Twice\n\nText.\n\n## Hint 1\n\na\n\n## Hint 2\n\nb\n\n## Hint 3\n\nc\n"
    )
    (folder / "stub.py").write_text("def twice(x):\n    return ...\n")
    (folder / "solution.py").write_text("def twice(x):\n    y = x\n    y = x + y\n    return y\n")
    (folder / "mistakes.diff").write_text("@@ the square -> unknown\n-    y = x + y\n+    y = x * y\n")
    (folder / "check.py").write_text(
        "from microgd.learn.checks import compare\n\n\n"
        "def check(answer):\n    return compare(answer, 'twice', lambda x: 2 * x, [(1.0,), (3.0,)])\n"
    )
    return folder


def test_a_course_of_ones_own(learn, own, tmp_path):
    course = str(tmp_path / "course")
    assert learn("selfcheck", "--course", course)[0] == 0
    assert learn("start", "--course", course)[0] == 0
    file = tmp_path / "microgd-learn" / "1-own" / "twice.py"
    file.write_text("def twice(x):\n    return x + x\n")
    assert learn("check")[0] == 0, "the folder remembers its course"
    (own / "mistakes.diff").write_text("@@ right after all -> unknown\n-    y = x + y\n+    y = y + x\n")
    assert learn("selfcheck", "--course", course)[0] == 1
    (own / "check.py").unlink()
    with pytest.raises(CourseError, match=r"check\.py is missing"):
        Course(tmp_path / "course")


def mistakes(own):
    return Course(own.parent.parent).exercises[0].mistakes


def test_a_mistake_is_the_solution_with_some_lines_replaced(own):
    (own / "mistakes.diff").write_text(
        "@@ the square -> unknown\n-    y = x + y\n+    y = x * y\n\n"
        "@@ two changes, and two keys  ->  ratio,unknown \n def twice(x):\n+    x = 2 * x\n\n\n"
        "-    return y\n+    print(y)\n+\n+    return y\n"
    )
    assert mistakes(own) == [
        ("the square", ("unknown",), "def twice(x):\n    y = x\n    y = x * y\n    return y\n"),
        (
            "two changes, and two keys",
            ("ratio", "unknown"),
            "def twice(x):\n    x = 2 * x\n    y = x\n    y = x + y\n    print(y)\n\n    return y\n",
        ),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-    return y\n+    return x\n", "line 1: a mistake begins with '@@ what is wrong -> key'"),
        ("@@ no key\n-    return y\n", "line 1: a mistake begins with"),
        (
            "@@ a -> b\n-    return y\nreturn x\n",
            "line 2: 'return x' should begin with '-', '\\+' or a space",
        ),
        ("@@ a -> b\n-    return z\n", "line 2: the solution has no line '    return z'"),
        ("@@ a -> b\n-return y\n", "line 2: the solution has no line 'return y'"),
        ("@@ a -> b\n-    y = x\n\n-    y = x + y\n-    y = x\n", "line 4: .* no line '    y = x'"),
        ("@@ a -> b\n-    y = x + y\n-    y = x\n", "line 2: .* but not one after the other"),
        ("\n@@ a -> b\n+    return x\n", "line 3: where"),
        ("@@ a -> b\n\n-    return y\n+    return y\n", "'a' changes nothing"),
        ("@@ a -> b\n", "'a' changes nothing"),
    ],
)
def test_a_change_that_does_not_fit_is_told_with_its_line(own, text, told):
    (own / "mistakes.diff").write_text(text)
    with pytest.raises(CourseError, match=f"mistakes.diff.*{told}"):
        mistakes(own)


def test_a_change_must_fit_in_one_place_only(own):
    (own / "solution.py").write_text("def twice(x):\n    x = x\n    x = x\n    return x\n")
    (own / "mistakes.diff").write_text("@@ a -> b\n-    x = x\n")
    with pytest.raises(CourseError, match="line 2: this stands 2 times in the solution"):
        mistakes(own)
    (own / "mistakes.diff").write_text("@@ a -> b\n def twice(x):\n-    x = x\n")
    assert mistakes(own)[0].source == "def twice(x):\n    x = x\n    return x\n"


def test_the_built_in_course_is_whole():
    assert len({x.chapter.number for x in COURSE.exercises}) == 7
    assert COURSE.folder == BUILT_IN
    for exercise in COURSE.exercises:
        assert exercise.asked, exercise.name
        assert exercise.joy, exercise.name
        assert len(exercise.mistakes) >= 5, exercise.name
        compile(exercise.handout, exercise.place, "exec")
        assert exercise.handout.startswith(mark(exercise.name))
