from microgd import manual_seed, nn
from microgd.learn.checks import failed, passed

PUBLISHED = [
    0.7836969494819641, 0.5015659928321838, 0.3210022449493408, 0.2054414004087448, 0.13148249685764313,
    0.0841488167643547, 0.05385523661971092, 0.034467339515686035, 0.022059103474020958, 0.014117831364274025,
]  # fmt: skip
SEED = 1113835  # whose weights begin with this loss
CLOSE = 1e-6  # the published run was made with 32-bit floats

INPUTS, LABELS = [0.8, 0.4, 0.4, 0.2], [1.0, 0.0]


def simulate(factor=1.0, lr=0.1, zero=True, shift=0):
    """Losses with the gradient times `factor`, of a loss that is times `factor` too."""
    manual_seed(SEED)
    layer = nn.Linear(4, 2)
    w = [[x.data for x in row] + [b.data] for row, b in zip(layer.weight, layer.bias)]
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


def check(answer):
    train = answer.function("train")
    manual_seed(SEED)
    start = nn.Linear(4, 2)
    model = answer.get("Linear")(4, 2)
    for mine, p in zip(model.parameters(), start.parameters()):
        mine.data = p.data
    losses = train(model, len(PUBLISHED))
    losses = answer.numbers(losses, "What `train` returns", len(PUBLISHED))
    if close(losses, PUBLISHED):
        return passed()
    for key, (suspect, sentence) in SUSPECTS.items():
        if close(losses, suspect):
            return failed(key, sentence)
    if len(set(losses)) == 1:
        return failed(
            "no_step", "The loss stays what it was at first: nothing moves. Is there a backward, and a step?"
        )
    good = next(k for k, (a, b) in enumerate(zip(losses, PUBLISHED)) if abs(a - b) > CLOSE)
    some = (
        f"The first {good} of {len(PUBLISHED)} losses are right" if good else "Already the first loss is off"
    )
    return failed("unknown", f"{some}: number {good + 1} is {losses[good]:.7f}. What happened in that round?")
