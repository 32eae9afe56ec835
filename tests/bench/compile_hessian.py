"""The Hessian of Rosenbrock's function at 10, 20 and 50 numbers.

f(x) = Σ 100 (x_{i+1} - x_i²)² + (1 - x_i)². Each library is given the function as its users write it: over
arrays where it has them, else number by number.

This module uses `compile_runs`.
"""

from __future__ import annotations

import os
import random
from array import array
from functools import partial
from itertools import pairwise
from pathlib import Path

from .compile_runs import Missing, compiled_c, in_turns, missing_text, ratio, repeated, short, spread, table

SIZES = (10, 20, 50)


def rosenbrock(x):
    """Number by number."""
    return sum(100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x))


def of_array(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def points(n):
    rng = random.Random(n)
    return [[rng.uniform(-1.5, 1.5) for _ in range(n)] for _ in range(8)]


def answers(call, numbers):
    """For a call(k) whose result `numbers` turns into lists of floats."""
    return {"run": repeated(call), "read": lambda k: numbers(call(k))}


def autograd(n):
    import autograd.numpy as np
    from autograd import hessian

    function, inputs = hessian(of_array), [np.array(x) for x in points(n)]
    return answers(lambda k: function(inputs[k]), lambda h: h.tolist())


def torch_func(n):
    import torch

    torch.set_num_threads(1)
    function, inputs = torch.func.hessian(of_array), [torch.tensor(x, dtype=torch.float64) for x in points(n)]
    return answers(lambda k: function(inputs[k]), lambda h: h.tolist())


def jax_jit(n):
    import jax
    import jax.numpy as jnp

    function, inputs = jax.jit(jax.hessian(of_array)), [jnp.array(x) for x in points(n)]
    return answers(lambda k: jax.block_until_ready(function(inputs[k])), lambda h: h.tolist())


def casadi_function(n, in_c=False):
    import casadi
    import numpy as np

    x = casadi.SX.sym("x", n)
    matrix, _ = casadi.hessian(rosenbrock(casadi.vertsplit(x)), x)
    function = casadi.Function("rosenbrock", [x], [casadi.densify(matrix)], {"cse": True})
    if in_c:
        here = os.getcwd()
        os.chdir(os.environ["MICROGD_BENCH"])
        function.generate(f"rosenbrock{n}.c")
        function = casadi.external(
            "rosenbrock", compiled_c(Path(f"rosenbrock{n}.c"), "-O3", "-march=native")
        )  # fmt: skip
        os.chdir(here)
    inputs = [np.array(x) for x in points(n)]
    found = np.zeros((n, n))
    buffer, trigger = function.buffer()
    buffer.set_res(0, memoryview(found.reshape(-1)))
    views = [memoryview(x) for x in inputs]

    def call(k):
        buffer.set_arg(0, views[k])
        trigger()
        return found

    return answers(call, lambda h: h.tolist())


def microgd_eager(n):
    from microgd import func

    function, inputs = func.hessian(rosenbrock), points(n)
    return answers(lambda k: function(inputs[k]), numbers)


def numbers(rows):
    return [[float(x) for x in row] for row in rows]


def microgd_compiled(n, backend):
    """The Hessian is compiled: a list of lists, as the eager one."""
    from microgd import func

    function, inputs = compiled(func.hessian(rosenbrock), backend), points(n)
    function(inputs[0])
    return answers(lambda k: function(inputs[k]), numbers)


def microgd_of_array(n, backend):
    """The same for an array, which gives an array."""
    import numpy as np

    from microgd import func

    function, inputs = compiled(func.hessian(rosenbrock), backend), [np.array(x) for x in points(n)]
    function(inputs[0])
    return answers(lambda k: function(inputs[k]), numbers)


def microgd_of_compiled(n, backend):
    """The function is compiled, and differentiated twice."""
    from microgd import func

    function, inputs = func.hessian(compiled(rosenbrock, backend)), points(n)
    function(inputs[0])
    return answers(lambda k: function(inputs[k]), numbers)


def microgd_alone(n, backend):
    """The compiled code alone, bound to its buffers; new inputs are copied there."""
    from microgd import func

    function, inputs = compiled(func.hessian(rosenbrock), backend), [array("d", x) for x in points(n)]
    function(points(n)[0])
    version = function._last
    shared, sums = array("d", inputs[0]), array("d", [0.0] * len(version.routine.sums))
    each = array("d", [0.0]) * len(version.routine.each)
    run = version.built.bind(shared, [], None, sums, [each])

    def call(k):
        shared[:] = inputs[k]
        run(0, 1)

    def read(k):
        call(k)
        found = [each[~slot] for slot in version.value_slots]
        return [found[i * n : (i + 1) * n] for i in range(n)]

    return {"run": repeated(call), "read": read}


def compiled(function, backend):
    import microgd

    if not hasattr(microgd, "compile"):
        raise Missing("microgd.compile is not there")
    return microgd.compile(function, backend=backend)


OF_A_SIZE = {
    "microgd eager": microgd_eager,
    **{
        f"{text}, {backend}": partial(make, backend=backend)
        for backend in ("python", "llvm")
        for text, make in {
            "microgd.compile(hessian(f))": microgd_compiled,
            "the same, of an array": microgd_of_array,
            "the same, the code alone": microgd_alone,
            "hessian(microgd.compile(f))": microgd_of_compiled,
        }.items()
    },
    "autograd (HIPS)": autograd,
    "torch.func.hessian": torch_func,
    "jax.jit": jax_jit,
    "casadi, its own machine": casadi_function,
    "casadi, C by gcc -O3": partial(casadi_function, in_c=True),
}
CONTESTANTS = {f"{name}, n = {n}": partial(make, n) for n in SIZES for name, make in OF_A_SIZE.items()}


def agree(contestants):
    for k in range(8):
        first = None
        for contestant in contestants:
            found = contestant.ask("read", k)
            first = first or found
            scale = max(abs(x) for row in first for x in row)
            off = max(abs(a - b) for p, q in zip(first, found) for a, b in zip(p, q, strict=True))
            if not off <= 1e-12 * scale:
                raise SystemExit(f"{contestant.name} and {contestants[0].name} differ by {off:.2g}")


def main(figures, rounds=20, processes=2):
    text = []
    for n in SIZES:
        names = [f"{name}, n = {n}" for name in OF_A_SIZE]
        found, missing, _ = in_turns(__name__, names, rounds=rounds, processes=processes, check=agree)
        figures[f"Hessian, n = {n}"] = {name.rpartition(",")[0]: seconds for name, seconds in found.items()}
        peer = found.get(f"autograd (HIPS), n = {n}") or next(iter(found.values()))
        rows = [
            [name, short(ratio(seconds, [1e-6] * len(seconds))[0]), spread(ratio(peer, seconds))]
            for name, seconds in found.items()
        ]
        head = ["Hessian of Rosenbrock's function", "µs", "times as fast as HIPS autograd (quartiles)"]
        text.append(table(head, rows) + missing_text(missing))
    return "\n".join(text)
