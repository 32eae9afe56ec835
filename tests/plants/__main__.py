"""Put each fault of the table into a copy of the project, and see the tests it names turn red.

python -m tests.plants                      all of them: two or three minutes
python -m tests.plants gradcheck optimizer  those whose promise holds one of the words

It fails if a test is green in spite of the fault, or red without it, or is not there; and if the text that a
fault replaces does not stand in its file exactly once, so that no plant withers unseen.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any

from tests.bench import forked
from tests.plants.table import PLANTS, Plant


class Reds(forked.Plugin):
    """Runs the tests that are named, and reports how each of their cases ended."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self.names = set(names)
        self.ended: dict[str, list[str]] = {}

    def patience(self, seconds: float) -> None:
        super().patience(60.0)

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [x for x in items if {x.nodeid, x.nodeid.partition("[")[0]} & self.names]

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            print(report.longreprtext)
        if report.when == "call" or not report.passed:
            self.ended.setdefault(report.nodeid, []).append(report.outcome)

    def seen(self) -> Any:
        return self.ended


def run(
    copy: Path, names: list[str], changes: dict[str, bytes]
) -> tuple[dict[str, set[str]], forked.Outcome]:
    """How the cases of each test ended: its name as in the table -> outcomes."""
    files = sorted(x for x in {name.partition("::")[0] for name in names} if (copy / x).exists())
    outcome = forked.Run(copy, files, Reds(names), changes, stop=False).wait()
    ended = outcome.seen or {}
    if outcome.how == "timeout":  # a test that never ends is red as well
        return {name: {"failed"} for name in names}, outcome
    return {
        name: {x for case, ends in ended.items() if case == name or case.startswith(f"{name}[") for x in ends}
        for name in names
    }, outcome


def planted(copy: Path, plant: Plant) -> str:
    """Try one plant; what is wrong with it, or nothing."""
    source = (copy / plant.file).read_bytes()
    count = source.count(plant.text.encode())
    if count != 1:
        return f"stands {count} times in {plant.file}, and not once: {plant.text!r}"
    fault = source.replace(plant.text.encode(), plant.fault.encode())
    if plant.file.endswith(".py"):
        try:
            compile(fault, plant.file, "exec")
        except SyntaxError as error:
            return f"is no Python: {error}"
    reds, outcome = run(copy, list(plant.tests), {plant.file: fault})
    if "(not imported)" in outcome.test:
        return f"nothing can be imported with it, so that it shows nothing:\n{outcome.output}"
    green = [name for name, ends in reds.items() if "failed" not in ends]
    return f"no test saw it: {', '.join(green)} stayed green" if green else ""


def in_a_free_copy(place: Queue[Path], attempt: Callable[..., Any], *given: Any) -> tuple[Any, float]:
    """attempt(copy, *given), and the seconds it took."""
    start, copy = time.monotonic(), place.get()
    try:
        return attempt(copy, *given), time.monotonic() - start
    finally:
        place.put(copy)


def main(words: list[str]) -> int:
    """Try all that are asked for, as many at once as there are processors."""
    plants = [x for x in PLANTS if not words or any(word in x.promise for word in words)]
    tests = sorted({name for plant in plants for name in plant.tests})
    forked.warm_up()
    wrong = 0
    begun = time.monotonic()
    forks = multiprocessing.get_context("fork")
    count = os.cpu_count() or 1
    with (
        forks.Manager() as manager,
        forked.copied(count) as copies,
        ProcessPoolExecutor(count, forks) as pool,
    ):
        place: Queue[Path] = manager.Queue()
        for copy in copies:
            place.put(copy)
        unchanged = pool.submit(in_a_free_copy, place, run, tests, {})
        tries = [pool.submit(in_a_free_copy, place, planted, plant) for plant in plants]
        ends, outcome = unchanged.result()[0]
        for name in tests:
            if ends[name] != {"passed"}:
                complaint = ", ".join(sorted(ends[name])) or "there is no such test"
                print(f"WITHOUT ANY FAULT {name}: {complaint}")
                wrong += 1
        if wrong:
            print(outcome.output)
        for plant, attempt in zip(plants, tries):
            complaint, seconds = attempt.result()
            wrong += bool(complaint)
            how = f"MISSED {plant.promise}: {complaint}" if complaint else f"seen   {plant.promise}"
            print(f"{seconds:5.1f} s {how}", flush=True)
    print(f"{len(plants)} faults, {wrong} complaints, {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
