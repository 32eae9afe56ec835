"""How many broken engines diagnose_engine catches and names, and whether it calls a right one wrong.

python -m tests.bench.engine_bars [--quick] [-v]
"""

from __future__ import annotations

import argparse
import importlib
import time
from typing import Any

import microgd
from microgd.check.engines import diagnose_engine

from . import later_engines, mistaken_engines, more_engines, more_walks, walking_engines

LISTED = {cls.__name__: (cls, (key,)) for key, cls in mistaken_engines.ENGINES.items()}


def batch(name: str, module: Any, table: str, seeds: int, show: bool) -> bool:
    """Every engine at every seed. The module is loaded anew for each, as some engines keep things."""
    count = caught = named = 0
    slowest = 0.0
    for engine in LISTED if module is None else getattr(module, table):
        for seed in range(seeds):
            row = LISTED if module is None else getattr(importlib.reload(module), table)
            cls, keys = row[engine]
            started = time.process_time()
            found = diagnose_engine(cls, seed=seed)
            slowest = max(slowest, time.process_time() - started)
            count += 1
            caught += not found.ok
            right = not found.ok and found.key in keys and found.key != "unknown"
            named += right
            if show or not right:
                print(f"  {'  ' if right else '! '}{engine:<24} {seed:<3} {found.key:<18} {found.message}")
    share = 100 * named / count
    print(f"{name}: {caught} of {count} caught, {named} named ({share:.1f} %), slowest {slowest:.2f} s")
    return caught == count and named >= 0.9 * count


def right_engines(seeds: int) -> bool:
    engines = [
        microgd.Value,
        mistaken_engines.Engine,
        *more_engines.RIGHT,
        *walking_engines.RIGHT,
        *numpy_ones(),
    ]
    alarms, slowest = 0, 0.0
    for engine in engines:
        for seed in range(seeds):
            started = time.process_time()
            found = diagnose_engine(engine, seed=seed)
            slowest = max(slowest, time.process_time() - started)
            if not found.ok:
                alarms += 1
                print(f"  ! {engine.__name__}, seed {seed}: {found.key}: {found.message}")
    print(f"{len(engines)} right engines, {seeds} seeds: {alarms} called wrong, slowest {slowest:.2f} s")
    return alarms == 0


def numpy_ones() -> list[Any]:
    try:
        single, _, zero_dimensional = more_engines.numpy_engines()
    except ImportError:
        return []
    return [single, zero_dimensional]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="1 seed in place of 10, and 2 in place of 200")
    parser.add_argument("-v", action="store_true", help="every message")
    given = parser.parse_args()
    seeds = 1 if given.quick else 10
    fine = batch("listed engines", None, "", seeds, given.v)
    fine = batch("first batch", more_engines, "BROKEN", seeds, given.v) and fine
    fine = batch("second batch", later_engines, "LATER", seeds, given.v) and fine
    fine = batch("third batch", later_engines, "LAST", seeds, given.v) and fine
    fine = batch("mistakes in the walk", walking_engines, "WALKING", seeds, given.v) and fine
    fine = batch("more mistakes in the walk", walking_engines, "SECOND", seeds, given.v) and fine
    fine = batch("a third batch of these", more_walks, "THIRD", seeds, given.v) and fine
    fine = right_engines(2 if given.quick else 200) and fine
    print("all bars hold" if fine else "A BAR IS MISSED")
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
