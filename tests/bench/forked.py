"""pytest in a fork, on a temporary copy of the project: what mutants and planted faults are tried with.

The parent imports what is slow and never changes (pytest, Hypothesis, NumPy, PyTorch), once. It never imports
the package or the tests. A fork imports both afresh from the copy, so that a fault put into a file of the
copy is seen everywhere: in lazily loaded modules, in names bound by `from x import f`, and in the processes
that tests start.
"""

import ast
import compileall
import contextlib
import gc
import importlib.machinery
import importlib.util
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path.cwd()
if not (ROOT / "microgd").is_dir():
    raise SystemExit("Run this in the project's folder.")
LEFT_OUT = (".git", "__pycache__", ".hypothesis", "*_cache", "dist", "build", "*.egg-info", ".venv", "venv")
PYTEST = ["-q", "--no-header", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin"]
MEMORY = 4 << 30  # bytes that a run may take beyond what the parent holds
PATIENCE = 10  # a test may take so many times as long as in the unchanged project,
AT_LEAST = 5.0  # and these seconds of processor time anyway
CLOCK = 60.0  # seconds by the clock that a run may wait for something, beyond PATIENCE


SLOW = ("hypothesis", "hypothesis.strategies", "_hypothesis_pytestplugin", "numpy", "mpmath", "torch")


def warm_up(modules: Iterable[str] = SLOW) -> None:
    """Import what every fork needs and none changes."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["HYPOTHESIS_PROFILE"] = "ci"
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # a fork does not inherit threads
    gc.collect()
    gc.freeze()  # the forks' collector passes over what they share


@contextlib.contextmanager
def copied(count: int = 1) -> Iterator[list[Path]]:
    """Temporary copies of the project."""
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder).resolve() / f"copy{i}" for i in range(count)]
        for copy in copies:
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
            compileall.compile_dir(copy / "microgd", quiet=2)
        yield copies


class Outcome(NamedTuple):
    """What became of a run: how it ended, by which test, after how long, and what a watcher saw."""

    how: str  # "passed", "failed", "timeout", "nothing" (no test was run)
    test: str = ""
    seconds: float = 0.0
    seen: Any = None
    output: str = ""

    def __bool__(self) -> bool:
        return self.how == "passed"


class Run:
    """pytest in a fork, started by being made. `done()` is its outcome, or None while it runs.

    changes   the files of the copy that have another text meanwhile
    limit     seconds by the clock
    stop      whether the first test that fails ends it
    bytecode  whether imports may leave their bytecode in the copy, for later runs
    """

    def __init__(
        self,
        copy: Path,
        arguments: list[str],
        plugin: "Plugin",
        changes: dict[str, bytes] | None = None,
        limit: float = 600.0,
        bytecode: bool = False,
        stop: bool = True,
    ):
        self.copy, self.limit = copy, limit
        arguments = [*arguments, "-x"] if stop else arguments
        self.originals: dict[Path, bytes] = {}
        self.report, self.log = copy.with_suffix(".report"), copy.with_suffix(".log")
        self.report.unlink(missing_ok=True)
        for name, source in (changes or {}).items():
            self.originals[copy / name] = (copy / name).read_bytes()
            self.write(copy / name, source)
        sys.stdout.flush()
        self.started = time.monotonic()
        self.pid = os.fork()
        if not self.pid:
            code = 70
            try:
                code = self.child(arguments, plugin, bytecode)
            finally:
                os._exit(code)

    @staticmethod
    def write(path: Path, source: bytes) -> None:
        path.write_bytes(source)
        # Bytecode is trusted when size and second are the same, as they are for `+` in the place of `-`.
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)

    def child(self, arguments: list[str], plugin: "Plugin", bytecode: bool) -> int:
        copy = self.copy
        os.setsid()
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        null = os.open(os.devnull, os.O_RDONLY)
        for number, there in ((0, null), (1, log), (2, log)):
            os.dup2(there, number)
        held = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_DATA, (held + MEMORY, held + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.chdir(copy)
        for name in [x for x in sys.modules if x.split(".")[0] in ("microgd", "tests")]:
            del sys.modules[name]
        sys.path[0] = str(copy)
        sys.dont_write_bytecode = not bytecode
        os.environ["PYTHONPATH"] = str(copy)
        if not bytecode:
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(copy.parent / "hypothesis")
        plugin.report = self.report
        plugin.patience(AT_LEAST)
        code = int(pytest.main([*PYTEST, *arguments], plugins=[plugin]))
        signal.setitimer(signal.ITIMER_PROF, 0)
        plugin.finish(code)
        return code

    def done(self) -> Outcome | None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        late = time.monotonic() > self.started + self.limit
        if not pid and not late:
            return None
        self.stop()
        seconds = time.monotonic() - self.started
        output = self.log.read_text(errors="replace") if self.log.exists() else ""
        if late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF):
            return Outcome("timeout", "", seconds, None, output)
        if not self.report.exists():  # it crashed, or something ended the process
            return Outcome("failed", "(the process ended)", seconds, None, output)
        told = json.loads(self.report.read_text())
        how = {0: "passed", 5: "nothing"}.get(told["code"], "failed")
        return Outcome(how, told["failed"] or "", seconds, told["seen"], output)

    def wait(self) -> Outcome:
        try:
            while (outcome := self.done()) is None:
                time.sleep(0.01)
            return outcome
        finally:
            self.stop()

    def stop(self) -> None:
        """End it and what it started; the files are as they were."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        _end_those_that_name(str(self.copy).encode())
        for path, source in self.originals.items():
            self.write(path, source)
        self.originals = {}


def _end_those_that_name(copy: bytes) -> None:
    """End what a run has left behind in sessions of its own: its command or its PYTHONPATH names the copy."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if copy in (process / "cmdline").read_bytes() or copy in (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


class Plugin:
    """What a fork tells pytest: which tests in which order, how long each may take.

    wanted     the tests, first things first; None for all as they stand
    durations  seconds that each took in the unchanged project
    """

    def __init__(self, wanted: list[str] | None = None, durations: dict[str, float] | None = None):
        self.wanted, self.durations = wanted, durations or {}
        self.report = Path()

    def finish(self, code: int, failed: str = "") -> None:
        """Report, and end the process: what pytest does after that would take longer than most tests."""
        self.report.write_text(json.dumps({"code": code, "failed": failed, "seen": self.seen()}))
        sys.stdout.flush()
        os._exit(code)

    def seen(self) -> Any:
        return None

    def patience(self, seconds: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds)  # whose signal ends the process

    def pytest_configure(self, config: Any) -> None:
        from hypothesis import Phase, settings

        # No shrinking: that a test fails is enough. The same examples in every run.
        settings.register_profile(
            "forked",
            parent=settings(),
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            report_multiple_bugs=False,
        )
        settings.load_profile("forked")

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.wanted is not None:
            by_id = {x.nodeid: x for x in items}
            items[:] = [by_id[x] for x in self.wanted if x in by_id]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.patience(AT_LEAST + PATIENCE * self.durations.get(nodeid, 0.0))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            print(report.longreprtext)
            self.finish(1, report.nodeid)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            print(report.longreprtext)
            self.finish(1, f"{report.nodeid} (not imported)")

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self.finish(int(exitstatus))


class Watcher(Plugin):
    """Sees, in the unchanged project, how long each test takes and which functions of the package it calls.

    A function is `file:first line`. What is called while modules are imported, and in fixtures that several
    tests share, counts for every test; so does everything for a test that starts a process.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, list[str]] = {"": []}
        self.hidden: set[str] = set()  # tests of which not everything can be seen
        self.called: set[str] = set()  # since the last test began
        self.test = ""

    def seen(self) -> Any:
        self.calls[""] += self.called
        modules = [x for x in sys.modules if x.split(".")[0] not in ("microgd", "tests", "__main__")]
        hidden = sorted(self.hidden)
        return {"seconds": self.seconds, "calls": self.calls, "hidden": hidden, "modules": modules}

    def patience(self, seconds: float) -> None:
        """A test may take what it takes."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:  # a conftest may import the package
        sys.addaudithook(self.audit)
        sys.meta_path.insert(0, _Marking(self.called.add))

    def audit(self, event: str, arguments: Any) -> None:
        if event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system"):
            self.hidden.add(self.test)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.calls[""] += self.called
        self.called.clear()
        self.test = nodeid
        self.begun = time.monotonic()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Any:
        result = yield
        if fixturedef.scope != "function":  # what the test has called so far is a little more than this
            self.calls[""] += self.called
        return result

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.seconds[nodeid] = time.monotonic() - self.begun
        self.calls[nodeid] = sorted(self.called)
        self.called.clear()
        self.test = ""


class _Marking(importlib.machinery.SourceFileLoader):
    """Imports the package so that each of its functions calls `mark` first: sys.settrace is far slower."""

    def __init__(self, mark: Callable[[str], None], *place: str):
        super().__init__(*place or ("", ""))
        self.mark = mark

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        spec = None
        if name.split(".")[0] == "microgd":
            spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Marking(self.mark, name, spec.loader.path)
        return spec

    def get_code(self, fullname: str) -> Any:  # no cache of bytecode is read or written
        source = self.get_data(self.path)
        tree = ast.parse(source)
        file = f"microgd/{self.path.rpartition('/microgd/')[2]}"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                first = min([node.lineno, *(x.lineno for x in getattr(node, "decorator_list", []))])
                call = ast.Call(ast.Name("__mark__", ast.Load()), [ast.Constant(f"{file}:{first}")], [])
                if isinstance(node, ast.Lambda):
                    node.body = ast.BoolOp(ast.Or(), [call, node.body])
                else:  # after the docstring
                    node.body.insert(ast.get_docstring(node, clean=False) is not None, ast.Expr(call))
        return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)

    def exec_module(self, module: Any) -> None:
        module.__mark__ = self.mark
        super().exec_module(module)


def runs(jobs: int, todo: Iterator[Callable[[int], tuple[Any, Run]]]) -> Iterator[tuple[Any, Outcome]]:
    """Start what is to do, at most `jobs` at once, and give each outcome with what was started."""
    running: dict[int, tuple[Any, Run]] = {}
    try:
        while True:
            for slot in range(jobs):
                if slot not in running and (start := next(todo, None)):
                    running[slot] = start(slot)
            if not running:
                return
            for slot, (what, run) in list(running.items()):
                if (outcome := run.done()) is not None:
                    del running[slot]
                    yield what, outcome
            time.sleep(0.005)
    finally:
        for _, run in running.values():
            run.stop()
