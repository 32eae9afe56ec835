"""Prove a course: every stub fails, every solution passes, every listed mistake gets its name."""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .fence import run
from .outcome import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .course import Course, Exercise

LIMIT = 60.0  # seconds: the computer may be busy
SHORT = 2.0  # seconds for a mistake that is expected to run for ever


@dataclass(frozen=True)
class Trial:
    """One answer that was checked: what was expected, and what came."""

    exercise: str
    answer: str
    expected: tuple[str, ...]
    key: str
    message: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it came as expected."""
        return self.key in self.expected


@dataclass
class Report:
    """All trials of a course, and other things that are wrong."""

    trials: list[Trial] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether all came as expected."""
        return all(trial.ok for trial in self.trials)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        trials = [{**asdict(trial), "ok": trial.ok} for trial in self.trials]
        return {"ok": self.ok, "seconds": round(self.seconds, 1), "trials": trials}


def selfcheck(
    course: Course, exercises: Sequence[Exercise], show: Callable[[str], Any] | None = None
) -> Report:
    """Check stub, solution and mistakes of each exercise. Each answer has a process of its own."""
    show = show or (lambda line: None)
    start = time.perf_counter()
    report = Report()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        waiting = [
            (exercise, [pool.submit(_try, course, exercise, *answer) for answer in _answers(exercise)])
            for exercise in exercises
        ]
        for exercise, futures in waiting:
            trials = [future.result() for future in futures]
            report.trials += trials
            _show_exercise(show, exercise, trials)
    report.seconds = time.perf_counter() - start
    counts = [sum(map(kind, report.trials)) for kind in (_is_stub, _is_solution, _is_mistake)]
    wrong = sum(not trial.ok for trial in report.trials)
    show(
        f"\n{counts[0]} stubs, {counts[1]} solutions and {counts[2]} mistakes in {report.seconds:.0f} s: "
        + ("all as they should be." if not wrong else f"{wrong} not as they should be.")
    )
    return report


def _answers(exercise: Exercise) -> list[tuple[str, tuple[str, ...], str]]:
    """For each answer: its name, the keys that are allowed, and its source."""
    mistakes = [(mistake.name, mistake.keys, mistake.source) for mistake in exercise.mistakes]
    return [
        ("stub", ("unfinished",), exercise.handout),
        ("solution", ("ok",), exercise.solution),
        *mistakes,
    ]


def _try(course: Course, exercise: Exercise, answer: str, expected: tuple[str, ...], source: str) -> Trial:
    """Check an answer in a folder with the solutions of its chapter, because it may import them."""
    with tempfile.TemporaryDirectory(prefix="microgd-", ignore_cleanup_errors=True) as folder:
        for other in course.exercises:
            if other.chapter == exercise.chapter:
                Path(folder, f"{other.name}.py").write_text(other.solution, encoding="utf-8")
        file = Path(folder, f"{exercise.name}.py")
        file.write_text(source, encoding="utf-8")
        start = time.perf_counter()
        outcome = run(course, exercise, file, SHORT if "timeout" in expected else LIMIT)
        seconds = time.perf_counter() - start
    return Trial(exercise.name, answer, expected, outcome.key, outcome.message, round(seconds, 2))


def _show_exercise(show: Callable[[str], Any], exercise: Exercise, trials: list[Trial]) -> None:
    mistakes = [trial for trial in trials if _is_mistake(trial)]
    caught = sum(trial.ok for trial in mistakes)
    good = all(trial.ok for trial in trials)
    show(f"{'✓' if good else '✗'} {exercise.name:14} {caught} of {len(mistakes)} mistakes named")
    for trial in trials:
        if not trial.ok:
            show(f"    {trial.answer}: expected {' or '.join(trial.expected)}, got {trial.key}:")
            show(wrapped(trial.message, "      "))


def _is_stub(trial: Trial) -> bool:
    return trial.answer == "stub"


def _is_solution(trial: Trial) -> bool:
    return trial.answer == "solution"


def _is_mistake(trial: Trial) -> bool:
    return not _is_stub(trial) and not _is_solution(trial)
