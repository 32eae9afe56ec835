"""Two moons: a network with two hidden layers learns to tell two interleaved half circles apart.

    python demos/two_moons.py       trains until every point is right, and paints two_moons.png
        --watch moons.html          makes a page of the training, too: the boundary bends, step by step

No straight line separates the moons. A multilayer perceptron bends one: 2 inputs, two layers of 16
neurons, and 1 output, whose sign is the answer. A step sees all 100 points and takes about a tenth of a
second: eager mode builds the graph of every point anew. `microgd.compile` builds it once, for one point, and
makes machine code of it: then all steps together take a fraction of a second.
"""

import argparse
import contextlib
import math
import random

import compiled
from options import count, file
from progress import Progress

import microgd
from microgd import nn, optim


def moons(count, noise, seed):
    """Points on two interleaved half circles, each a little off, and their labels 0 and 1."""
    rng = random.Random(seed)
    points, labels = [], []
    for i in range(count):
        angle = math.pi * rng.random()
        x, y = math.cos(angle), math.sin(angle)
        label = i % 2
        if label:
            x, y = 1 - x, 0.5 - y
        points.append([x + rng.gauss(0, noise), y + rng.gauss(0, noise)])
        labels.append([float(label)])
    return points, labels


def network():
    return nn.Sequential(
        nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
    )  # fmt: skip


def accuracy(outputs, labels):
    """The part of the points whose output is on the right side of 0."""
    right = [(out[0] > 0) == (label[0] == 1) for out, label in zip(outputs, labels, strict=True)]
    return sum(right) / len(right)


def train(model, points, labels, steps, film=None):
    """Adam on the logistic loss: the output is the logarithm of the odds that the label is 1."""
    criterion = nn.BCEWithLogitsLoss()
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    progress = Progress(steps)
    for _ in progress:
        optimizer.zero_grad()
        outputs = model(points)
        loss = criterion(outputs, labels)
        loss.backward()
        if film is not None:
            film.frame(loss)
        optimizer.step()
        progress.tell(f"loss {loss.item():.4f}, {accuracy(outputs, labels):.0%} right")


def train_compiled(model, points, labels, steps, film=None):
    """The same: the loss is written for one point, and the loop is compiled with it."""
    criterion = nn.BCEWithLogitsLoss()
    optimizer = optim.Adam(model.parameters(), lr=0.02)

    @microgd.compile(in_dims=(0, 0), reduce="mean")
    def loss(point, label):
        return criterion(model(point), label)

    def after(step, loss):
        if film is not None:
            film.step(step, loss)
        return progress.after(step, loss)

    loop = microgd.compile(loss, optimizer=optimizer)
    with Progress(steps) as progress:
        loop(points, labels, steps=steps, callback=after, every=max(1, steps // 100))


def paint(model, points, labels, file="two_moons.png"):
    """The points, and how sure the network is everywhere between them."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print('No picture: it needs matplotlib, pip install "microgd[demos]"')
        return
    xs = [-1.6 + 4.2 * i / 69 for i in range(70)]
    ys = [-1.1 + 2.7 * i / 44 for i in range(45)]
    with microgd.no_grad():
        rows = [model([[x, y] for x in xs]).sigmoid() for y in ys]
    odds = [[p[0].item() for p in row] for row in rows]

    figure = Figure(figsize=(7.6, 5), layout="constrained")
    axes = figure.subplots()
    levels = [i / 20 for i in range(21)]
    surface = axes.contourf(xs, ys, odds, levels=levels, cmap="RdBu", vmin=-0.8, vmax=1.8)
    axes.contour(xs, ys, odds, levels=[0.5], colors="black", linewidths=1.5)
    for moon, marker, color in (0, "o", "#b91c1c"), (1, "s", "#1d4ed8"):
        members = [p for p, label in zip(points, labels, strict=True) if label[0] == moon]
        axes.plot(*zip(*members, strict=True), marker, color=color, mec="white", ms=7)
    axes.set(title="Two moons, and the line the network draws between them", aspect="equal")
    figure.colorbar(surface, label="probability of the blue moon", ticks=[0, 0.25, 0.5, 0.75, 1], shrink=0.8)
    figure.savefig(file, dpi=144)
    print(f"The picture: {file}")


def main():
    parser = argparse.ArgumentParser(description="Train a network to tell two moons apart.")
    parser.add_argument("--steps", type=count, default=150, help="of training (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of points and weights (%(default)s)")
    parser.add_argument(
        "--watch", type=file(".html"), metavar="FILE.html", help="make a page of the training, too"
    )
    compiled.add_option(parser)
    options = parser.parse_args()

    points, labels = moons(100, 0.1, options.seed)
    microgd.manual_seed(options.seed)
    model = network()
    learn = train_compiled if compiled.chosen(options.compile) else train
    with contextlib.ExitStack() as stack:
        film = None
        if options.watch:
            film = stack.enter_context(microgd.watch(model, options.watch, points, labels))
        learn(model, points, labels, options.steps, film)
    if film is not None:
        print(f"The training, step by step: {options.watch}")
    with microgd.no_grad():
        print(f"Training accuracy: {accuracy(model(points), labels):.0%}")
    paint(model, points, labels)


if __name__ == "__main__":
    main()
