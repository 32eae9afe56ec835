"""Handwritten digits: a small network learns to read 8 x 8 pixels.

    python demos/digits.py          trains, tests on digits it has never seen, and paints digits.png
        --watch digits.html         makes a page of the training, too: weights and gradients, step by step

The 1,797 digits ship inside scikit-learn; 360 of them are kept aside for the test. The network has 64
inputs, 64 hidden neurons and 10 outputs, one for each digit: 4,810 parameters. A step learns from 32
digits. In eager mode it takes about a tenth of a second, because the graph of all 32 is built anew: there is
time for 600 steps. `microgd.compile` builds the graph of one digit, once, and makes machine code of it:
6,000 steps take a few seconds. Then 98.6 % of the digits are read right, instead of 97.2 %.
"""

import argparse
import contextlib
import random
import sys

import compiled
from options import count, file
from progress import Progress

import microgd
from microgd import nn, optim

BATCH = 32
KEPT_ASIDE = 360


def digits(seed):
    """(pixels, digit) pairs, shuffled, the pixels between 0 and 1: those to learn, those to test."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit('The digits ship inside scikit-learn: pip install "microgd[demos]"')
    data = load_digits()
    pairs = list(zip((data.data / 16).tolist(), data.target.tolist(), strict=True))
    random.Random(seed).shuffle(pairs)
    return pairs[KEPT_ASIDE:], pairs[:KEPT_ASIDE]


def batches(pairs, seed):
    """All pairs in a random order, BATCH at a time; then all again, without end."""
    rng = random.Random(seed)
    while True:
        order = list(pairs)
        rng.shuffle(order)
        for i in range(0, len(order), BATCH):
            yield zip(*order[i : i + BATCH], strict=True)


def train(model, pairs, steps, seed, film=None):
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = optim.Adam(model.parameters(), lr=0.005)
    progress = Progress(steps)
    for _, (pixels, answers) in zip(progress, batches(pairs, seed), strict=False):
        optimizer.zero_grad()
        loss = criterion(model(pixels), answers)
        loss.backward()
        if film is not None:
            film.frame(loss)
        optimizer.step()
        progress.tell(f"loss {loss.item():.3f}")


def train_compiled(model, pairs, steps, seed, film=None):
    """The same: the loss is written for one digit, and the loop is compiled with it."""
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = optim.Adam(model.parameters(), lr=0.005)

    @microgd.compile(in_dims=(0, 0), reduce="mean")
    def loss(pixels, answer):
        return criterion(model(pixels), answer)

    def after(step, loss):
        if film is not None:
            film.step(step, loss)
        return progress.after(step, loss)

    loop = microgd.compile(loss, optimizer=optimizer)
    pixels, answers = zip(*pairs, strict=True)
    with Progress(steps) as progress:
        loop(
            pixels,
            answers,
            steps=steps,
            batch_size=BATCH,
            shuffle=True,
            seed=seed,
            callback=after,
            every=max(1, steps // 100),
        )


def read(model, pixels):
    """The digit whose output is the largest."""
    with microgd.no_grad():
        outputs = model(pixels).tolist()
    return outputs.index(max(outputs))


def paint(wrong, file="digits.png"):
    """Digits of the test that were misread: many of them are hard for people, too."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print('No picture: it needs matplotlib, pip install "microgd[demos]"')
        return
    columns = 8
    rows = -(-len(wrong) // columns)
    figure = Figure(figsize=(columns * 1.2, rows * 1.6 + 0.5), layout="constrained")
    figure.suptitle("Misread")
    for axes in figure.subplots(rows, columns, squeeze=False).flat:
        axes.set_axis_off()
    for axes, (pixels, answer, guess) in zip(figure.axes, wrong, strict=False):
        axes.imshow([pixels[8 * i : 8 * i + 8] for i in range(8)], cmap="Greys")
        axes.set_title(f"{answer}, read as {guess}", fontsize=10)
    figure.savefig(file, dpi=144)
    print(f"The picture of them: {file}")


def main():
    parser = argparse.ArgumentParser(description="Train a network to read handwritten digits.")
    parser.add_argument("--steps", type=count, help="of training (600; compiled 6000)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and batches (%(default)s)")
    parser.add_argument(
        "--watch", type=file(".html"), metavar="FILE.html", help="make a page of the training, too"
    )
    compiled.add_option(parser)
    options = parser.parse_args()

    learn, test = digits(options.seed)
    microgd.manual_seed(options.seed)
    how, steps = (train_compiled, 6000) if compiled.chosen(options.compile) else (train, 600)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    with contextlib.ExitStack() as stack:
        film = stack.enter_context(microgd.watch(model, options.watch)) if options.watch else None
        how(model, learn, options.steps or steps, options.seed, film)
    if film is not None:
        print(f"The training, step by step: {options.watch}")

    guesses = [(pixels, answer, read(model, pixels)) for pixels, answer in test]
    wrong = [(pixels, answer, guess) for pixels, answer, guess in guesses if guess != answer]
    right = len(test) - len(wrong)
    print(f"Test accuracy: {right / len(test):.1%} ({right} of {len(test)} digits never seen before)")
    if wrong:
        paint(wrong[:24])


if __name__ == "__main__":
    main()
