"""A small course, and `microgd learn ...` in a folder of its own, without a process for each answer."""

from pathlib import Path

import pytest

from microgd.learn import command, desk
from microgd.learn.course import Course
from microgd.learn.outcome import Outcome
from microgd.ops import TABLE

TEXT = """# {title}

Write `{name}`.

## Hint 1

One of {name}.

## Hint 2

Two of {name}.

## Hint 3

    three of {name}

## Joy

Well done, {name}.
"""
CHECK = """from microgd.learn.checks import compare


def check(answer):
    return compare(answer, "{name}", lambda x: {right}, [(1.0,), (3.0,)])
"""


def write_exercise(folder, name, right, stub="def {name}(x):\n    return ...\n", text=TEXT):
    """The five files of an exercise that asks for a function of x."""
    folder.mkdir(parents=True)
    (folder / "text.md").write_text(text.format(name=name, title=name.title()))
    (folder / "stub.py").write_text(stub.format(name=name))
    (folder / "solution.py").write_text(f"def {name}(x):\n    return {right}\n")
    (folder / "mistakes.diff").write_text(f"@@ x -> unknown, ratio\n-    return {right}\n+    return x\n")
    (folder / "check.py").write_text(CHECK.format(name=name, right=right))


@pytest.fixture(autouse=True)
def same_table():
    """A primitive that an answer defines is none for other tests."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """The folder of a course: twice and thrice in the chapter First, half in the chapter Second."""
    folder = tmp_path_factory.mktemp("course")
    write_exercise(folder / "1-first" / "01-twice", "twice", "2 * x")
    write_exercise(folder / "1-first" / "02-thrice", "thrice", "3 * x")
    write_exercise(folder / "2-second" / "07-half", "half", "x / 2")
    (folder / "1-first" / "chapter.md").write_text("# First\n\nAbout the first.\n")
    (folder / "2-second" / "chapter.md").write_text("# Second\n\nAbout the second.\n")
    return folder


class Commands:
    """`learn("check", "twice")` is `microgd learn check twice`; it returns the status and what is printed.

    out, err   what the last one printed, apart
    judged     the (exercise, file, limit) of every answer so far
    folder     the learner's folder
    """

    def __init__(self, course, capsys):
        self.course = course
        self.folder = Path("microgd-learn")
        self.capsys = capsys
        self.judged = []

    def __call__(self, *words):
        try:
            status = command.main(words)
        except SystemExit as error:  # argparse's
            status = error.code
        self.out, self.err = self.capsys.readouterr()
        return status, self.out + self.err

    def judge(self, course, exercise, file, limit):
        """In place of a process: right is what stands in the solution."""
        self.judged.append((exercise.name, str(file), limit))
        ok = Path(file).read_text() == exercise.solution
        key, message = ("ok", "") if ok else ("wrong", "A fact.\nIs it a question?")
        return Outcome(ok, key, message, exercise.name, Path(file).name, "", exercise.joy if ok else "")

    def solve(self, *names):
        """Write the solutions into the learner's files."""
        for name in names:
            exercise = self.course.find(name)
            (self.folder / exercise.place).write_text(exercise.solution)

    def record(self):
        """The record of progress, without its title."""
        return (self.folder / "progress.txt").read_text().splitlines()[1:]


@pytest.fixture
def small_learn(small, tmp_path, monkeypatch, capsys):
    """Commands on the small course, as if it was the built-in one."""
    commands = Commands(Course(small), capsys)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "BUILT_IN", small)
    monkeypatch.setattr(desk, "BUILT_IN", small)
    monkeypatch.setattr(command, "run", commands.judge)
    return commands
