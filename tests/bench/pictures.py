"""How long do pictures and films take, and how large are their pages?

    python tests/bench/pictures.py [--rounds 5]

Each figure is the median of wall-clock seconds, Graphviz's program included. The time of a drag is that of
the page's own script in a headless Chromium, and is left out where there is none. Run by hand, never by CI:
a timed test fails on a busy machine.
"""

from __future__ import annotations

import argparse
import importlib
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import microgd  # noqa: E402
from microgd import Value, nn  # noqa: E402
from microgd.viz import draw, play  # noqa: E402
from microgd.viz.layout import Item, Link, place  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

DRAG = """
const begin = performance.now();
for (let i = 0; i < 50; i++) {
  live.values[0] = i / 50;
  live.refresh();
}
return (performance.now() - begin) / 50;
"""


def chain(count: int) -> Value:
    """A loss of so many values: a leaf and operations."""
    y = Value(0.5, "x")
    for _ in range(count - 1):
        y = y.sin()
    y.backward()
    return y


def network() -> tuple[Value, nn.Module]:
    """A loss of 2-16-16-1 for one sample."""
    microgd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    loss = nn.MSELoss()(model(microgd.tensor([0.5, -1.0])), microgd.tensor([1.0]))
    loss.backward()
    return loss, model


def newton() -> Value:
    """Thirty steps of Newton's method."""
    a, x = Value(2.0, "a"), Value(1.0, "x")
    for _ in range(30):
        x = (x + a / x) / 2
    x.backward()
    return x


def boxes(count: int) -> None:
    """A layout of so many boxes, each with two operands."""
    links = [Link(f"b{int(i - 1 - (i * 7919) % math.isqrt(i))}", f"b{i}") for i in range(1, count)]
    links += [Link(f"b{i - 1}", f"b{i}") for i in range(1, count)]
    place([Item(f"b{i}", 80, 40) for i in range(count)], links)


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The median of the times of some work."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Times and sizes of pictures and films.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    short, long, (loss, model) = chain(40), newton(), network()
    for what, work in [
        ("layout of 600 boxes", lambda: boxes(600)),
        ("picture of 36 cards, 2-16-16-1", lambda: draw(loss, model, level="neurons").svg()),
        ("picture of 2-16-16-1 in layers", lambda: draw(loss, model).svg()),
        ("film of 40 values", lambda: play(short).html),
        ("film of 2-16-16-1", lambda: play(loss, model).html),
        ("film of Newton's method, 122 boxes in rows", lambda: play(long).html),
    ]:
        print(f"{seconds(work, rounds):6.2f} s   {what}")
    for what, page in [
        ("film of 40 values", play(short).html),
        ("film of 2-16-16-1", play(loss, model).html),
        ("film of Newton's method", play(long).html),
    ]:
        print(f"{len(page.encode()) / 1000:6.1f} KB  {what}")
    drag(chain(80))
    return 0


def drag(loss: Value) -> None:
    """The time of a drag in a real browser."""
    pages = importlib.import_module("tests.viz.pages")
    if not (pages.CHROMIUM and pages.DRIVER):
        return
    with tempfile.TemporaryDirectory() as folder:
        browser = pages.started(Path(folder) / "user")
        try:
            browser.get(play(loss).save(Path(folder) / "loss.html").as_uri())
            print(f"{browser.execute_script(DRAG):6.1f} ms  a drag of 80 boxes")
        finally:
            browser.quit()


if __name__ == "__main__":
    raise SystemExit(main())
