"""Gradient descent, by hand and by backward(): a classifier with two weights, one example at a time.

    python demos/gradient_descent.py        prints the story, and paints gradient_descent.png
        --watch descent.html                makes a page of one descent, too, step by step

A classifier decides between two classes, y = -1 and y = +1, from one measurement x. It computes
w1·x + w2 and goes by the sign. How wrong it is on one example is the loss

    C = (w1·x + w2 - y)²

and the chain rule gives the slope of the loss along either weight:

    ∂C/∂w1 = 2 (w1·x + w2 - y) x        ∂C/∂w2 = 2 (w1·x + w2 - y)

Gradient descent takes a small step against it, again and again: w ← w - λ ∂C/∂w. The learning rate λ
says how small.
"""

import argparse
import math
import random
import sys

from options import count, file

import microgd
from microgd import Value

START = (-1.5, 2.0)
RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)


def examples(count=40, seed=0):
    """(x, y) pairs: y = +1 lies around x = 1, y = -1 around x = -1, and they overlap a little."""
    rng = random.Random(seed)
    return [(rng.gauss(y, 0.7), y) for y in rng.choices((-1.0, 1.0), k=count)]


def loss(w1, w2, x, y):
    """The loss on one example: of Values a Value, of floats a float."""
    return (w1 * x + w2 - y) ** 2


def mean_loss(w1, w2, data):
    return sum(loss(w1, w2, x, y) for x, y in data) / len(data)


def accuracy(w1, w2, data):
    return sum((w1 * x + w2 > 0) == (y > 0) for x, y in data) / len(data)


# --- 1. one step ---


def compare(data):
    """The gradients by the formula, next to those that backward() finds without knowing it."""
    print("1. The gradient, by the formula and by backward()\n")
    print(f"{'x':>9} {'y':>4} {'C':>9} |{'∂C/∂w1':>10} {'backward':>11} |{'∂C/∂w2':>10} {'backward':>11}")
    for x, y in data[:5]:
        w1, w2 = Value(START[0], "w1"), Value(START[1], "w2")
        cost = loss(w1, w2, x, y)
        cost.backward()
        error = w1.data * x + w2.data - y
        print(
            f"{x:9.4f} {y:4.0f} {cost.data:9.4f} |{2 * error * x:10.5f} {w1.grad:11.5f} |"
            f"{2 * error:10.5f} {w2.grad:11.5f}"
        )


# --- 2. many steps, at six learning rates ---


def step(w1, w2, cost, rate):
    """One step of gradient descent: w ← w - λ ∂C/∂w"""
    for w in (w1, w2):
        w.zero_grad()
    cost.backward()
    for w in (w1, w2):
        w.data -= rate * w.grad


def descend(data, rate, epochs):
    """All the points (w1, w2) that gradient descent visits, one training example at a time."""
    w1, w2 = Value(START[0], "w1"), Value(START[1], "w2")
    path = [START]
    rng = random.Random(0)
    for _ in range(epochs):
        for x, y in rng.sample(data, len(data)):  # all of them, in a new order each time
            step(w1, w2, loss(w1, w2, x, y), rate)
            path.append((w1.data, w2.data))
    return path


def try_rates(data, epochs):
    """If λ is too small, little changes. If it is too large, each example moves the weights its own way."""
    print(f"\n2. {epochs} times through {len(data)} examples, at six learning rates\n")
    print(f"{'λ':>7} {'w1':>9} {'w2':>9} {'mean loss':>10} {'right':>6}")
    paths = {}
    for rate in RATES:
        paths[rate] = descend(data, rate, epochs)
        w1, w2 = paths[rate][-1]
        mean, right = mean_loss(w1, w2, data), accuracy(w1, w2, data)
        print(f"{rate:7.0e} {w1:9.4f} {w2:9.4f} {mean:10.4f} {right:6.0%}")
    return paths


def film_of(data, rate, file, steps=60):
    """A page of the way down the mean loss over all examples, on which every step is one of the slider."""
    w1, w2 = Value(START[0], "w1"), Value(START[1], "w2")
    with microgd.watch([w1, w2], file, surface=lambda w1, w2: mean_loss(w1, w2, data)) as film:
        for _ in range(steps):
            for w in (w1, w2):
                w.zero_grad()
            cost = mean_loss(w1, w2, data)
            cost.backward()
            film.frame(cost)
            for w in (w1, w2):
                w.data -= rate * w.grad
    print(f"\nOne descent, step by step: {file}")


# --- 3. a loss with two minima ---


STARTS = ((-1.7, 1.1), (-0.2, 1.2), (0.3, 1.2), (1.7, 1.1), (1.5, -1.2), (0.15, -1.2), (-1.5, -1.2))


def valley(w1, w2):
    """Two minima, the left one deeper: near w1 = -1 and near w1 = +1."""
    return (w1**2 - 1) ** 2 + 0.3 * w1 + w2**2


def try_starts(rate=0.03, steps=150):
    """Gradient descent only ever goes downhill: to the minimum at the foot of the slope it starts on."""
    print(f"\n3. Two minima: C = (w1² - 1)² + 0.3·w1 + w2², λ = {rate}, {steps} steps\n")
    print(f"{'start':>14} {'end':>17} {'C':>8}")
    paths = []
    for start in STARTS:
        w1, w2 = Value(start[0], "w1"), Value(start[1], "w2")
        path = [start]
        for _ in range(steps):
            step(w1, w2, valley(w1, w2), rate)
            path.append((w1.data, w2.data))
        paths.append(path)
        end = f"({w1.data:7.4f}, {w2.data:7.4f})"
        print(f"({start[0]:5.2f}, {start[1]:5.2f}) {end:>18} {valley(w1.data, w2.data):8.4f}")
    return paths


# --- the picture ---

COLORS = dict(zip(RATES, ("#a3a3a3", "#d97706", "#a21caf", "#15803d", "#1d4ed8", "#dc2626"), strict=True))


def paint(data, paths, descents, file):
    """The three parts of the story side by side."""
    try:
        import matplotlib
    except ImportError:
        sys.exit('\nThe picture needs matplotlib: pip install "microgd[demos]"')
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.size": 12, "axes.titlesize": 14}):
        figure = Figure(figsize=(17, 6), layout="constrained")
        surface, curves, valleys = figure.subplots(1, 3)
        paint_surface(surface, data, paths)
        paint_curves(curves, data, paths)
        paint_valleys(valleys, descents)
        figure.savefig(file, dpi=120)
    print(f"\nThe picture: {file}")


def paint_surface(axes, data, paths):
    levels = (0.4, 0.6, 0.9, 1.4, 2, 3, 4, 6, 8, 10)
    contours(axes, lambda w1, w2: mean_loss(w1, w2, data), (-2, 2), (-1, 2.6), levels)
    for rate, path in reversed(paths.items()):
        axes.plot(*zip(*path, strict=True), color=COLORS[rate], lw=0.6 if rate == max(RATES) else 1.2)
    for rate, path in paths.items():
        label = f"$10^{{{math.log10(rate):.0f}}}$"
        axes.plot(*path[-1], "o", color=COLORS[rate], ms=9, mec="white", mew=1.5, label=label)
    axes.annotate("start", START, (-1.75, 2.15))
    axes.legend(title="learning rate λ", ncols=2, loc="lower left", framealpha=0.9)
    axes.set(title="Down the loss surface, one example at a time", xlabel="$w_1$", ylabel="$w_2$")


def paint_curves(axes, data, paths):
    for rate, path in reversed(paths.items()):
        curve = [mean_loss(w1, w2, data) for w1, w2 in path[1:]]
        axes.loglog(range(1, len(path)), curve, color=COLORS[rate], lw=0.8 if rate == max(RATES) else 1.8)
    axes.set(title="Too slow, right, too fast", xlabel="examples seen", ylabel="mean loss over all examples")
    axes.set_yticks([], minor=True)
    axes.set_yticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)


def paint_valleys(axes, descents):
    contours(axes, valley, (-2, 2), (-1.5, 1.5), (-0.2, 0, 0.2, 0.4, 0.7, 1, 1.5, 2, 3, 4.5, 6.5, 9))
    for path in descents:
        color = "#1d4ed8" if path[-1][0] < 0 else "#dc2626"
        axes.plot(*zip(*path, strict=True), ".-", color=color, ms=4, lw=1)
        axes.plot(*path[0], "o", color="white", mec=color, mew=1.5, ms=8)
        axes.plot(*path[-1], "*", color=color, mec="white", ms=18)
    for end in min(path[-1] for path in descents), max(path[-1] for path in descents):
        axes.annotate(f"$C = {valley(*end):.2f}$", end, (12, -5), textcoords="offset points")
    axes.set(title="Two minima: the nearer is found, not the deeper", xlabel="$w_1$", ylabel="$w_2$")


def contours(axes, function, w1_range, w2_range, levels):
    """The loss surface from above: lines of equal loss, darker where it is deeper."""
    n = 121
    w1s, w2s = ([low + (high - low) * i / (n - 1) for i in range(n)] for low, high in (w1_range, w2_range))
    heights = [[function(w1, w2) for w1 in w1s] for w2 in w2s]
    grid = w1s, w2s, heights, levels
    axes.contourf(*grid, cmap="YlGnBu_r", alpha=0.3, extend="both")
    lines = axes.contour(*grid, colors="#94a3b8", linewidths=0.8, linestyles="solid")
    axes.clabel(lines, levels[len(levels) // 2 :], fontsize=9, fmt="%g", colors="#475569")


def main():
    parser = argparse.ArgumentParser(description="Gradient descent, by hand and by backward().")
    parser.add_argument("--epochs", type=count, default=25, help="times through the examples (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the examples (%(default)s)")
    parser.add_argument(
        "--out",
        type=file(".png", ".svg"),
        default="gradient_descent.png",
        help="picture, .png or .svg (%(default)s)",
    )
    parser.add_argument(
        "--watch", type=file(".html"), metavar="FILE.html", help="make a page of one descent, too"
    )
    options = parser.parse_args()

    data = examples(seed=options.seed)
    compare(data)
    paths = try_rates(data, options.epochs)
    descents = try_starts()
    if options.watch:
        film_of(data, 0.1, options.watch)
    paint(data, paths, descents, options.out)


if __name__ == "__main__":
    main()
