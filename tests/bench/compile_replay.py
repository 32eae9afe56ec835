"""Replay: the loss of 100 points of two moons and its gradient, again and again with new parameters.

A network 2-16-16-1 with relu and the mean hinge loss. Every contestant has eight rows of parameters, and
its k-th call computes the loss and the gradient of all 337 at row k. Beside the call that a user makes
stands, for microgd, the compiled code alone, whose inputs and outputs are bound beforehand, as those of the
C functions are.

This module uses `compile_runs`, and the C file `compile_moons.c`.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import math
import os
import random
import time
from array import array
from functools import partial
from itertools import pairwise
from pathlib import Path

from .compile_runs import Missing, compiled_c, in_turns, missing_text, ratio, repeated, short, spread, table

WIDTHS = (2, 16, 16, 1)
POINTS = 100
ROWS = 8
TOLERANCE = 1e-9  # between the gradients of two contestants, which add in different orders
PARAMETERS = sum(i * o + o for i, o in pairwise(WIDTHS))


def moons(count=POINTS, noise=0.1):
    """Points on two interleaved half circles, and their labels -1 and 1."""
    rng = random.Random(0)
    points, labels = [], []
    for i in range(count):
        angle = math.pi * rng.random()
        x, y = math.cos(angle), math.sin(angle)
        if i % 2:
            x, y = 1 - x, 0.5 - y
        points.append([x + rng.gauss(0, noise), y + rng.gauss(0, noise)])
        labels.append(2.0 * (i % 2) - 1.0)
    return points, labels


def parameters(row=0):
    """All parameters in a row, in PyTorch's order: weights neuron by neuron, then biases, layer by layer."""
    rng = random.Random(row)
    found = []
    for i, o in pairwise(WIDTHS):
        found += [rng.uniform(-1, 1) / math.sqrt(i) for _ in range(i * o + o)]
    return found


def layers(row):
    """A row of parameters as the weights (a list of rows) and biases of each layer."""
    found, at = [], 0
    for i, o in pairwise(WIDTHS):
        weights = [row[at + k * i : at + k * i + i] for k in range(o)]
        at += i * o
        found.append((weights, row[at : at + o]))
        at += o
    return found


# --- C ----------------------------------------------------------------------------------------------------


def in_c(function, repeated_in_c=None):
    """The answers of a C function (parameters, gradient) -> loss."""
    rows = [array("d", parameters(k)) for k in range(ROWS)]
    gradient = array("d", [0.0]) * PARAMETERS
    function.restype = ctypes.c_double
    function.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    places, to = [row.buffer_info()[0] for row in rows], gradient.buffer_info()[0]

    def call(k):
        return function(places[k], to)

    call.alive = rows, gradient

    def read(k):
        return call(k), gradient.tolist()

    if repeated_in_c is None:
        return {"run": repeated(call), "read": read}
    every = array("d", [x for row in rows for x in row])
    repeated_in_c.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_long)
    place = every.buffer_info()[0]

    def run(n):
        repeated_in_c(ctypes.cast(function, ctypes.c_void_p), place, ROWS, to, n)

    run.alive = every
    return {"run": run, "read": read}


def loaded(library):
    library = ctypes.CDLL(library)
    points, labels = moons()
    x, y = array("d", [number for point in points for number in point]), array("d", labels)
    library.prepare.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
    library.prepare(x.buffer_info()[0], y.buffer_info()[0], POINTS)
    return library


def hand_written(in_a_loop=False):
    library = loaded(compiled_c(Path(__file__).with_name("compile_moons.c"), "-O3", "-march=native"))
    fastest = None
    for name in ("samples_in_lanes", "pairs_of_vectors", "neurons_in_lanes"):
        answers = in_c(getattr(library, name), library.repeated)
        answers["run"](100)
        for _ in range(5):
            start = time.perf_counter()
            answers["run"](1000)
            spent = time.perf_counter() - start
            if fastest is None or spent < fastest[0]:
                fastest = spent, name, answers
    _, name, answers = fastest
    if not in_a_loop:
        answers = in_c(getattr(library, name))
    answers["note"] = f"layout: {name}"
    return answers


def statements(lines, choose):
    """Loss and gradient of one sample as straight-line code, which C and Python read alike.

    lines   of the code so far: x0, x1 and y are the sample, w[...] parameters
    choose  prints `a if c else b`

    Gives the names of the sample's loss and of its addend to each parameter's gradient.
    """
    at = 0
    values, forward = ["x0", "x1"], []
    for depth, (i, o) in enumerate(pairwise(WIDTHS)):
        sums = []
        for k in range(o):
            terms = [f"w[{at + k * i + j}] * {value}" for j, value in enumerate(values)]
            lines.append((f"z{depth}_{k}", " + ".join([f"w[{at + i * o + k}]", *terms])))
            sums.append(f"z{depth}_{k}")
        forward.append((at, values, sums))
        at += i * o + o
        if depth < len(WIDTHS) - 2:
            values = [f"h{depth}_{k}" for k in range(o)]
            lines += [(h, choose(f"{z} > 0.0", z, "0.0")) for h, z in zip(values, sums)]
    lines.append(("margin", f"1.0 - y * {sums[0]}"))
    lines.append(("loss", choose("margin > 0.0", "margin", "0.0")))
    lines.append((f"d{depth}_0", choose("margin > 0.0", "-y", "0.0")))
    contributions = [""] * PARAMETERS
    for depth in reversed(range(len(forward))):
        at, values, sums = forward[depth]
        i, o = len(values), len(sums)
        for k in range(o):
            contributions[at + i * o + k] = f"d{depth}_{k}"
            for j, value in enumerate(values):
                contributions[at + k * i + j] = f"d{depth}_{k} * {value}"
        if depth:
            for j in range(i):
                total = " + ".join(f"d{depth}_{k} * w[{at + k * i + j}]" for k in range(o))
                lines.append((f"d{depth - 1}_{j}", choose(f"z{depth - 1}_{j} > 0.0", f"({total})", "0.0")))
    return "loss", contributions


def generated_c(lanes=1):
    """Straight-line code for a sample, or for several at once: a vector holds a number of each."""
    lines = []
    choose = "{0} ? {1} : {2}" if lanes == 1 else "kept({0}, {1})"
    loss, contributions = statements(lines, choose.format)
    body = [f"const V {name} = {value};" for name, value in lines]
    body += [f"g[{i}] += {value};" for i, value in enumerate(contributions)]
    vectors = -(-POINTS // lanes)
    code = f"""
        #define LANES {lanes}
        #if LANES == 1
        typedef double V;
        #define AT(v, lane) v
        #else
        typedef double V __attribute__((vector_size(8 * LANES)));
        typedef long long M __attribute__((vector_size(8 * LANES)));
        #define AT(v, lane) v[lane]
        static inline V kept(M mask, V x) {{ return (V)(mask & (M)x); }}
        #endif
        static V X0[{vectors}], X1[{vectors}], Y[{vectors}], N[{vectors}];
        void prepare(const double *x, const double *y, int n) {{
            for (int s = 0; s < n; s++) {{
                AT(X0[s / LANES], s % LANES) = x[2 * s];
                AT(X1[s / LANES], s % LANES) = x[2 * s + 1];
                AT(Y[s / LANES], s % LANES) = y[s];
                AT(N[s / LANES], s % LANES) = 1.0;
            }}
        }}
        static double sum(V v) {{
            double total = 0.0;
            for (int i = 0; i < LANES; i++) total += AT(v, i);
            return total / {POINTS};
        }}
        double function(const double *restrict w, double *restrict gradient) {{
            V g[{PARAMETERS}];
            V total = {{0.0}};
            for (int i = 0; i < {PARAMETERS}; i++) g[i] = total;
            for (int s = 0; s < {vectors}; s++) {{
                const V x0 = X0[s], x1 = X1[s], y = Y[s];
                {" ".join(body)}
                total += {loss} * N[s];
            }}
            for (int i = 0; i < {PARAMETERS}; i++) gradient[i] = sum(g[i]);
            return sum(total);
        }}"""
    source = Path(os.environ["MICROGD_BENCH"], f"generated{lanes}.c")
    source.write_text(code, encoding="utf-8")
    return in_c(loaded(compiled_c(source, "-O3", "-march=native")).function)


# --- Python -----------------------------------------------------------------------------------------------


def python_source():
    lines = []
    loss, contributions = statements(lines, "{1} if {0} else {2}".format)
    local = {f"w[{i}]": f"w{i}" for i in range(PARAMETERS)}

    def named(text):
        for i in reversed(range(PARAMETERS)):
            text = text.replace(f"w[{i}]", local[f"w[{i}]"])
        return text

    names = ", ".join(local.values())
    body = [f"{name} = {named(value)}" for name, value in lines]
    body += [f"g{i} += {value}" for i, value in enumerate(contributions)]
    every = ", ".join(f"g{i}" for i in range(PARAMETERS))
    code = f"""
def function(w, X, Y):
    {names} = w
    total = 0.0
    {every.replace(", ", " = ")} = 0.0
    for (x0, x1), y in zip(X, Y):
        {(chr(10) + " " * 8).join(body)}
        total += {loss}
    return total / {POINTS}, [g / {POINTS} for g in ({every})]
"""
    space = {}
    exec(code, space)
    points, labels = moons()
    rows = [parameters(k) for k in range(ROWS)]

    def call(k):
        return space["function"](rows[k], points, labels)

    return {"run": repeated(call), "read": call}


def micrograd(collector=True):
    from micrograd.nn import MLP

    model = MLP(WIDTHS[0], list(WIDTHS[1:]))
    points, labels = moons()
    # micrograd's order of the parameters is: each neuron's weights, then its bias.
    order = []
    at = 0
    for i, o in pairwise(WIDTHS):
        for k in range(o):
            order += [*range(at + k * i, at + k * i + i), at + i * o + k]
        at += i * o + o
    rows = [[row[i] for i in order] for row in map(parameters, range(ROWS))]
    every = model.parameters()

    def call(k):
        if not collector:
            gc.collect()
            gc.disable()
        for p, number in zip(every, rows[k]):
            p.data = number
            p.grad = 0.0
        losses = [(1.0 + -y * model(x)).relu() for x, y in zip(points, labels)]
        loss = sum(losses) * (1.0 / POINTS)
        loss.backward()
        return loss

    def read(k):
        loss, gradient = call(k), [0.0] * PARAMETERS
        for i, p in zip(order, every):
            gradient[i] = p.grad
        return loss.data, gradient

    return {"run": repeated(call), "read": read}


# --- microgd ----------------------------------------------------------------------------------------------


def microgd_network():
    import microgd
    from microgd import nn

    microgd.manual_seed(0)
    return nn.Sequential(
        nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
    )  # fmt: skip


def microgd_elements(model):
    """Its parameters one by one, in PyTorch's order."""
    from microgd.tensor import values

    return values(model.parameters())


def microgd_eager():
    import microgd

    model = microgd_network()
    points, labels = moons()
    every = microgd_elements(model)
    rows = [parameters(k) for k in range(ROWS)]

    def call(k):
        for p, number in zip(every, rows[k]):
            p.data = number
        model.zero_grad()
        losses = [(1.0 - y * score[0]).relu() for y, score in zip(labels, model(points))]
        loss = microgd.mean(losses)
        loss.backward()
        return loss

    def read(k):
        loss = call(k)
        return loss.data, [p.grad for p in every]

    return {"run": repeated(call), "read": read}


def of_theta(theta, x, y):
    """The loss of one sample; the network's parameters are an argument."""
    from microgd.nn import functional as F

    at = 0
    for i, o in pairwise(WIDTHS):
        if at:
            x = F.relu(x)
        weights, at = theta[at : at + i * o].reshape(o, i), at + i * o
        biases, at = theta[at : at + o], at + o
        x = F.linear(x, weights, biases)
    return (1.0 - y * x[0]).relu()


def microgd_compiled(backend, fast=False):
    """What scipy.optimize would call: value_and_grad of arrays."""
    import numpy as np

    loss = compiled(of_theta, in_dims=(None, 0, 0), backend=backend, fast=fast)
    rows = [np.array(parameters(k)) for k in range(ROWS)]
    points, labels = (np.array(numbers) for numbers in moons())

    def call(k):
        return loss.value_and_grad(rows[k], points, labels, argnums=0)

    def read(k):
        value, gradient = call(k)
        return value, gradient.tolist()

    call(0)
    return {"run": repeated(call), "read": read}


def compiled(function, **options):
    import microgd

    if not hasattr(microgd, "compile"):
        raise Missing("microgd.compile is not there")
    if options["backend"] == "llvm":
        importlib.import_module("llvmlite.binding")
    return microgd.compile(reduce="mean", **options)(function)


def microgd_captured(backend, fast=False):
    """The network's own parameters, which a call reads; they stay as they are."""
    model = microgd_network()
    points, labels = moons()
    loss = compiled(
        lambda x, y: (1.0 - y * model(x)[0]).relu(), in_dims=(0, 0), backend=backend, fast=fast
    )  # fmt: skip
    every = microgd_elements(model)

    def call(k):
        return loss.value_and_grad(points, labels)

    def read(k):
        for p, number in zip(every, parameters(k)):
            p.data = number
        value, gradient = call(k)
        place = {id(p): i for i, p in enumerate(loss.parameters)}
        return value, [gradient[place[id(p)]] for p in every]

    call(0)
    return {"run": repeated(call), "read": read}


def microgd_alone(backend, fast=False):
    """The compiled code alone, bound to its buffers; new parameters are copied there."""
    import numpy as np

    loss = compiled(of_theta, in_dims=(None, 0, 0), backend=backend, fast=fast)
    points, labels = moons()
    loss.value_and_grad(np.array(parameters()), points, labels, argnums=0)
    version = loss._last
    rows = [array("d", [*parameters(k), 1 / POINTS]) for k in range(ROWS)]
    shared, sums, zeros = array("d", rows[0]), array("d"), array("d", [0.0] * len(version.routine.sums))
    sums[:] = zeros
    columns = [array("d", column) for column in (*zip(*points), labels)]
    run = version.built.bind(shared, columns, None, sums, [])

    def call(k):
        shared[:] = rows[k]
        sums[:] = zeros
        run(0, POINTS)

    def read(k):
        call(k)
        return sums[version.value_slots[0]] / POINTS, [sums[slot] for slot in version.slots[0]]

    return {"run": repeated(call), "read": read}


# --- the others -------------------------------------------------------------------------------------------


def jax_jit():
    import jax
    import jax.numpy as jnp
    import numpy as np

    points, labels = (jnp.asarray(np.array(numbers)) for numbers in moons())

    @jax.jit
    @jax.value_and_grad
    def function(net):
        values = points
        for depth, (weights, biases) in enumerate(net):
            values = values @ weights.T + biases
            if depth < len(net) - 1:
                values = jnp.maximum(values, 0.0)
        return jnp.maximum(1.0 - labels * values[:, 0], 0.0).mean()

    rows = [[(jnp.array(w), jnp.array(b)) for w, b in layers(parameters(k))] for k in range(ROWS)]

    def call(k):
        return jax.block_until_ready(function(rows[k]))

    def read(k):
        loss, gradient = call(k)
        return float(loss), [x for pair in gradient for p in pair for x in np.ravel(p).tolist()]

    return {"run": repeated(call), "read": read}


def torch_vectorised(compiled=False):
    import torch

    torch.set_num_threads(1)
    points, labels = (torch.tensor(numbers, dtype=torch.float64) for numbers in moons())

    def leaf(numbers):
        return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)

    rows = [[leaf(p) for pair in layers(parameters(k)) for p in pair] for k in range(ROWS)]

    def loss_of(w1, b1, w2, b2, w3, b3):
        linear = torch.nn.functional.linear
        hidden = linear(linear(points, w1, b1).relu(), w2, b2).relu()
        return (1.0 - labels * linear(hidden, w3, b3)[:, 0]).relu().mean()

    if compiled:
        loss_of = torch.compile(loss_of)

    def call(k):
        loss = loss_of(*rows[k])
        return loss, torch.autograd.grad(loss, rows[k])

    def read(k):
        loss, gradient = call(k)
        return loss.item(), [x for p in gradient for x in p.ravel().tolist()]

    return {"run": repeated(call), "read": read}


def casadi_function(in_c=False):
    """In C: one sample's function, mapped over the batch. In casadi's own machine: matrices of the batch.

    Each is the faster of the two forms. A third, all samples written out, is slower in the machine, and its
    C code takes minutes to compile.
    """
    import casadi
    import numpy as np

    points, labels = (np.array(numbers) for numbers in moons())
    batch = 1 if in_c else POINTS
    symbol = (casadi.SX if in_c else casadi.MX).sym
    row, x, y = symbol("row", PARAMETERS), symbol("x", 2, batch), symbol("y", 1, batch)
    values, at = x, 0
    for depth, (i, o) in enumerate(pairwise(WIDTHS)):
        weights = casadi.reshape(row[at : at + i * o], i, o).T
        biases = row[at + i * o : at + i * o + o]
        at += i * o + o
        values = weights @ values + casadi.repmat(biases, 1, batch)
        if depth < len(WIDTHS) - 2:
            values = casadi.fmax(values, 0)
    loss = casadi.sum2(casadi.fmax(1 - y * values, 0)) / POINTS
    function = casadi.Function(
        "moons", [row, x, y], [loss, casadi.gradient(loss, row)], {"cse": True}
    )  # fmt: skip
    if in_c:
        function = function.map("moons_batch", "serial", POINTS, [0], [0, 1])
        here = os.getcwd()
        os.chdir(os.environ["MICROGD_BENCH"])
        function.generate("casadi_moons.c")
        library = compiled_c(Path("casadi_moons.c"), "-O3", "-march=native")
        function = casadi.external("moons_batch", library)
        os.chdir(here)
    rows = [np.array(parameters(k)) for k in range(ROWS)]
    x, y = points.ravel().copy(), labels.copy()
    loss, gradient = np.zeros(1), np.zeros(PARAMETERS)
    buffer, trigger = function.buffer()
    for k, numbers in enumerate((rows[0], x, y)):
        buffer.set_arg(k, memoryview(numbers))
    for k, numbers in enumerate((loss, gradient)):
        buffer.set_res(k, memoryview(numbers))
    views = [memoryview(numbers) for numbers in rows]

    def call(k):
        buffer.set_arg(0, views[k])
        trigger()

    call.alive = x, y

    def read(k):
        call(k)
        return float(loss[0]), gradient.tolist()

    return {"run": repeated(call), "read": read}


CONTESTANTS = {
    "hand-written SIMD C": hand_written,
    "hand-written SIMD C, looped in C": partial(hand_written, in_a_loop=True),
    "generated C over eight lanes, gcc -O3": partial(generated_c, lanes=8),
    "generated scalar C, gcc -O3": generated_c,
    "casadi, C by gcc -O3": partial(casadi_function, in_c=True),
    "casadi, its own machine": casadi_function,
    "jax.jit": jax_jit,
    "torch.compile": partial(torch_vectorised, compiled=True),
    "torch": torch_vectorised,
    "plain Python source": python_source,
    "micrograd, collector off": partial(micrograd, collector=False),
    "micrograd": micrograd,
    "microgd eager, through nn": microgd_eager,
    **{
        f"microgd.compile, {text}{which}": partial(make, **options)
        for text, options in {
            "python": {"backend": "python"},
            "llvm exact": {"backend": "llvm"},
            "llvm fast": {"backend": "llvm", "fast": True},
        }.items()
        for which, make in {
            ": value_and_grad of arrays": microgd_compiled,
            ": value_and_grad, captured": microgd_captured,
            ": the code alone": microgd_alone,
        }.items()
    },
}


def agree(contestants):
    """All compute the same: to 1e-9, at each row of parameters."""
    for k in range(ROWS):
        first = None
        for contestant in contestants:
            loss, gradient = contestant.ask("read", k)
            if first is None:
                first = loss, gradient, contestant.name
            off = max(abs(a - b) for a, b in zip([first[0], *first[1]], [loss, *gradient], strict=True))
            if not off <= TOLERANCE:
                raise SystemExit(f"{contestant.name} and {first[2]} differ by {off:.2g} at row {k}")


def main(figures, rounds=21, processes=3, only=""):
    names = [name for name in CONTESTANTS if only in name]
    found, missing, notes = in_turns(__name__, names, rounds=rounds, processes=processes, check=agree)
    figures["replay"] = found
    reference = next(iter(found))
    rows = []
    for name, seconds in found.items():
        times = ratio(seconds, found[reference])
        note = f" ({notes[name]})" if notes[name] else ""
        rows.append([name + note, short(ratio(seconds, [1e-6] * len(seconds))[0]), spread(times)])
    head = ["loss and gradient of 100 points", "µs", f"times {reference} (quartiles)"]
    return table(head, rows) + missing_text(missing)
