from microgd.learn.checks import failed, training

STEPS = 3


class Parameter:
    data, grad = 1.0, 0.0


class Loss:
    def __init__(self, parameter):
        self.parameter, self.slope = parameter, 2 * parameter.data

    def backward(self):
        self.parameter.grad = (self.parameter.grad or 0.0) + self.slope


def check(answer):
    verdict = training(answer, "train", "sgd", lr=0.1)
    if not verdict.ok:
        return verdict
    parameter, losses = Parameter(), []

    def loss():
        losses.append(Loss(parameter))
        return losses[-1]

    answer.function("train")([parameter], loss, STEPS)
    if len(losses) < STEPS:
        return failed(
            "stale_loss",
            f"In {STEPS} rounds loss() is called {len(losses)} times. Does it know that the parameters moved?",
        )
    return verdict
