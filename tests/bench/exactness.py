"""What other engines make of a few gradients that are easy to get wrong.

    python -m tests.bench.exactness

Prints a table in Markdown, for docs/comparison.md. A cell is the relative error of a derivative beside the
exact one (mpmath, 50 digits), or what happened in its place. Every engine computes in double precision where
it can. One that is not installed is named as missing: micrograd, autograd, tinygrad, torch, jax.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import mpmath

LENGTH = 20_000


def microgd() -> dict[str, Callable[[], Any]]:
    import microgd as m

    def slope(f: Callable[[Any], Any], x: float) -> Any:
        v = m.Value(x)
        f(v).backward()
        return v.grad

    def twice() -> Any:
        x = m.Value(3.0)
        y = x * x * x
        y.backward()
        y.backward()
        return x.grad

    return {
        "tanh": lambda: slope(m.tanh, 20.0),
        "sigmoid": lambda: slope(m.sigmoid, 40.0),
        "relu": lambda: slope(lambda x: m.sqrt(m.relu(x)), -1.0),
        "twice": twice,
        "chain": lambda: slope(chain, 3.0),
        "third": lambda: m.func.grad(m.func.grad(m.func.grad(lambda x: x * x * x * x)))(3.0),
    }


def micrograd() -> dict[str, Callable[[], Any]]:
    from micrograd.engine import Value

    def slope(f: Callable[[Any], Any], x: float) -> Any:
        v = Value(x)
        f(v).backward()
        return v.grad

    def twice() -> Any:
        x = Value(3.0)
        y = x * x * x
        y.backward()
        y.backward()
        return x.grad

    return {
        "relu": lambda: slope(lambda x: x.relu() ** 0.5, -1.0),
        "twice": twice,
        "chain": lambda: slope(chain, 3.0),
    }


def autograd() -> dict[str, Callable[[], Any]]:
    import autograd.numpy as np
    from autograd import elementwise_grad as grad

    return {
        "tanh": lambda: grad(np.tanh)(20.0),
        "sigmoid": lambda: grad(lambda x: 1.0 / (1.0 + np.exp(-x)))(40.0),
        "relu": lambda: grad(lambda x: np.sqrt(np.maximum(x, 0.0)))(-1.0),
        "chain": lambda: grad(chain)(3.0),
        "third": lambda: grad(grad(grad(lambda x: x * x * x * x)))(3.0),
    }


def tinygrad() -> dict[str, Callable[[], Any]]:
    os.environ.setdefault("DEV", "PYTHON")  # its interpreter: it needs no compiler
    from tinygrad import Tensor, dtypes

    def leaf(x: float) -> Any:
        return Tensor([x], dtype=dtypes.float64)

    def slope(f: Callable[[Any], Any], x: float) -> Any:
        v = leaf(x)
        f(v).sum().backward()
        return v.grad.item()

    def twice() -> Any:
        x = leaf(3.0)
        y = (x * x * x).sum()
        y.backward()
        y.backward()
        return x.grad.item()

    def third() -> Any:
        x = leaf(3.0)
        y = x * x * x * x
        for _ in range(3):
            (y,) = y.sum().gradient(x)
        return y.item()

    return {
        "tanh": lambda: slope(lambda x: x.tanh(), 20.0),
        "sigmoid": lambda: slope(lambda x: x.sigmoid(), 40.0),
        "relu": lambda: slope(lambda x: x.relu().sqrt(), -1.0),
        "twice": twice,
        "chain": lambda: slope(chain, 3.0),
        "third": third,
    }


def torch() -> dict[str, Callable[[], Any]]:
    import torch as t

    def leaf(x: float) -> Any:
        return t.tensor(x, dtype=t.float64, requires_grad=True)

    def slope(f: Callable[[Any], Any], x: float) -> Any:
        v = leaf(x)
        f(v).backward()
        return v.grad.item()

    def twice() -> Any:
        x = leaf(3.0)
        y = x * x * x
        y.backward(retain_graph=True)
        y.backward()
        return x.grad.item()

    def third() -> Any:
        grad = t.func.grad(t.func.grad(t.func.grad(lambda x: x * x * x * x)))
        return grad(leaf(3.0)).item()

    return {
        "tanh": lambda: slope(t.tanh, 20.0),
        "sigmoid": lambda: slope(t.sigmoid, 40.0),
        "relu": lambda: slope(lambda x: t.sqrt(t.relu(x)), -1.0),
        "twice": twice,
        "chain": lambda: slope(chain, 3.0),
        "third": third,
    }


def jax() -> dict[str, Callable[[], Any]]:
    import jax as j

    j.config.update("jax_enable_x64", True)
    j.config.update("jax_platforms", "cpu")
    return {
        "tanh": lambda: j.grad(j.numpy.tanh)(20.0),
        "sigmoid": lambda: j.grad(j.nn.sigmoid)(40.0),
        "relu": lambda: j.grad(lambda x: j.numpy.sqrt(j.nn.relu(x)))(-1.0),
        "chain": lambda: j.grad(chain)(3.0),
        "third": lambda: j.grad(j.grad(j.grad(lambda x: x * x * x * x)))(3.0),
    }


def chain(x: Any) -> Any:
    y = x
    for _ in range(LENGTH):
        y = y + x
    return y


ENGINES = {f.__name__: f for f in (microgd, micrograd, autograd, tinygrad, torch, jax)}
ROWS: dict[str, tuple[str, Callable[[], Any]]] = {
    "tanh": ("d tanh(x) at 20", lambda: 1 / mpmath.cosh(20) ** 2),
    "sigmoid": ("d sigmoid(x) at 40", lambda: 1 / (mpmath.exp(40) + 2 + mpmath.exp(-40))),
    "relu": ("d sqrt(relu(x)) at -1", lambda: mpmath.mpf(0)),
    "twice": ("d x·x·x at 3, backward twice: 54", lambda: mpmath.mpf(54)),
    "third": ("the third derivative of x⁴ at 3: 72", lambda: mpmath.mpf(72)),
    "chain": (f"a sum of {LENGTH:,} operations, at the default recursion limit", lambda: LENGTH + 1),
}


def cell(engine: str, row: str) -> str:
    """What one engine makes of one row: in a process of its own, because it may crash."""
    command = [sys.executable, "-m", "tests.bench.exactness", engine, row]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=100, check=False)
    except subprocess.TimeoutExpired:
        return "more than 100 s"
    return done.stdout.strip().rpartition("\n")[2] if done.returncode == 0 else "the process crashes"


def judged(engine: str, row: str) -> str:
    ways = ENGINES[engine]()
    if row not in ways:
        return "–"
    try:
        got = float(ways[row]())
    except Exception as error:
        return type(error).__name__
    with mpmath.workdps(50):
        right = mpmath.mpf(ROWS[row][1]())
        if math.isnan(got) or abs(got - right) > 1e-3 * abs(right):
            return f"{got:.6g}"
        error = float(abs(got - right) / abs(right)) if right else 0.0
    return "exact" if error < 1e-15 else f"off by {error:.0e}"


def named(engine: str) -> str | None:
    """The engine and its version, or None if it is not installed."""
    try:
        return f"{engine} {version(engine)}"
    except PackageNotFoundError:
        return None


def main() -> None:
    if len(sys.argv) == 3:
        print(judged(*sys.argv[1:]))
        return
    here = {engine: name for engine in ENGINES if (name := named(engine) or (engine == "microgd" and engine))}
    print("| |", " | ".join(map(str, here.values())), "|\n|---|" + "---|" * len(here))
    for row, (title, _) in ROWS.items():
        print(f"| {title} |", " | ".join(cell(engine, row) for engine in here), "|", flush=True)
    missing = [engine for engine in ENGINES if engine not in here]
    print(*([f"\nNot installed: {', '.join(missing)}"] if missing else []))


if __name__ == "__main__":
    main()
