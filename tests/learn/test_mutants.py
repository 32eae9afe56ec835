"""No small change of a solution that changes its answers passes."""

import datetime
import os
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

from microgd.learn.course import Course

from .mutants import chosen, mutants, tried

SECONDS = float(os.environ.get("MUTANT_SECONDS", "25"))
EVERY = 8


def test_a_mutant_is_one_small_change():
    made = dict(mutants("def f(x, y):\n    return x * y\n"))
    assert "return x * y ==> return x + y" in made
    assert "return x * y ==> return y * y" in made


@pytest.mark.slow
def test_no_wrong_mutant_of_a_solution_passes():
    """Each day another part, for as long as there is time. `python -m tests.learn.mutants` tries all."""
    rows = chosen(Course(), every=EVERY, seed=datetime.date.today().toordinal())
    until, results = time.monotonic() + SECONDS, []
    with ProcessPoolExecutor(2) as pool:
        for start in range(0, len(rows), 8):
            if time.monotonic() > until:
                break
            results += pool.map(tried, rows[start : start + 8])
    unknown = [row for row in results if row[2] == "unknown"]
    print(f"{len(results)} mutants, {100 * len(unknown) / len(results):.1f} % unknown")
    assert not [row[:2] for row in results if row[2] == "ok"]
    assert not [row for row in results if row[2] == "check_failed"]
