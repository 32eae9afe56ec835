"""Each exercise judges by its text: what it forbids fails, what it allows passes in other clothes, too."""

import sys

import pytest

from microgd.learn.course import Course
from microgd.learn.judge import judge_file

from .answers import answers

COURSE = Course()


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """The verdict on an answer among the solutions of its chapter."""

    def judge(exercise, source):
        for other in COURSE.exercises:
            if other.chapter == exercise.chapter:
                (tmp_path / f"{other.name}.py").write_text(other.solution)
                sys.modules.pop(other.name, None)
        file = tmp_path / f"{exercise.name}.py"
        file.write_text(source)
        monkeypatch.setattr(sys, "path", list(sys.path))
        return judge_file(exercise, str(file))

    yield judge
    for exercise in COURSE.exercises:
        sys.modules.pop(exercise.name, None)


@pytest.mark.parametrize("exercise", COURSE.exercises, ids=lambda x: x.name)
def test_what_the_text_forbids_fails_and_what_it_allows_passes(judged, exercise):
    pytest.importorskip("numpy")
    count = 0
    for name, label, ok, source in answers():
        if name == exercise.name:
            verdict = judged(exercise, source)
            assert verdict.ok == ok, f"{label}: {verdict}"
            assert verdict.key != "check_failed", f"{label}: {verdict}"
            assert ok or "?" in verdict.message
            count += 1
    assert count >= 2
