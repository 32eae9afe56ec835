"""Do the tests see it when a line of the package is wrong? Small faults are put in, one at a time.

Run it in the project's folder:

    python tests/bench/mutants.py microgd/optim/adam.py
    python tests/bench/mutants.py microgd/optim microgd/nn --sample 200 --list-survivors
    python tests/bench/mutants.py microgd/func.py --save left.txt
    python tests/bench/mutants.py microgd/func.py --only left.txt -v

A fault ("mutant") is `<` for `<=`, `-` for `+`, another constant or default, a statement left out, `not`,
two operands swapped, an option not passed on, None returned. Tests that turn red have killed it. What no
test sees is a survivor, printed as `file:line: before -> after`: write the test that sees it. If no test
can, because users cannot tell the difference, put the line (without `file:line: `) into
tests/bench/equivalent/, into the file with the module's name (optim.adam.txt), followed by `  # ` and the
reason.

Each mutant runs in a fork (see forked.py), against the tests that call the function it is in. The tests of a
file are those beside it (for microgd/a/b.py all of tests/a, for microgd/b.py tests/test_b.py) and those of
TESTS; `--tests` names others. A test that takes longer than `--slow` seconds is not run. A mutant whose tests
do not end counts as killed. `--confirm` runs all of the file's tests against each survivor, too: its
function may have been called earlier and its result kept.
"""

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path[0] = str(Path(__file__).parents[2])

from tests.bench import forked  # noqa: E402
from tests.bench.forked import ROOT, Outcome, Plugin, Run, Watcher  # noqa: E402
from tests.bench.mutations import Mutation, mutations  # noqa: E402

EQUIVALENT = ROOT / "tests" / "bench" / "equivalent"

ENGINE = ["tests/test_value.py", "tests/test_autograd.py", "tests/test_ops.py", "tests/test_func.py"]
ENGINE += ["tests/test_graphs.py", "tests/test_tensor.py", "tests/test_serialization.py"]
ENGINE += ["tests/test_walk.py", "tests/test_recording.py", "tests/test_primitive.py"]
ENGINE += ["tests/test_second_order.py", "tests/test_subclasses.py", "tests/test_methods.py"]
ENGINE += ["tests/nn/test_linear.py"]
TENSORS = ["tests/test_tensor.py", "tests/test_methods.py", "tests/test_value.py", "tests/test_func.py"]
TENSORS += ["tests/test_autograd.py", "tests/test_subclasses.py", "tests/nn/test_linear.py"]
TESTS = {
    "microgd/value.py": ENGINE,
    "microgd/autograd.py": ENGINE,
    "microgd/recording.py": ENGINE,
    "microgd/ops.py": ENGINE,
    "microgd/table.py": ENGINE,
    "microgd/tensor.py": TENSORS,
    "microgd/tensor_functions.py": TENSORS,
    "microgd/shapes.py": TENSORS,
    "microgd/func.py": ["tests/test_graphs.py", "tests/test_walk.py", "tests/test_second_order.py"],
    "microgd/later.py": ["tests/test_value.py", "tests/parity", "tests/nn/test_module.py"],
    "microgd/__init__.py": ENGINE,
    "microgd/__main__.py": ["tests/viz/test_command.py", "tests/learn/test_learner.py"],
    "microgd/testing.py": ["tests/check"],
    "microgd/serialization.py": ["tests/nn/test_module.py"],
    "microgd/nn": ["tests/parity"],
    "microgd/optim": ["tests/parity"],
    "microgd/check": ["tests/learn/test_exercises.py"],
}
"""Tests of a file, or of a folder, besides those that bear its name."""

NOT_RUN = ["tests/viz/test_player_browser.py"]  # a browser for each mutant would take hours


class Mutant(NamedTuple):
    file: str
    change: Mutation

    @property
    def words(self) -> str:
        return f"{self.change.before} -> {self.change.after}"

    def __str__(self) -> str:
        return f"{self.file}:{self.change.line}: {self.words}"


def tests_of(file: str, copy: Path) -> tuple[str, ...]:
    """The files and folders of tests for a file of the package."""
    parts = Path(file).with_suffix("").parts[1:]
    found = [f"tests/{parts[0]}"] if len(parts) > 1 else [f"tests/test_{parts[0]}.py"]
    for place in (file, *(str(x) for x in Path(file).parents)):
        found += TESTS.get(place, [])
    # Sorted: files that have the same tests share one run of the unchanged project.
    return tuple(sorted({x for x in found if (copy / x).exists()})) or ("tests",)


def files_of(paths: list[str]) -> list[str]:
    """The Python files that are meant, relative to the project."""
    found = []
    for path in paths:
        full = (Path.cwd() / path).resolve()
        for x in sorted(full.rglob("*.py")) if full.is_dir() else [full]:
            name = x.relative_to(ROOT).as_posix()
            if "/exercises/" not in name:
                found.append(name)
    return found


class Known(NamedTuple):
    """What a run of the unchanged project has told about a set of tests."""

    seconds: dict[str, float]
    calls: dict[str, set[str]]
    hidden: set[str]

    def tests(self, mutant: Mutant, slow: float, killers: Counter[str], every: bool = False) -> list[str]:
        """The tests that call the mutant's function, by what they cost for a kill so far."""
        key = f"{mutant.file}:{mutant.change.function}"
        every = every or not mutant.change.function or key in self.calls[""]
        tests = [x for x in self.seconds if every or x in self.hidden or key in self.calls[x]]
        quick = [x for x in tests if self.seconds[x] <= slow]
        return sorted(quick, key=lambda x: (0.02 + self.seconds[x]) / (0.1 + killers[x]))


def watch(copy: Path, tests: tuple[str, ...]) -> Known:
    """Run the tests once on the unchanged project."""
    ignored = [f"--ignore={x}" for x in NOT_RUN if x not in tests]
    outcome = Run(copy, [*tests, *ignored], Watcher(), bytecode=True, limit=3600).wait()
    if not outcome:
        sys.exit(f"{outcome.output}\nThe tests are red (or none) without any fault: {outcome.test}")
    seen = outcome.seen
    forked.warm_up(seen["modules"])
    return Known(seen["seconds"], {k: set(x) for k, x in seen["calls"].items()}, set(seen["hidden"]))


def equivalent(file: str) -> dict[str, str]:
    """Mutants of the file that change nothing, and why."""
    path = EQUIVALENT / (".".join(Path(file).with_suffix("").parts[1:]) + ".txt")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {words.strip(): why for words, _, why in (x.rpartition("  # ") for x in lines)}


def valid(mutant: Mutant, source: bytes) -> bool:
    try:
        compile(mutant.change.applied(source), mutant.file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def chosen(options: argparse.Namespace, sources: dict[str, bytes]) -> list[Mutant]:
    """The mutants that the command line asks for, in the order of the files."""
    found = [Mutant(x, m) for x, text in sources.items() for m in mutations(text, options.texts)]
    if options.only:
        wanted = {x.split(": ", 1)[-1].strip() for x in Path(options.only).read_text().splitlines()}
        found = [x for x in found if x.words in wanted]
    random.Random(options.seed).shuffle(found)
    picked: list[Mutant] = []
    for mutant in found:
        if len(picked) == options.sample:
            break
        if valid(mutant, sources[mutant.file]):
            picked.append(mutant)
    return sorted(picked, key=lambda x: (x.file, x.change.start))


def try_all(
    mutants: list[Mutant], sources: dict[str, bytes], copies: list[Path], options: argparse.Namespace
) -> Iterator[tuple[Mutant, Outcome]]:
    """Each mutant with its outcome."""
    known: dict[tuple[str, ...], Known] = {}
    killers: Counter[str] = Counter()

    def start(mutant: Mutant, known: Known, wanted: list[str], slot: int) -> tuple[Mutant, Run]:
        seconds = {x: known.seconds[x] for x in wanted}
        return mutant, Run(
            copies[slot],
            list(dict.fromkeys(x.split("::")[0] for x in wanted)),
            Plugin(wanted, seconds),
            {mutant.file: mutant.change.applied(sources[mutant.file])},
            forked.CLOCK + forked.PATIENCE * sum(seconds.values()),
        )

    def starts() -> Iterator[Any]:
        for mutant in mutants:
            tests = tuple(options.tests or tests_of(mutant.file, copies[0]))
            if tests not in known:
                known[tests] = watch(copies[0], tests)
            wanted = known[tests].tests(mutant, options.slow, killers)
            if options.confirm:  # the likely ones first, then all
                rest = known[tests].tests(mutant, options.slow, killers, every=True)
                wanted = list(dict.fromkeys([*wanted, *rest]))
            if wanted:
                yield partial(start, mutant, known[tests], wanted)
            else:
                untested.append(mutant)

    untested: list[Mutant] = []
    for mutant, outcome in forked.runs(len(copies), starts()):
        killers[outcome.test] += 1
        yield mutant, outcome
    for mutant in untested:
        yield mutant, Outcome("nothing")


def main() -> int:
    """Try them, and say what survived."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", help="files or folders of the package")
    parser.add_argument(
        "--tests", nargs="+", metavar="PATH", help="the tests to run, in the place of the usual"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="so many of them, drawn at random")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="at once")
    parser.add_argument("--slow", type=float, default=3.0, metavar="SECONDS", help="leave out slower tests")
    parser.add_argument(
        "--texts", action="store_true", help="also messages, reprs and other texts for people"
    )
    parser.add_argument("--confirm", action="store_true", help="all of a file's tests against a survivor")
    parser.add_argument("--only", metavar="FILE", help="only the mutants that the file lists")
    parser.add_argument("--save", metavar="FILE", help="write the survivors into a file, for --only")
    parser.add_argument("--list", action="store_true", help="print the mutants, run nothing")
    parser.add_argument("--list-survivors", action="store_true", help="print the survivors at the end")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each mutant and what killed it")
    options = parser.parse_args()

    with forked.copied(options.jobs) as copies:
        sources = {x: (copies[0] / x).read_bytes() for x in files_of(options.paths)}
        mutants = chosen(options, sources)
        if options.list:
            print(*mutants, f"{len(mutants)} mutants", sep="\n")
            return 0
        forked.warm_up()
        begun = time.monotonic()
        ends: dict[str, Counter[str]] = defaultdict(Counter)
        survivors: list[Mutant] = []
        for i, (mutant, outcome) in enumerate(try_all(mutants, sources, copies, options), 1):
            how = {"passed": "survived", "nothing": "survived", "failed": "killed"}.get(
                outcome.how, outcome.how
            )
            if how == "survived" and mutant.words in equivalent(mutant.file):
                how = "equivalent"
            if options.verbose:
                print(f"{outcome.seconds:6.2f} s {how:10} {mutant} ({outcome.test})", flush=True)
            ends[mutant.file][how] += 1
            if how == "survived":
                survivors.append(mutant)
            if sys.stderr.isatty():
                print(
                    f"\r{i} of {len(mutants)}: {outcome.how:8} {mutant}"[:110].ljust(110),
                    end="",
                    file=sys.stderr,
                )
        taken = time.monotonic() - begun

    print(f"\n{'':40} mutants  killed  of these in time  equivalent  survived")
    total: Counter[str] = Counter()
    for file, ended in sorted(ends.items()):
        print(line(file, ended))
        total.update(ended)
    print(line(f"all, in {taken:.0f} s", total))
    if options.list_survivors:
        print(*survivors, sep="\n")
    if options.save:
        Path(options.save).write_text("".join(f"{x}\n" for x in survivors))
    return 0


def line(name: str, ended: Counter[str]) -> str:
    """A line of the table. Equivalent mutants do not count."""
    count = ended.total() - ended["equivalent"]
    killed = ended["killed"] + ended["timeout"]
    share = f"{100 * killed / count:.1f} %" if count else "-"
    return (
        f"{name:40} {count:7} {share:>8} {ended['timeout']:13} {ended['equivalent']:11} {ended['survived']:9}"
    )


if __name__ == "__main__":
    sys.exit(main())
