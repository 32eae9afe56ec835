"""Look for differences between microgd and PyTorch, by hand and for long.

    python -m tests.fuzz --minutes 60 --seed 1

Each difference is printed, cut down, as a program for both libraries. The same seed writes the same
programs.
"""

import argparse
import sys
import time
import warnings

from tests.fuzz.judge import judge, shrunk
from tests.fuzz.programs import random_program


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=20, help="stop after so many failures")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    end = time.monotonic() + 60.0 * given.minutes
    seed, count, failures = given.seed * 10**9, 0, 0
    while time.monotonic() < end and failures < given.most:
        failure = judge(random_program(seed))
        if failure is not None:
            failures += 1
            print(f"--- seed {seed}: {shrunk(failure)}", flush=True)
        seed, count = seed + 1, count + 1
    print(f"{count} programs, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
