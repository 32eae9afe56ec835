"""Every exercise: the stub fails, the solution passes, every listed mistake gets its name.

`microgd learn selfcheck` proves the same with a process for each answer. Here one process does it,
which is quicker.
"""

import re
import sys

import pytest

from microgd.learn import check
from microgd.learn.course import Course
from microgd.learn.judge import judge_file
from microgd.learn.selfcheck import selfcheck

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
def test_stub_fails_solution_passes_and_mistakes_get_their_names(judged, exercise):
    verdict = judged(exercise, exercise.handout)
    assert (verdict.ok, verdict.key) == (False, "unfinished")
    verdict = judged(exercise, exercise.solution)
    assert verdict.ok, verdict.message
    for mistake in exercise.mistakes:
        if "timeout" not in mistake.keys:
            verdict = judged(exercise, mistake.source)
            assert not verdict.ok, mistake.name
            assert verdict.key in mistake.keys, f"{mistake.name}: {verdict.key}: {verdict.message}"
            assert "?" in verdict.message, f"{mistake.name}: a question is missing: {verdict.message}"


@pytest.mark.slow
def test_a_process_for_each_answer_says_the_same():
    chosen = [COURSE.find(name) for name in ("slope", "iterate", "train")]
    report = selfcheck(COURSE, chosen)
    assert report.ok, [trial for trial in report.trials if not trial.ok]
    assert len(report.trials) == sum(2 + len(exercise.mistakes) for exercise in chosen)


@pytest.mark.parametrize("exercise", COURSE.exercises, ids=lambda x: x.name)
def test_a_notebook_says_the_same(exercise):
    if "import" in re.sub(
        "import math|import random|import microgd|from microgd import", "", exercise.solution
    ):
        pytest.skip("builds on files beside it")
    names = {}
    exec(exercise.solution, names)
    outcome = check(exercise.name, *(names[name] for name in exercise.asked))
    assert outcome.ok, outcome
    assert exercise.joy in repr(outcome).replace("\n  ", " ")
    assert "✓" in outcome._repr_html_()
    failed = check(exercise.name, *(None for _ in exercise.asked))
    assert not failed
    assert failed.message
    assert "✗" in failed._repr_html_()
