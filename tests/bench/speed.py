"""How fast is it? microgd beside the PyPI micrograd, in one interleaved run.

    python tests/bench/speed.py [--repeats 5]

Prints the table of the README: ratios of medians of CPU seconds, each pair timed in turn in this
process, so that a machine that changes its speed changes it for both. Installs micrograd if it is
not there. Run by hand, never by CI: a timed test fails on a busy machine.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import resource
import statistics
import subprocess
import sys
import sysconfig
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

try:
    import micrograd.engine
    import micrograd.nn
except ImportError:
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "micrograd"], check=True)
    import micrograd.engine
    import micrograd.nn

import microgd  # noqa: E402
import microgd.nn as nn  # noqa: E402

WIDTHS = (2, 16, 16, 1)
POINTS = 100
CHAIN = 1_000_000

rng = random.Random(0)
DATA = [([rng.gauss(0, 1), rng.gauss(0, 1)], rng.choice((-1.0, 1.0))) for _ in range(POINTS)]


def layers(value):
    """The parameters of the MLP: for each layer and neuron (weights, bias)."""
    draw = random.Random(1)
    return [
        [([value(draw.uniform(-1, 1)) for _ in range(i)], value(0.0)) for _ in range(o)]
        for i, o in pairwise(WIDTHS)
    ]


def hinge_and_l2(scores, parameters):
    """The loss of micrograd's demo: max-margin, and the squares of the parameters."""
    losses = [(1.0 + -y * score).relu() for score, (_, y) in zip(scores, DATA)]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)


def op_by_op(value):
    """One forward and backward pass, every product and sum a node."""
    net = layers(value)

    def run():
        scores = []
        for x, _ in DATA:
            for depth, layer in enumerate(net):
                x = [sum((w * a for w, a in zip(ws, x)), b) for ws, b in layer]
                if depth < len(net) - 1:
                    x = [z.relu() for z in x]
            scores.append(x[0])
        loss = hinge_and_l2(scores, [p for layer in net for ws, b in layer for p in (*ws, b)])
        loss.backward()
        return loss.data

    return run


def through_micrograd_nn():
    random.seed(1)
    model = micrograd.nn.MLP(WIDTHS[0], list(WIDTHS[1:]))

    def run():
        loss = hinge_and_l2([model(x) for x, _ in DATA], model.parameters())
        loss.backward()
        return loss.data

    return run


def through_microgd_nn():
    microgd.manual_seed(1)
    model = nn.Sequential(
        nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
    )  # fmt: skip

    def run():
        scores = [row[0] for row in model([x for x, _ in DATA])]
        losses = [(1.0 + -y * score).relu() for score, (_, y) in zip(scores, DATA)]
        parameters = list(model.parameters())
        loss = microgd.mean(losses) + 1e-4 * microgd.dot(parameters, parameters)
        loss.backward()
        return loss.data

    return run


def chain(value):
    def run():
        x = value(1.0)
        y = x
        for _ in range(CHAIN):
            y = y * 1.0000001
        y.backward()
        return x.grad

    return run


def seconds(run, steps=1):
    """The seconds of one step among several in a row, as in training: a step that leaves garbage
    behind pays for it in the next."""
    run()
    start = time.process_time()
    for _ in range(steps):
        run()
    elapsed = time.process_time() - start
    gc.collect()
    return elapsed / steps


def without_gc(run):
    def quiet():
        gc.disable()
        try:
            return run()
        finally:
            gc.enable()

    return quiet


def interleaved(repeats, **runs):
    """The median seconds of each, timed in turn."""
    times = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            times[name].append(seconds(run))
    return {name: statistics.median(t) for name, t in times.items()}


def bytes_per_node(nodes=100_000):
    """What a chain of this length holds after backward, by tracemalloc."""
    tracemalloc.start()
    x = microgd.Value(1.0)
    y = x
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(nodes):
        y = (y * 1.0000001).tanh()
    y.backward()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return held / (2 * nodes)


SCRIPT = """
import sys; sys.path.insert(0, {root!r})
import microgd as torch
import microgd.nn as nn
model = nn.Linear(4, 2)
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    inputs = torch.Tensor([0.8, 0.4, 0.4, 0.2])
    labels = torch.Tensor([1, 0])
    optimizer.zero_grad()
    outputs = model(inputs)
    loss = criterion(outputs, labels)
    loss.backward()
    optimizer.step()
"""


def process(code, flags=("-I", "-S")):
    """CPU seconds of a whole process."""

    def used():
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    def run():
        before = used()
        subprocess.run([sys.executable, *flags, "-c", code], check=True)
        return used() - before

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    sys.setrecursionlimit(4 * CHAIN)

    rows = []
    mine, theirs = op_by_op(microgd.Value), op_by_op(micrograd.engine.Value)
    assert abs(mine() - theirs()) < 1e-9
    t = interleaved(repeats, mine=mine, theirs=theirs, quiet=without_gc(theirs))
    rows.append(("MLP 2-16-16-1, 100 points, op by op", t["theirs"] / t["mine"], 20))
    rows.append(("the same, micrograd's collector off", t["quiet"] / t["mine"], 2.4))
    rows.append(("(ms of microgd)", t["mine"] * 1e3, None))
    t = interleaved(repeats, mine=through_microgd_nn(), theirs=through_micrograd_nn())
    rows.append(("the same through nn", t["theirs"] / t["mine"], 100))
    rows.append(("(ms of microgd)", t["mine"] * 1e3, None))
    t = interleaved(max(1, repeats // 2), mine=chain(microgd.Value), theirs=chain(micrograd.engine.Value))
    rows.append(("a chain of 10^6 nodes", t["theirs"] / t["mine"], 16))
    rows.append(("(bytes a node after backward)", bytes_per_node(), -220))
    script, bare = process(SCRIPT.format(root=str(ROOT))), process("pass")
    script()  # compiled once, as an installed package is
    pairs = [(script(), bare()) for _ in range(8 * repeats)]
    more = statistics.median(x for x, _ in pairs) - statistics.median(y for _, y in pairs)
    rows.append(("(ms of the training script, whole process, beyond those of `pass`)", more * 1e3, -6))

    print(f"Python {sys.version.split()[0]}, {sysconfig.get_platform()}, {os.cpu_count()} cores\n")
    print("| work | times faster than micrograd | asked |")
    print("|---|---|---|")
    for name, figure, asked in rows:
        bar = "" if asked is None else f">= {asked}" if asked > 0 else f"<= {-asked}"
        print(f"| {name} | {figure:.1f} | {bar} |")


if __name__ == "__main__":
    main()
