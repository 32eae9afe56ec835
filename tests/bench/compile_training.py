"""Training: a whole run of a small network, set-up included, and the time of a step.

`moons`   100 points of two moons, a network 2-16-16-1, the logistic loss of the full batch, Adam
`digits`  1,792 images of 64 numbers in ten classes, a network 64-32-10, cross entropy, batches of 32, Adam

Every run is made in a process of its own, with the same first weights and the same batches. When
the clock starts, modules are imported (llvmlite too), PyTorch has trained for three steps (its first
optimizer loads a compiler), and jax has compiled a sine. The set-up is all that comes before the first step,
compiling included. For microgd the loop alone is a second call for as many steps, and the set-up is what the
first call took longer.

This module uses `compile_runs`, and `compile_replay` for the points.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import tempfile
import time
from functools import partial
from itertools import cycle, islice, pairwise

from .compile_replay import moons as moons_of_two_labels
from .compile_runs import afresh, missing_text, ratio, short, spread, table, with_imports

CHECKED = 50
"""Steps whose losses are compared."""


class Task:
    def __init__(self, widths, rate, batch, inputs, targets):
        self.widths = widths
        self.rate = rate
        self.batch = batch  # None: all
        self.inputs = inputs
        self.targets = targets

    def parameters(self):
        """Weights (rows) and biases of each layer."""
        rng = random.Random(0)
        draw = [
            [[rng.uniform(-1, 1) / math.sqrt(i) for _ in range(i + 1)] for _ in range(o)]
            for i, o in pairwise(self.widths)
        ]
        return [([row[:-1] for row in layer], [row[-1] for row in layer]) for layer in draw]

    def batches(self, inputs, targets):
        """The batches of a round: the first samples, the next ones ..."""
        n = len(self.inputs)
        starts = range(0, n, self.batch or n)
        return [(inputs[i : i + (self.batch or n)], targets[i : i + (self.batch or n)]) for i in starts]


def moons():
    points, labels = moons_of_two_labels()
    return Task((2, 16, 16, 1), 0.02, None, points, [[(label + 1) / 2] for label in labels])


def digits():
    """Ten blurred pictures, and noise: as large as the digits of the demo, and as hard or easy."""
    rng = random.Random(0)
    pictures = [[rng.random() for _ in range(64)] for _ in range(10)]
    targets = [rng.randrange(10) for _ in range(1792)]
    inputs = [[min(1.0, max(0.0, x + rng.gauss(0, 0.3))) for x in pictures[c]] for c in targets]
    return Task((64, 32, 10), 0.005, 32, inputs, targets)


TASKS = {"moons": moons, "digits": digits}


# --- PyTorch ----------------------------------------------------------------------------------------------


def torch_loop(task, fused=False):
    import torch
    from torch import nn

    torch.set_num_threads(1)
    task = TASKS[task]()

    def train(steps):
        start = time.process_time()
        inputs = torch.tensor(task.inputs, dtype=torch.float64)
        kind = torch.float64 if task.batch is None else torch.int64
        targets = torch.tensor(task.targets, dtype=kind)
        layers = []
        for weights, biases in task.parameters():
            linear = nn.Linear(len(weights[0]), len(weights), dtype=torch.float64)
            with torch.no_grad():
                linear.weight.copy_(torch.tensor(weights, dtype=torch.float64))
                linear.bias.copy_(torch.tensor(biases, dtype=torch.float64))
            layers += [linear, nn.ReLU()]
        model = nn.Sequential(*layers[:-1])
        criterion = nn.BCEWithLogitsLoss() if task.batch is None else nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=task.rate, fused=fused)
        batches = cycle(task.batches(inputs, targets))
        middle = time.process_time()
        losses = []
        for x, y in islice(batches, steps):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return result(start, middle, losses)

    train(3)
    return {"result": train}


def result(start, middle, losses):
    return {"set-up": middle - start, "loop": time.process_time() - middle, "losses": losses}


# --- jax --------------------------------------------------------------------------------------------------


def jax_loop(task, scan=False):
    import jax
    import jax.numpy as jnp
    import numpy as np

    task = TASKS[task]()
    jax.block_until_ready(jax.jit(jnp.sin)(1.0))

    def loss_of(net, x, y):
        for depth, (weights, biases) in enumerate(net):
            x = x @ weights.T + biases
            if depth < len(net) - 1:
                x = jnp.maximum(x, 0.0)
        if task.batch is None:
            return (jax.nn.softplus(x) - y * x).mean()
        return -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], axis=1).mean()

    def adam(state, x, y):
        net, mean, square, t = state
        t = t + 1
        loss, gradient = jax.value_and_grad(loss_of)(net, x, y)
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
        rate, scale = task.rate / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
        net = jax.tree.map(
            lambda p, m, v: p - rate * m / (jnp.sqrt(v) / scale + 1e-8), net, mean, square
        )  # fmt: skip
        return (net, mean, square, t), loss

    def train(steps):
        start = time.process_time()
        inputs = jnp.array(np.array(task.inputs))
        targets = jnp.array(np.array(task.targets))
        net = [(jnp.array(np.array(w)), jnp.array(np.array(b))) for w, b in task.parameters()]
        zero = jax.tree.map(jnp.zeros_like, net)
        state = net, zero, zero, jnp.array(0.0)
        batches = task.batches(inputs, targets)
        if scan:
            x, y = (jnp.stack(column) for column in zip(*batches))

            def step(state, k):
                return adam(state, x[k], y[k])

            order = jnp.arange(steps) % len(batches)
            run = jax.jit(lambda state: jax.lax.scan(step, state, order)).lower(state).compile()
            middle = time.process_time()
            _, losses = jax.block_until_ready(run(state))
            return result(start, middle, losses.tolist())
        step = jax.jit(adam).lower(state, *batches[0]).compile()
        middle = time.process_time()
        losses = []
        for x, y in islice(cycle(batches), steps):
            state, loss = step(state, x, y)
            losses.append(loss)
        losses = [float(loss) for loss in losses]
        return result(start, middle, losses)

    return {"result": train}


# --- microgd ----------------------------------------------------------------------------------------------


def microgd_parts(task):
    """Model, criterion and optimizer."""
    import microgd
    from microgd import nn, optim

    layers = []
    for weights, biases in task.parameters():
        linear = nn.Linear(len(weights[0]), len(weights))
        linear.load_state_dict({"weight": weights, "bias": biases})
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    criterion = nn.BCEWithLogitsLoss() if task.batch is None else nn.CrossEntropyLoss()
    assert microgd
    return model, criterion, optim.Adam(model.parameters(), lr=task.rate)


def microgd_eager(task):
    task = TASKS[task]()
    microgd_parts(task)  # which imports the modules of its parts

    def train(steps):
        start = time.process_time()
        model, criterion, optimizer = microgd_parts(task)
        batches = cycle(task.batches(task.inputs, task.targets))
        middle = time.process_time()
        losses = []
        for x, y in islice(batches, min(steps, CHECKED)):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        found = result(start, middle, losses)
        found["loop"] *= steps / min(steps, CHECKED)
        return found

    return {"result": train}


def microgd_compiled(task, backend, cache="warm", fast=False):
    import microgd

    with_imports(backend)
    if cache == "cold":
        os.environ["MICROGD_CACHE"] = tempfile.mkdtemp(dir=os.environ["MICROGD_BENCH"])
    task = TASKS[task]()
    microgd_parts(task)  # which imports the modules of its parts

    def train(steps):
        start = time.process_time()
        model, criterion, optimizer = microgd_parts(task)

        @microgd.compile(in_dims=(0, 0), reduce="mean", backend=backend, fast=fast)
        def loss(x, y):
            return criterion(model(x), y)

        run = microgd.compile(loss, optimizer=optimizer)
        losses = run(task.inputs, task.targets, steps=steps, batch_size=task.batch)
        middle = time.process_time()
        run(task.inputs, task.targets, steps=steps, batch_size=task.batch)
        loop = time.process_time() - middle  # of as many steps more, for which all is compiled
        return {"set-up": middle - start - loop, "loop": loop, "losses": losses}

    return {"result": train}


PEERS = {
    "PyTorch, Adam": torch_loop,
    "PyTorch, Adam(fused=True)": partial(torch_loop, fused=True),
    "jax, a jitted step": jax_loop,
    "jax, lax.scan over all steps": partial(jax_loop, scan=True),
}
OURS = {
    "microgd.compile, llvm, warm cache": partial(microgd_compiled, backend="llvm"),
    "microgd.compile, llvm, cold cache": partial(microgd_compiled, backend="llvm", cache="cold"),
    "microgd.compile, llvm, fast, warm cache": partial(microgd_compiled, backend="llvm", fast=True),
    "microgd.compile, python": partial(microgd_compiled, backend="python"),
    "microgd eager (50 steps, scaled)": microgd_eager,
}
CONTESTANTS = {
    f"{task}: {name}": partial(make, task) for task in TASKS for name, make in {**PEERS, **OURS}.items()
}


def compared(found):
    """In words: are the losses those of the eager loop, and those of PyTorch?"""
    losses = {name.partition(": ")[2]: answers[0]["losses"][:CHECKED] for name, answers in found.items()}
    eager, peer = losses.get("microgd eager (50 steps, scaled)"), losses.get("PyTorch, Adam")
    text = ""
    for name, own in losses.items():
        if not name.startswith("microgd"):
            continue
        said = []
        if eager and own is not eager:
            same = sum(a == b for a, b in zip(own, eager))
            said.append(f"{same} of {CHECKED} losses are those of the eager loop, bit for bit")
        if peer:
            off = max(abs(a - b) for a, b in zip(own, peer))
            said.append(f"at most {off:.1e} from PyTorch's")
        if said:
            text += f"{name}: {'; '.join(said)}.\n"
    return text


def main(figures, rounds=20, task="moons", steps=1000):
    names = [f"{task}: {name}" for name in (*PEERS, *OURS)]
    if steps > 1000:  # they would take minutes
        names = [name for name in names if "python" not in name and "eager" not in name]
    afresh(__name__, [name for name in names if "warm" in name], rounds=1, arguments=(2,))
    slow = [name for name in names if "python" in name or "eager" in name]
    found, missing = afresh(__name__, names, rounds=rounds, arguments=(steps,), slow=slow)
    whole = {
        name.partition(": ")[2]: [answer["set-up"] + answer["loop"] for answer in answers]
        for name, answers in found.items()
    }
    figures[f"{task}, {steps:,} steps"] = whole
    rows = []
    for name, answers in found.items():
        own = name.partition(": ")[2]
        middle = [statistics.median(answer[part] for answer in answers) for part in ("set-up", "loop")]
        cells = [own, *(short(max(0.0, 1e3 * seconds)) for seconds in middle)]
        for peer in list(PEERS)[:2]:
            cells.append(spread(ratio(whole[peer], whole[own])) if peer in whole else "")
        rows.append([*cells, short(1e6 * middle[1] / steps)])
    head = [f"{task}, {steps:,} steps", "set-up, ms", "loop, ms"]
    head += ["times as fast as PyTorch, as a whole", "as its fused Adam", "µs a step, loop alone"]
    return table(head, rows) + missing_text(missing) + compared(found)
