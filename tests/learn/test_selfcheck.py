"""The proof of a course: what it expects of each answer, and what it says."""

from dataclasses import replace

import pytest

from microgd.learn import selfcheck as module
from microgd.learn.course import Course
from microgd.learn.outcome import Outcome
from microgd.learn.selfcheck import LIMIT, SHORT, Report, Trial, selfcheck


@pytest.fixture
def tried(small, monkeypatch):
    """Proves some exercises of the small course with made-up verdicts: text -> key."""
    course = Course(small)

    def tried(keys, *names, show=None):
        seen = []

        def run(course, exercise, file, limit):
            text = file.read_text()
            beside = sorted(x.name for x in file.parent.iterdir())
            seen.append((exercise.name, text, limit, beside))
            key = keys.get(text, "wrong")
            return Outcome(key == "ok", key, "A fact.", exercise.name)

        monkeypatch.setattr(module, "run", run)
        return selfcheck(course, [course.find(name) for name in names], show), seen

    tried.course = course
    return tried


def keys_of(exercise):
    mistake = exercise.mistakes[0]
    return {exercise.handout: "unfinished", exercise.solution: "ok", mistake.source: mistake.keys[-1]}


def test_each_answer_is_tried_among_the_solutions_of_its_chapter(tried):
    twice, _, half = tried.course.exercises
    report, seen = tried({**keys_of(twice), **keys_of(half)}, "twice", "half")
    assert sorted(seen) == sorted(
        (exercise.name, text, LIMIT, beside)
        for exercise, beside in ((twice, ["thrice.py", "twice.py"]), (half, ["half.py"]))
        for text in keys_of(exercise)
    )
    assert report.ok
    assert [(x.exercise, x.answer, x.expected, x.key, x.ok) for x in report.trials[:3]] == [
        ("twice", "stub", ("unfinished",), "unfinished", True),
        ("twice", "solution", ("ok",), "ok", True),
        ("twice", "x", ("unknown", "ratio"), "ratio", True),
    ]
    assert len(report.trials) == 6


def test_what_is_not_as_it_should_be_is_told(tried):
    twice, thrice, _ = tried.course.exercises
    keys = {**keys_of(twice), **keys_of(thrice), twice.mistakes[0].source: "sign", thrice.solution: "ratio"}
    lines = []
    report, _ = tried(keys, "twice", "thrice", show=lines.append)
    assert not report.ok
    assert lines[:-1] == [
        "✗ twice          0 of 1 mistakes named",
        "    x: expected unknown or ratio, got sign:",
        "      A fact.",
        "✗ thrice         1 of 1 mistakes named",
        "    solution: expected ok, got ratio:",
        "      A fact.",
    ]
    assert lines[-1].startswith("\n2 stubs, 2 solutions and 2 mistakes in ")
    assert lines[-1].endswith(" s: 2 not as they should be.")


def test_what_is_expected_to_run_for_ever_gets_less_time(tried, monkeypatch):
    twice = tried.course.exercises[0]
    (mistake,) = twice.mistakes
    monkeypatch.setattr(type(twice), "mistakes", [mistake._replace(keys=("timeout", "ratio"))])
    _, seen = tried(keys_of(twice), "twice")
    assert {text: limit for _, text, limit, _ in seen} == {
        twice.handout: LIMIT, twice.solution: LIMIT, mistake.source: SHORT,
    }  # fmt: skip
    assert 1 <= SHORT <= 5 < 30 <= LIMIT


def test_a_report_becomes_json():
    trial = Trial("twice", "stub", ("unfinished",), "unfinished", "Dots.", 0.25)
    report = Report([trial], 1.26)
    assert report.as_dict() == {
        "ok": True, "seconds": 1.3, "trials": [{
            "exercise": "twice", "answer": "stub", "expected": ("unfinished",), "key": "unfinished",
            "message": "Dots.", "seconds": 0.25, "ok": True,
        }],
    }  # fmt: skip
    assert not Report([trial, replace(trial, key="ok")]).ok
    assert Report().as_dict() == {"ok": True, "seconds": 0.0, "trials": []}


def test_the_time_is_measured(tried, monkeypatch):
    clock = iter(range(100, 1000, 7))
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(module.os, "cpu_count", lambda: None)
    twice = tried.course.exercises[0]
    monkeypatch.setattr(type(twice), "mistakes", twice.mistakes * 2)
    lines = []
    report, _ = tried(keys_of(twice), "twice", show=lines.append)
    assert [x.seconds for x in report.trials] == [7, 7, 7, 7]
    assert report.seconds == 63
    assert lines[-1] == "\n1 stubs, 1 solutions and 2 mistakes in 63 s: all as they should be."
