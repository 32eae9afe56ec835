"""Many answers to one exercise, for teachers: checked side by side, shown as a table or as lines of JSON."""

from __future__ import annotations

import json
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .course import Course
from .fence import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .course import Exercise
    from .outcome import Outcome


def submissions(names: Sequence[str]) -> list[Path]:
    """The files that are named, and all Python files in the folders that are named."""
    found: list[Path] = []
    for path in map(Path, names):
        found += sorted(x for x in path.rglob("*.py") if x.is_file()) if path.is_dir() else [path]
    return found


def grade(course: Course, exercise: Exercise, files: Sequence[Path], limit: float) -> Iterator[Outcome]:
    """The outcome of each file, in their order; `file` is its path as it was given."""
    jobs = [(str(course.folder), exercise.name, str(path), limit) for path in files]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(jobs))) as pool:
        yield from pool.map(_graded, jobs)


def _graded(job: tuple[str, str, str, float]) -> Outcome:
    folder, name, path, limit = job
    course = Course(Path(folder))
    exercise = course.find(name)
    assert exercise is not None
    return replace(run(course, exercise, Path(path), limit), file=path)


def show(outcomes: Iterator[Outcome], as_json: bool) -> bool:
    """Print each outcome as soon as it is there, and a summary. Returns whether all pass."""
    keys: Counter[str] = Counter()
    for outcome in outcomes:
        keys[outcome.key if not outcome.ok else ""] += 1
        if as_json:
            print(json.dumps(outcome.as_dict()), flush=True)
        else:
            line = outcome.message.partition("\n")[0] if not outcome.ok else ""
            key = "" if outcome.ok else outcome.key
            print(f"{'✓' if outcome.ok else '✗'} {outcome.file:30} {key:20} {line[:90]}".rstrip(), flush=True)
    passing = keys.pop("", 0)
    total = passing + sum(keys.values())
    if not as_json:
        often = ", ".join(f"{key} {count}" for key, count in keys.most_common())
        print(f"\n{passing} of {total} pass." + (f" Why the others do not: {often}." if often else ""))
    return passing == total
