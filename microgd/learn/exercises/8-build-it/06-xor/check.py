import random

from microgd import nn, optim, tanh
from microgd.learn.checks import failed, passed, thing
from microgd.tensor import values

INPUTS, LABELS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
ROUNDS, LONG = 8, 70
CLOSE = 1e-6
SETTINGS = ((4, 3), (3, 2))  # hidden numbers, and the seed of the weights; with the first, xor is learned


def numbers(hidden, seed):
    draw = random.Random(seed)
    return [draw.uniform(-1.0, 1.0) for _ in range(4 * hidden + 1)]


class Reference:
    """The same network, of microgd's own layers."""

    def __init__(self, hidden, linear=False, last=False):
        self.first, self.second = nn.Linear(2, hidden), nn.Linear(hidden, 1)
        self.linear, self.last = linear, last

    def __call__(self, x):
        out = self.second([u if self.linear else tanh(u) for u in self.first(x)])[0]
        return tanh(out) if self.last else out

    def parameters(self):
        return values([*self.first.parameters(), *self.second.parameters()])


def learn(hidden, seed, rounds, zero=True, momentum=0.9, each=False, factor=1.0, uphill=False, **layers):
    """The losses of the reference, or of a training with a mistake that learners make."""
    model = Reference(hidden, **layers)
    for p, x in zip(model.parameters(), numbers(hidden, seed)):
        p.data = x
    sgd, losses = optim.SGD(model.parameters(), lr=0.05, momentum=momentum), []
    examples = list(zip(INPUTS, LABELS))
    for _ in range(rounds):
        total = 0.0
        for part in [[one] for one in examples] if each else [examples]:
            if zero:
                sgd.zero_grad()
            loss = sum((model(x) - y) ** 2 for x, y in part) * factor
            loss.backward()
            if uphill:
                for p in model.parameters():
                    p.grad = -p.grad
            sgd.step()
            total += loss.data
        losses.append(total)
    return losses


SUSPECTS = {
    "no_zero": (
        {"zero": False},
        "The first two losses are right, then they go astray. What is in .grad from the round before?",
    ),
    "no_momentum": (
        {"momentum": 0.0},
        "These are the losses of a descent without momentum. What is SGD given when it is made?",
    ),
    "mean": ({"factor": 0.25}, "The first loss is a quarter of what is asked for. A sum, or a mean?"),
    "half": ({"factor": 0.5}, "The first loss is half of what is asked for. Is there a factor in it?"),
    "each_example": (
        {"each": True},
        "There are four steps in each round, one for each example. How many are asked for?",
    ),
    "uphill": ({"uphill": True}, "The first loss is right, then they grow. Uphill?"),
}


def near(a, b):
    return len(a) == len(b) and all(abs(x - y) <= CLOSE * max(1.0, abs(y)) for x, y in zip(a, b))


def made(answer, hidden, seed):
    """The learner's network with the numbers of the check, or a verdict."""
    model = answer.function("Net")(hidden)
    parameters = list(model.parameters())
    if len(parameters) != 4 * hidden + 1:
        return failed(
            "parameters",
            f"Net({hidden}) lists {len(parameters)} parameters. How many weights and biases have Linear(2, {hidden})"
            f" and Linear({hidden}, 1) together?",
        )
    for p, x in zip(parameters, numbers(hidden, seed)):
        p.data = x
    return model


def outputs(answer, model, hidden, seed):
    """Whether the network computes what it should."""
    kinds = {"right": {}, "linear": {"linear": True}, "tanh_last": {"last": True}}
    rights = {}
    for kind, layers in kinds.items():
        reference = Reference(hidden, **layers)
        for p, x in zip(reference.parameters(), numbers(hidden, seed)):
            p.data = x
        rights[kind] = [reference(x).data for x in INPUTS]
    found = [model(list(x)) for x in INPUTS]
    if not all(hasattr(y, "backward") and hasattr(y, "data") for y in found):
        return failed(
            "not_a_value",
            f"model(x) should be one Value, and is {thing(found[0])}. What does the second layer return?",
        )
    found = [answer.number(y.data, "The .data of an output") for y in found]
    if near(found, rights["right"]):
        return None
    if near(found, rights["linear"]):
        return failed(
            "linear",
            "There is no nonlinearity between the layers: the network is one straight line. Where is tanh?",
        )
    if near(found, rights["tanh_last"]):
        return failed(
            "tanh_last", "The last output goes through tanh, too. Between which layers does it belong?"
        )
    first = [p.data for p in model.first.parameters()]
    if first != numbers(hidden, seed)[: len(first)]:
        return failed(
            "parameter_order", "parameters() lists all of them, in another order. Which layer comes first?"
        )
    return failed(
        "outputs",
        "With weights that the check has chosen, the output is not that of two layers with a tanh between them."
        " What goes into the second layer?",
    )


def check(answer):
    train = answer.function("train")
    for hidden, seed in SETTINGS:
        model = made(answer, hidden, seed)
        if not hasattr(model, "parameters"):
            return model
        verdict = outputs(answer, model, hidden, seed)
        if verdict is not None:
            return verdict
        losses = answer.numbers(train(model, ROUNDS), "What `train` returns", ROUNDS)
        verdict = judged(losses, hidden, seed)
        if verdict is not None:
            return verdict
    model = made(answer, *SETTINGS[0])
    losses = answer.numbers(train(model, LONG), "What `train` returns", LONG)
    said = ", ".join(f"{model(list(x)).data:.2f}" for x in INPUTS)
    return passed(f"After {LONG} rounds the loss is {losses[-1]:.4f}. For the four inputs it says {said}.")


def judged(losses, hidden, seed):
    """The verdict on the losses of some rounds."""
    right = learn(hidden, seed, ROUNDS)
    if near(losses, right):
        return None
    for key, (options, sentence) in SUSPECTS.items():
        if near(losses, learn(hidden, seed, ROUNDS, **options)):
            return failed(key, sentence)
    if near(losses[:-1], right[1:]):
        return failed("after_step", "Each loss is the one of the round after. Is it computed after the step?")
    if len(set(losses)) == 1:
        return failed(
            "no_step", "The loss stays what it was at first: nothing moves. Is there a backward, and a step?"
        )
    if losses[0] < 0 or not near(losses[:1], right[:1]):
        return failed(
            "not_squared",
            f"Already the first loss, {losses[0]:.4g}, is not the sum of the four squared errors. What is squared, and"
            " what is added?",
        )
    good = next(k for k, (a, b) in enumerate(zip(losses, right)) if not near([a], [b]))
    return failed(
        "astray",
        f"The first {good} of {ROUNDS} losses {'is' if good == 1 else 'are'} right, the next one is not. What"
        " happens between two rounds, and in which order?",
    )
