"""What does it cost to watch a training? The part of an eager run of the two moons that recording takes.

    python tests/bench/watching.py [--rounds 9] [--steps 20]

The network is 2-16-16-1, with 100 points a step. In each round the run is made with and without `watch`, one
after the other, and the figures are medians of CPU time. The difference of two such runs is mostly noise, so
the time inside of `film.frame` is measured, too. Asked: less than 5 %. The page is made after the training;
its time and its size are printed beside it. Run by hand, never by CI: a timed test fails on a busy machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "demos")]

import two_moons  # noqa: E402

import microgd  # noqa: E402
from microgd import nn, optim  # noqa: E402


def run(steps: int, watched: bool) -> tuple[float, float, float, int]:
    """CPU seconds of the training, of recording within it, and of making the page; and its bytes."""
    points, labels = two_moons.moons(100, 0.1, 0)
    microgd.manual_seed(0)
    model = two_moons.network()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    film: Any = microgd.watch(model, points=points, labels=labels) if watched else None
    recording = 0.0
    begin = time.process_time()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(points), labels)
        loss.backward()
        if film is not None:
            start = time.process_time()
            film.frame(loss)
            recording += time.process_time() - start
        optimizer.step()
    training = time.process_time() - begin
    if film is None:
        return training, 0.0, 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        size = film.save(Path(folder) / "moons.html").stat().st_size
        return training, recording, time.process_time() - start, size


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="The cost of watching a training.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    run(2, True)
    ratios, parts = [], []
    for _ in range(options.rounds):
        plain, watched = run(options.steps, False), run(options.steps, True)
        ratios.append(watched[0] / plain[0])
        parts.append(watched[1] / watched[0])
    print(
        f"with / without:          {statistics.median(ratios):.3f}   {min(ratios):.3f} to {max(ratios):.3f}"
    )
    print(f"inside of film.frame:    {statistics.median(parts):.2%}   {min(parts):.2%} to {max(parts):.2%}")
    *_, page, size = run(150, True)
    print(f"the page of 150 steps:   {page:.2f} s, {size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
