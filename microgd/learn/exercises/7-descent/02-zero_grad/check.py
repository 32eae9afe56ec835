from microgd import Value, optim
from microgd.learn.checks import failed, training

LR = 0.1
STARTS = [1.0, -0.5, 2.0]


class Loss:
    """A loss in which the parameters share terms. It counts how often it is made."""

    def __init__(self):
        self.parameters = [Value(x) for x in STARTS]
        self.made = self.walked = 0

    def __call__(self):
        self.made += 1
        a, b, c = self.parameters
        return Counted((a * b - c) ** 2 + a * c * 0.5 + b * b, self)


class Counted:
    """What a loop needs of a loss."""

    def __init__(self, value, loss):
        self.value, self.loss, self.data = value, loss, value.data

    def backward(self):
        self.loss.walked += 1
        self.value.backward()

    def item(self):
        return self.data


def right(steps):
    loss = Loss()
    sgd = optim.SGD(loss.parameters, lr=LR)
    for _ in range(steps):
        sgd.zero_grad()
        loss().backward()
        sgd.step()
    return [p.data for p in loss.parameters]


def flat(answer):
    """Whether a parameter moves where the loss does not change with it."""
    p = Value(1.5)
    answer.function("train")([p], lambda: p * 0.0, 1)
    if p.data == 1.5:
        return None
    return failed(
        "moves_without_gradient",
        f"Where the gradient is 0, a step moves a parameter by {p.data - 1.5:.6g}. What moves it?",
    )


def check(answer):
    verdict = training(answer, "train", "sgd", lr=LR)
    if verdict.key == "unknown" and (still := flat(answer)) is not None:
        return still
    if not verdict.ok:
        return verdict
    for steps in (3, 0, 1, 7):
        loss = Loss()
        answer.function("train")(list(loss.parameters), loss, steps)
        if loss.made < steps:
            return failed(
                "stale_loss",
                f"In {steps} rounds loss() is called {loss.made} times. Does it know that the parameters moved?",
            )
        if loss.walked != steps:
            return failed(
                "rounds",
                f"In {steps} rounds backward() is called {loss.walked} times. What does a round begin and end with?",
            )
        if any(abs(p.data - x) > 1e-6 for p, x in zip(loss.parameters, right(steps))):
            return failed(
                "three_parameters",
                f"Right with two parameters. With three that share terms of the loss, they are not where they should"
                f" be after {steps} steps. Is every gradient found before any of them moves?",
            )
    return verdict
