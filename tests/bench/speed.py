"""How fast is it? microgd beside other scalar engines and beside PyTorch's habits of use.

    python tests/bench/speed.py [--rounds 20] [--only "op by op"]

Each figure is a ratio of medians over rounds. In a round every contestant runs in a fresh process of its
own, one after the other, so that a machine that changes its speed changes it for all of them, and no one's
garbage is another's work. A contestant takes several steps as in training, freeing included, and its
figure is the CPU time of the median step. Printed beside each ratio: the range of the middle half of the
rounds. Run by hand, never by CI: a timed test fails on a busy machine.

Contestants: `micrograd` from PyPI as it ships, and with the cyclic garbage collector off;
`microgd.micrograd`, micrograd's surface over microgd; `pairs`, the engine of one-file GPTs: operands and
partials in tuples beside each other, a recursive order. Installs micrograd if it is not there.
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

WIDTHS = (2, 16, 16, 1)
POINTS = 100
CHAIN = 1_000_000
STEPS = 8

rng = random.Random(0)
DATA = [([rng.gauss(0, 1), rng.gauss(0, 1)], rng.choice((-1.0, 1.0))) for _ in range(POINTS)]


class Pairs:
    """The engine of one-file GPTs, as small as there: operands, partials, and one line of chain rule."""

    __slots__ = ("data", "grad", "operands", "partials")

    def __init__(self, data, operands=(), partials=()):
        self.data = data
        self.grad = 0
        self.operands = operands
        self.partials = partials

    def __add__(self, other):
        other = other if isinstance(other, Pairs) else Pairs(other)
        return Pairs(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, Pairs) else Pairs(other)
        return Pairs(self.data * other.data, (self, other), (other.data, self.data))

    def relu(self):
        return Pairs(max(0, self.data), (self,), (float(self.data > 0),))

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()

        def place(value):
            if value not in seen:
                seen.add(value)
                for operand in value.operands:
                    place(operand)
                order.append(value)

        place(self)
        self.grad = 1
        for value in reversed(order):
            for operand, partial in zip(value.operands, value.partials):
                operand.grad += partial * value.grad


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
    import micrograd.nn

    random.seed(1)
    model = micrograd.nn.MLP(WIDTHS[0], list(WIDTHS[1:]))

    def run():
        loss = hinge_and_l2([model(x) for x, _ in DATA], model.parameters())
        loss.backward()
        return loss.data

    return run


def through_microgd_nn():
    import microgd
    from microgd import nn

    microgd.manual_seed(1)
    model = nn.Sequential(
        nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
    )  # fmt: skip

    def run():
        scores = [row[0] for row in model([x for x, _ in DATA])]
        losses = [(1.0 + -y * score).relu() for score, (_, y) in zip(scores, DATA)]
        parameters = nn.utils.parameters_to_vector(model.parameters())
        loss = microgd.mean(losses) + 1e-4 * microgd.dot(parameters, parameters)
        loss.backward()
        return loss.data

    return run


def chain(value, length=CHAIN):
    def run():
        x = value(1.0)
        y = x
        for _ in range(length):
            y = y * 1.0000001
        y.backward()
        return x.grad

    return run


def engine(name):
    if name == "microgd":
        import microgd

        return microgd.Value
    if name == "microgd.micrograd":
        import microgd.micrograd

        return microgd.micrograd.Value
    if name == "pairs":
        return Pairs
    import micrograd.engine

    return micrograd.engine.Value


CONTESTANTS = {
    "op by op": ("microgd", "microgd.micrograd", "micrograd", "micrograd, collector off", "pairs"),
    "through nn": ("microgd", "micrograd", "micrograd, collector off"),
    "chain of 10^6": ("microgd", "micrograd"),
}


def contest(work, name):
    """In a process of its own: print the CPU seconds of the median step."""
    sys.setrecursionlimit(4 * CHAIN)
    who, _, quiet = name.partition(", ")
    if work == "op by op":
        run = op_by_op(engine(who))
    elif work == "through nn":
        run = through_microgd_nn() if who == "microgd" else through_micrograd_nn()
    else:
        run = chain(engine(who))
    steps = 1 if work.startswith("chain") else STEPS
    if steps > 1:
        run()
    times = []
    for _ in range(steps):
        if quiet:
            gc.collect()
            gc.disable()
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    print(statistics.median(times))


def rounds_of(work, rounds):
    """For each contestant the seconds of every round."""
    names = CONTESTANTS[work]
    found = {name: [] for name in names}
    for _ in range(rounds if not work.startswith("chain") else max(3, rounds // 5)):
        for name in names:
            command = [sys.executable, __file__, "--contest", work, name]
            found[name].append(float(subprocess.run(command, check=True, capture_output=True).stdout))
    return found


def ratios(found, peer):
    """The median of peer / microgd over the rounds, and the quartiles."""
    every = sorted(theirs / mine for theirs, mine in zip(found[peer], found["microgd"]))
    return statistics.median(every), every[len(every) // 4], every[-1 - len(every) // 4]


def bytes_per_node(nodes=100_000):
    """What a chain of this length holds after backward, by tracemalloc."""
    import microgd

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


def process(code):
    """CPU seconds of a whole process, which finds its modules compiled."""

    def used():
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = used()
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, env=environment)
    return used() - before


def share_of_the_optimizer(steps=20):
    """The share of Adam.step() in a training step of the digits demo's net, at batch 32."""
    import microgd
    from microgd import nn, optim

    microgd.manual_seed(1)
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    draw = random.Random(0)
    batch = [[draw.random() for _ in range(64)] for _ in range(32)]
    labels = [draw.randrange(10) for _ in range(32)]
    criterion = nn.CrossEntropyLoss()
    shares = []
    for _ in range(steps):
        start = time.process_time()
        optimizer.zero_grad()
        criterion(model(batch), labels).backward()
        middle = time.process_time()
        optimizer.step()
        end = time.process_time()
        shares.append((end - middle) / (end - start))
    return statistics.median(shares)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="", help="a part of the name of the work to time")
    parser.add_argument("--contest", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contest:
        return contest(*options.contest)
    try:
        import micrograd.engine  # noqa: F401
    except ImportError:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "micrograd"], check=True)
    print(f"Python {sys.version.split()[0]}, {sysconfig.get_platform()}, {os.cpu_count()} cores\n")
    print("| work | beside | times as fast | middle half of the rounds |\n|---|---|---|---|")
    for work, names in CONTESTANTS.items():
        if options.only in work:
            found = rounds_of(work, options.rounds)
            for peer in names[1:]:
                middle, low, high = ratios(found, peer)
                print(f"| {work} | {peer} | {middle:.2f} | {low:.2f} to {high:.2f} |", flush=True)
            print(
                f"| ({work}, ms a step) | | {statistics.median(found['microgd']) * 1e3:.1f} | |", flush=True
            )
    if not options.only:
        print(f"| (bytes a node after backward) | | {bytes_per_node():.0f} | |")
        print(f"| (Adam's share of a digits step, %) | | {share_of_the_optimizer() * 100:.1f} | |")
        code = SCRIPT.format(root=str(ROOT))
        process(code)
        more = sorted(process(code) - process("pass") for _ in range(2 * options.rounds))
        middle, low, high = statistics.median(more), more[len(more) // 4], more[-1 - len(more) // 4]
        print(f"| (ms of the script, beyond those of `pass`) | | {middle * 1e3:.1f} | "
              f"{low * 1e3:.1f} to {high * 1e3:.1f} |")  # fmt: skip
    return None


if __name__ == "__main__":
    main()
