"""Print every message of the catalogue, to be read aloud.

    python -m tests.bench.messages [rules | engines | optimizers]

The catalogue is that of `diagnose_bars`. Each mistake is printed with its key and its sentence. A sentence
should be true, and lead to the mistake.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from microgd.check.diagnosis import Diagnosis
from microgd.check.engines import diagnose_engine
from microgd.check.optimizers import diagnose_optimizer, diagnose_training
from microgd.check.rules import diagnose

from . import mistaken_engines as written
from .diagnose_bars import LAST, LATER, LISTED, UNSEEN, Mistake
from .fresh_mistakes import FRESH
from .more_mistakes import MORE

RULES = [*LISTED, *UNSEEN, *LATER, *LAST, *(Mistake(*row) for row in [*FRESH, *MORE])]


def rules() -> Iterator[tuple[str, Diagnosis]]:
    for mistake in RULES:
        yield mistake.name, diagnose(mistake.f, mistake.rule)


def engines() -> Iterator[tuple[str, Diagnosis]]:
    for name, engine in written.ENGINES.items():
        yield name, diagnose_engine(engine)


def optimizers() -> Iterator[tuple[str, Diagnosis]]:
    for name, (optimizer, kind, options) in written.OPTIMIZERS.items():
        yield name, diagnose_optimizer(optimizer, kind, **options)
    for name, loop in written.LOOPS.items():
        yield f"{name} (loop)", diagnose_training(loop, lr=0.1)


PARTS = {"rules": rules, "engines": engines, "optimizers": optimizers}


def main() -> int:
    for part in sys.argv[1:] or PARTS:
        for name, found in PARTS[part]():
            print(f"{name}\n    {found.key}: {found.message}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
