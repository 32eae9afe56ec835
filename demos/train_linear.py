"""Train a linear layer on one example, and draw the graph of its loss.

    python demos/train_linear.py            ten losses, and loss.svg
    python demos/train_linear.py --plot     and the loss curve, losses.png

`train` is a PyTorch script. Only the two import lines say that it runs on microgd.
"""

import argparse
import sys

import microgd as torch
import microgd.nn as nn


def train():
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
        print(f"Epoch {epoch}, Loss = {loss.item()}")


# Every loss is 0.64 times the one before. With p = (x, 1), the input and the 1 that the bias
# multiplies, a step takes lr · (out - y) · p off the weights of a neuron, so its error out - y
# shrinks by the factor 1 - lr · |p|² = 1 - 0.1 · (|x|² + 1) = 0.8, and the square of it by 0.64.
#
# Where the losses begin depends on the weights, and those on the seed. With this one they are those
# of a published run in PyTorch, whose own seed is not known; any other begins elsewhere.
SEED = 1113835


def losses(model):
    """The same training, loss by loss: each before the step, while weights and gradients belong together."""
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(10):
        optimizer.zero_grad()
        loss = criterion(model([0.8, 0.4, 0.4, 0.2]), [1, 0])
        loss.backward()
        yield loss
        optimizer.step()


def draw(loss, model):
    """The graph of a loss as loss.svg, or as text where nothing is installed that could render it."""
    drawing = torch.draw(loss, model)
    try:
        print("The graph of the first loss:", drawing.save("loss.svg"))
    except ImportError as missing:
        why = str(missing).partition("\n")[0]  # the rest is the same text
        print(f"No loss.svg: {why}\nThe graph of the first loss as text:\n\n{drawing.tree()}")


def plot(curve):
    """The losses as losses.png."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        sys.exit('--plot needs matplotlib: pip install "microgd[demos]"')
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(curve, "o-", color="#1d4ed8")
    axes.set(xlabel="epoch", ylabel="loss", title="Each loss is 0.64 times the one before", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    figure.savefig("losses.png", dpi=144)
    print("The loss curve: losses.png")


def main():
    parser = argparse.ArgumentParser(description="Train a linear layer, and draw the graph of its loss.")
    parser.add_argument("--plot", action="store_true", help="also save the loss curve, losses.png")
    parser.add_argument("--seed", type=int, default=SEED, help="where the weights come from (%(default)s)")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    train()

    # Once more from the same weights, to look at what `train` only prints.
    torch.manual_seed(options.seed)
    model = nn.Linear(4, 2)
    curve = []
    for loss in losses(model):
        if not curve:
            draw(loss, model)
        curve.append(loss.item())
    if options.plot:
        plot(curve)


if __name__ == "__main__":
    main()
