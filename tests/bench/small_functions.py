"""What the gradient of a small function costs, when it is asked for a million times.

    python -m tests.bench.small_functions [--rounds 20] [--processes 2]

Prints a table in Markdown: microseconds for one call, which are seconds for a million of them. Each library
is given the function as its users write it, and is called from Python with plain numbers, as a solver or a
simulation would call it. Times are CPU times of one core and one thread, medians over rounds in which all
take turns. A peer that is not installed is named as missing. Run by hand, never by CI.

This module uses `compile_runs`.
"""

from __future__ import annotations

import argparse
import math
import random
from functools import partial
from itertools import pairwise

from .compile_runs import in_turns, missing_text, prepared, quartiles, repeated, short, table


def wave(m, x):
    """Seven operations of one number."""
    return m.sin(x) * m.exp(0.5 * x) + x**3


def option(m, spot, vol, years, rate):
    """The price of a call, by Black and Scholes, with the strike 100."""
    spread = vol * m.sqrt(years)
    d1 = (m.log(spot / 100.0) + (rate + 0.5 * vol**2) * years) / spread

    def normal(x):
        return 0.5 * (1.0 + m.erf(x / math.sqrt(2.0)))

    return spot * normal(d1) - 100.0 * m.exp(-rate * years) * normal(d1 - spread)


def rosenbrock(m, *x):
    return sum(100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x))


RNG = random.Random(0)
FUNCTIONS = {  # each with points at which it is asked
    "one number": (wave, [(RNG.uniform(-1, 1),) for _ in range(8)]),
    "an option, 4 numbers": (
        option,
        [(RNG.uniform(80, 120), RNG.uniform(0.1, 0.4), RNG.uniform(0.2, 2), 0.03) for _ in range(8)],
    ),
    "Rosenbrock, 10 numbers": (rosenbrock, [tuple(RNG.uniform(-1, 1) for _ in range(10)) for _ in range(8)]),
}


def answers(call):
    """For a call(k) that gives the gradient at the k-th point."""
    return {"run": repeated(call), "read": lambda k: [float(x) for x in call(k)]}


def plain(f, points):
    """The value alone."""
    run = partial(f, math)
    return {"run": repeated(lambda k: run(*points[k]))}


def value_and_backward(f, points):
    import microgd
    from microgd import Value

    def call(k):
        xs = [Value(x) for x in points[k]]
        f(microgd, *xs).backward()
        return [x.grad for x in xs]

    return answers(call)


def gradient(f, points):
    """The derivative of the function of several numbers, in microgd's way."""
    import microgd
    from microgd import func

    return func.grad(partial(f, microgd), argnums=tuple(range(len(points[0]))))


def func_grad(f, points):
    function = gradient(f, points)
    return answers(lambda k: function(*points[k]))


def compiled(f, points, backend):
    import microgd

    function = microgd.compile(gradient(f, points), backend=backend)
    function(*points[0])
    return answers(lambda k: function(*points[k]))


def value_and_grad(f, points, backend):
    """The function is compiled: its value and its gradient at once."""
    import microgd

    function = microgd.compile(lambda x: f(microgd, *x), backend=backend)
    lists = [list(x) for x in points]
    return answers(lambda k: function.value_and_grad(lists[k])[1])


def hips(f, points):
    import autograd.numpy as np
    from autograd import grad
    from autograd.scipy.special import erf

    np.erf = erf
    function = grad(partial(f, np), tuple(range(len(points[0]))))
    return answers(lambda k: function(*points[k]))


def torch_backward(f, points):
    import torch

    torch.set_num_threads(1)

    def call(k):
        xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in points[k]]
        f(torch, *xs).backward()
        return [x.grad for x in xs]

    return answers(call)


def torch_func(f, points):
    import torch

    torch.set_num_threads(1)
    function = torch.func.grad(partial(f, torch), argnums=tuple(range(len(points[0]))))
    return answers(lambda k: function(*[torch.tensor(x, dtype=torch.float64) for x in points[k]]))


def jax_grad(f, points, jit):
    import jax
    import jax.numpy as jnp

    jnp.erf = jax.scipy.special.erf
    function = jax.grad(partial(f, jnp), argnums=tuple(range(len(points[0]))))
    function = jax.jit(function) if jit else function
    return answers(lambda k: jax.block_until_ready(function(*points[k])))


def casadi_function(f, points):
    import casadi

    xs = [casadi.SX.sym(f"x{i}") for i in range(len(points[0]))]
    partials = casadi.vertsplit(casadi.gradient(f(casadi, *xs), casadi.vertcat(*xs)))
    function = casadi.Function("partials", xs, partials, {"cse": True})
    if len(xs) == 1:
        return answers(lambda k: [function(*points[k])])
    return answers(lambda k: function(*points[k]))


LIBRARIES = {
    "plain floats, the value alone": plain,
    "microgd: Value and backward": value_and_backward,
    "microgd: func.grad": func_grad,
    "microgd: compile(func.grad), llvm": partial(compiled, backend="llvm"),
    "microgd: compile(func.grad), python": partial(compiled, backend="python"),
    "microgd: compile, value_and_grad, llvm": partial(value_and_grad, backend="llvm"),
    "autograd (HIPS)": hips,
    "torch: backward": torch_backward,
    "torch.func.grad": torch_func,
    "jax.grad": partial(jax_grad, jit=False),
    "jax.jit(jax.grad)": partial(jax_grad, jit=True),
    "casadi": casadi_function,
}
CONTESTANTS = {
    f"{library}: {name}": partial(make, *FUNCTIONS[name])
    for name in FUNCTIONS
    for library, make in LIBRARIES.items()
}


def agree(contestants):
    """Every gradient is that of the others."""
    first = next(c for c in contestants if c.name.startswith("microgd"))
    for k in range(8):
        known = first.ask("read", k)
        for contestant in contestants:
            if not contestant.name.startswith("plain"):
                found = contestant.ask("read", k)
                if not all(
                    math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in zip(found, known, strict=True)
                ):
                    raise SystemExit(f"{contestant.name}: {found}, and {first.name}: {known}")


def main(rounds, processes):
    columns, gone = {}, {}
    for name in FUNCTIONS:
        names = [f"{library}: {name}" for library in LIBRARIES]
        found, missing, _ = in_turns(__spec__.name, names, rounds=rounds, processes=processes, check=agree)
        columns[name] = found
        gone |= missing
    rows = []
    for library in LIBRARIES:
        times = [columns[name].get(f"{library}: {name}") for name in FUNCTIONS]
        rows.append([library, *[short(1e6 * quartiles(t)[0]) if t else "" for t in times]])
    return table(["µs a call", *FUNCTIONS], rows) + missing_text(gone)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--processes", type=int, default=2)
    chosen = options.parse_args()
    prepared()
    print(main(chosen.rounds, chosen.processes))
