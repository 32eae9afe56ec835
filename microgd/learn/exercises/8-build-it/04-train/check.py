from microgd import nn, optim
from microgd.learn.checks import failed, passed
from microgd.tensor import values

PUBLISHED = [
    0.7836969494819641, 0.5015659928321838, 0.3210022449493408, 0.2054414004087448, 0.13148249685764313,
    0.0841488167643547, 0.05385523661971092, 0.034467339515686035, 0.022059103474020958, 0.014117831364274025,
]  # fmt: skip
SEED = 1113835  # whose weights begin with this loss:
START = [
    [-0.3777696490287781, 0.49716293811798096, -0.2584960460662842, 0.16935062408447266, -0.07860738039016724],
    [0.20246893167495728, -0.4282061457633972, -0.365871787071228, -0.14022701978683472, 0.21799170970916748],
]  # fmt: skip
CLOSE = 1e-6  # the published run was made with 32-bit floats

INPUTS, LABELS = [0.8, 0.4, 0.4, 0.2], [1.0, 0.0]


def simulate(factor=1.0, lr=0.1, zero=True, shift=0):
    """Losses with the gradient times `factor`, of a loss that is times `factor` too."""
    w = [list(row) for row in START]
    x = [*INPUTS, 1.0]
    grads = [[0.0] * 5 for _ in w]
    losses = []
    for _ in range(len(PUBLISHED) + shift):
        errors = [sum(a * b for a, b in zip(row, x)) - t for row, t in zip(w, LABELS)]
        losses.append(factor * sum(e * e for e in errors) / 2)
        for k, e in enumerate(errors):
            for j in range(5):
                grads[k][j] = (0.0 if zero else grads[k][j]) + factor * e * x[j]
                w[k][j] -= lr * grads[k][j]
    return losses[shift:]


SUSPECTS = {
    "sum_not_mean": (
        simulate(factor=2.0),
        "The first loss is exactly twice what was published. A sum, or a mean?",
    ),
    "sgd-no-zero": (
        simulate(zero=False),
        "The first two losses are right, then they go astray. What is still in .grad from the round before?",
    ),
    "after_step": (
        simulate(shift=1),
        "Each loss is the one of the round after. Is it computed after the step?",
    ),
    "sgd-plus": (simulate(lr=-0.1), "The first loss is right, then they grow. Uphill?"),
}


def close(a, b):
    return len(a) == len(b) and all(abs(x - y) <= CLOSE * max(1.0, abs(y)) for x, y in zip(a, b))


def reference(layer, epochs):
    """The losses of microgd's own layer, which is trained."""
    sgd, losses = optim.SGD(layer.parameters(), lr=0.1), []
    for _ in range(epochs):
        sgd.zero_grad()
        loss = nn.MSELoss()(layer(INPUTS), LABELS)
        loss.backward()
        sgd.step()
        losses.append(loss.data)
    return losses


def moved(model, start):
    """Whether it was the given model that was trained."""
    reference(start, len(PUBLISHED))
    if all(
        abs(mine.data - p.data) <= CLOSE for mine, p in zip(model.parameters(), values(start.parameters()))
    ):
        return None
    return failed(
        "not_the_model",
        "The losses are right, and the weights of the given model are not where ten steps lead. Is it the given"
        " model that is trained?",
    )


def elsewhere(answer, train):
    """Other weights, another number of rounds, and on from there."""
    start = nn.Linear(4, 2)
    model = answer.get("Linear")(4, 2)
    for k, (mine, p) in enumerate(zip(model.parameters(), values(start.parameters()))):
        mine.data = p.data = 0.3 * (k % 4) - 0.4
    for epochs in (3, 5):
        losses = answer.numbers(train(model, epochs), "What `train` returns", epochs)
        if not close(losses, reference(start, epochs)):
            return failed(
                "other_model",
                "The published losses are right. For a model with other weights, or trained on, they are not. Do"
                " they come from the model that is given?",
            )
    return None


def simple_losses(answer, train):
    """The first loss, where both outputs are known: all weights are 0, and the biases are the outputs."""
    for off, where in ((0.0, "are exactly the labels"), (1.0, "are 1 too large"), (-1.0, "are 1 too small")):
        model = answer.get("Linear")(4, 2)
        outputs = [label + off for label in LABELS]
        for p, x in zip(model.parameters(), [0.0] * 8 + outputs):
            p.data = x
        (loss,) = answer.numbers(train(model, 1), "What `train` returns", 1)
        if abs(loss - sum((y - t) ** 2 for y, t in zip(outputs, LABELS)) / len(LABELS)) > CLOSE:
            return failed(
                "loss",
                f"The first loss is off: where both outputs {where}, it is {loss:.6g}. How large should the mean"
                " of the squared errors be there?",
            )
    return None


def check(answer):
    train = answer.function("train")
    start = nn.Linear(4, 2)
    for p, x in zip(
        values(start.parameters()), [x for row in START for x in row[:-1]] + [row[-1] for row in START]
    ):
        p.data = x
    model = answer.get("Linear")(4, 2)
    for mine, p in zip(model.parameters(), values(start.parameters())):
        mine.data = p.data
    losses = train(model, len(PUBLISHED))
    losses = answer.numbers(losses, "What `train` returns", len(PUBLISHED))
    if close(losses, PUBLISHED):
        return moved(model, start) or elsewhere(answer, train) or passed()
    for key, (suspect, sentence) in SUSPECTS.items():
        if close(losses, suspect):
            return failed(key, sentence)
    if abs(losses[0] - PUBLISHED[0]) > CLOSE and (found := simple_losses(answer, train)) is not None:
        return found
    if len(set(losses)) == 1:
        return failed(
            "no_step",
            "The loss stays what it was at first: nothing moves. Is there a backward, then a step, and are the"
            " gradients still there when it is taken?",
        )
    good = next(k for k, (a, b) in enumerate(zip(losses, PUBLISHED)) if abs(a - b) > CLOSE)
    some = (
        f"The first {good} of {len(PUBLISHED)} losses {'is' if good == 1 else 'are'} right"
        if good
        else "Already the first loss is off"
    )
    return failed("unknown", f"{some}: number {good + 1} is {losses[good]:.7f}. What happened in that round?")
