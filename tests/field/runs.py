"""Runs the scripts of a set with an engine, all in one process of their own, and compares what they print.

A set has a twin: the library that its scripts are written for. Ours takes its place when the import lines are
changed. A script runs if it ends without an error and prints the values that it prints with the twin: numbers
to the set's tolerance, True and False as they are. A script that draws normals says so in its first line. Of
that one only the count of values is compared.

python -m tests.field.runs ENGINE  what every script of that engine printed, as JSON
"""

from __future__ import annotations

import contextlib
import functools
import importlib.machinery
import io
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SECONDS = 20  # for one script; the slowest needs 1
NORMALS = "Draws normals"


@dataclass(frozen=True)
class Set:
    """Scripts that are written for one library."""

    name: str
    folder: str
    twin: str
    ours: str
    tolerance: float

    @property
    def scripts(self) -> list[str]:
        return sorted(path.stem for path in (HERE / self.folder).glob("*.py"))

    def text(self, script: str) -> str:
        return (HERE / self.folder / f"{script}.py").read_text(encoding="utf-8")


SETS = [
    Set("scripts in the manner of micrograd", "micrograd_scripts", "micrograd", "microgd.micrograd", 1e-12),
    Set("PyTorch scripts that make sense on scalars", "torch_scripts", "torch", "microgd", 1e-4),
]


def imports(line: re.Match[str]) -> str:
    """A line that imports modules, with ours in place of torch's."""
    line = re.sub(r"\btorch(?=,|$)", "microgd as torch", line[0])
    return re.sub(r"\btorch\.", "microgd.", line)


CHANGES: dict[str, list[Any]] = {  # engine -> which import lines of a script are changed, and how
    "microgd": [
        (r"^ *import [\w., ]*\btorch\b[\w., ]*$", imports),
        (r"^( *)from torch((?:\.\w+)*) import ", r"\1from microgd\2 import "),
    ],
    "microgd.micrograd": [
        (
            r"^( *)from (?:micrograd\.engine|micrograd\.nn|engine) import ",
            r"\1from microgd.micrograd import ",
        ),
    ],
}


def ported(text: str, engine: str) -> str:
    """A script as an engine gets it."""
    for pattern, replacement in CHANGES.get(engine, []):
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text


def missing(engine: str) -> str | None:
    """The package that is not installed, of those that an engine needs."""
    package = engine.partition(".")[0]  # the tests' stand-in for torch is no file, so it is not found here
    found = importlib.machinery.PathFinder.find_spec(package, [str(HERE.parent.parent), *sys.path])
    return None if found else package


# --- the twins, in the process that runs them ---


def torch_in_float64() -> Iterator[Callable[[], None]]:
    """torch, computing in float64; it draws in float32, its default, unless a script asks for float64."""
    import torch
    from torch.overrides import TorchFunctionMode

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    default = [torch.float32]
    created = ("rand", "randn", "rand_like", "randn_like", "normal")

    def double(x: Any) -> Any:
        return torch.float64 if x is torch.float32 else x

    class InFloat64(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            options, name = dict(kwargs or {}), func.__name__
            if name in created and not any(isinstance(x, torch.Tensor) for x in args[: name == "normal"]):
                needed = options.pop("requires_grad", False)
                drawn = func(*args, **{**options, "dtype": options.get("dtype") or default[0]})
                return drawn.double().requires_grad_(needed)
            if func is torch.Tensor.float:
                return args[0].double()
            return func(*map(double, args), **{key: double(x) for key, x in options.items()})

    def filled(draw: Any) -> Any:
        def method(self: Any, *arguments: Any, **options: Any) -> Any:
            return self.copy_(draw(torch.empty(self.shape, dtype=default[0]), *arguments, **options))

        return method

    def set_default_dtype(d: Any) -> None:
        default[0] = d

    def as_asked(init: Any) -> Any:
        def method(self: Any, *arguments: Any, dtype: Any = None, **options: Any) -> None:
            before, default[0] = default[0], dtype or default[0]
            init(self, *arguments, **options)
            default[0] = before

        return method

    changed: Any = torch  # a module's functions are changed here, which type checkers do not like
    changed.set_default_dtype = set_default_dtype
    for name in ("uniform_", "normal_"):
        setattr(changed.Tensor, name, filled(getattr(torch.Tensor, name)))
    for layer in (changed.nn.Linear, changed.nn.Embedding):
        layer.__init__ = as_asked(layer.__init__)
    InFloat64().__enter__()  # for as long as the process lives

    yield functools.partial(begun, torch)


def micrograd_of_the_lecture() -> Iterator[Callable[[], None]]:
    """micrograd, and a module `engine` with the functions that the package leaves out."""
    import graphviz
    from micrograd.engine import Value

    def function(name: str, value: Callable[[float], float], partial: Callable[[float, float], float]) -> Any:
        def method(self: Any) -> Any:
            out = Value(value(self.data), (self,), name)

            def backward() -> None:
                self.grad += partial(self.data, out.data) * out.grad

            out._backward = backward
            return out

        return method

    def draw_dot(root: Any) -> Any:
        dot = graphviz.Digraph()
        for operand in root._prev:
            dot.edge(str(id(operand)), str(id(root)))
        return dot

    Value.exp = function("exp", math.exp, lambda x, y: y)
    Value.tanh = function("tanh", math.tanh, lambda x, y: 1 - y**2)
    Value.log = function("log", math.log, lambda x, y: 1 / x)
    engine: Any = types.ModuleType("engine")
    engine.Value, engine.draw_dot = Value, draw_dot
    sys.modules["engine"] = engine
    yield lambda: None


def ours() -> Iterator[Callable[[], None]]:
    import microgd

    yield functools.partial(begun, microgd)


def begun(engine: Any) -> None:
    """What one script sets does not reach the next."""
    engine.manual_seed(0)
    engine.set_printoptions(profile="default")


PREPARED = {"torch": torch_in_float64, "micrograd": micrograd_of_the_lecture}


def run_all(engine: str) -> dict[str, dict[str, str]]:
    """What every script printed with this engine, and the error that ended it."""
    (scripts,) = (s for s in SETS if engine in (s.twin, s.ours))
    seed = next(PREPARED.get(engine, ours)())
    ended = {}
    for name in scripts.scripts:
        seed()
        random.seed(0)
        ended[name] = run(name, ported(scripts.text(name), engine))
    return ended


def run(name: str, text: str) -> dict[str, str]:
    """Run one script with globals, a folder and a time limit of its own."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"not ready after {SECONDS} s")

    has_alarm = hasattr(signal, "SIGALRM")
    printed, error = io.StringIO(), ""
    if has_alarm:
        before = signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.chdir(folder),
            contextlib.redirect_stdout(printed),
        ):
            exec(compile(text, f"{name}.py", "exec"), {"__name__": "__main__"})
    except (Exception, SystemExit) as e:
        lines = [s.lineno for s in traceback.extract_tb(e.__traceback__) if s.filename == f"{name}.py"]
        sentence = " ".join(str(e).split())
        error = f"line {lines[-1] if lines else '?'}: {type(e).__name__}: {sentence}"
    finally:
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    return {"printed": printed.getvalue(), "error": error}


# --- the comparison, in the process that asks ---


@functools.cache
def outcomes(engine: str) -> dict[str, dict[str, str]]:
    """`run_all` in a process of its own."""
    root = HERE.parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "tests.field.runs", engine],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the scripts for {engine} could not be run:\n{done.stderr}")
    return json.loads(done.stdout)


VALUE = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|nan\b|inf\b)|\b(?:True|False)\b")


def values(printed: str) -> list[str]:
    """The numbers and truth values of a text, in order."""
    return VALUE.findall(printed)


def agree(one: str, other: str, tolerance: float) -> bool:
    """Whether two printed values are the same."""
    if {one, other} & {"True", "False"}:
        return one == other
    a, b = float(one), float(other)
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance * 1e-3) or (a != a and b != b)


def first_error(scripts: Set, script: str) -> str:
    """Why a script does not run with ours; nothing if it runs."""
    mine, twin = outcomes(scripts.ours)[script], outcomes(scripts.twin)[script]
    if twin["error"]:
        raise RuntimeError(f"{script} does not run with {scripts.twin}: {twin['error']}")
    if mine["error"]:
        return mine["error"]
    found, expected = values(mine["printed"]), values(twin["printed"])
    if len(found) != len(expected):
        return f"prints {len(found)} values, its twin {len(expected)}"
    if NORMALS in scripts.text(script).partition("\n")[0]:
        return ""
    for i, (one, other) in enumerate(zip(found, expected, strict=True)):
        if not agree(one, other, scripts.tolerance):
            return f"value {i + 1} of those printed is {one}, its twin's {other}"
    return ""


if __name__ == "__main__":
    json.dump(run_all(sys.argv[1]), sys.stdout)
