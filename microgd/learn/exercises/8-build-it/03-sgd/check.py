from microgd.learn.checks import failed, optimizer

OTHERS = [{"lr": 0.2, "momentum": 0.5}, {"lr": 0.01, "momentum": 0.0}]


class Parameter:
    def __init__(self):
        self.data, self.grad = 1.0, 0.5


def check(answer):
    verdict = optimizer(answer, "SGD", "sgd", others=[{"lr": 0.37}], lr=0.1)
    if verdict.ok:
        verdict = optimizer(answer, "SGD", "sgd", others=OTHERS, lr=0.05, momentum=0.8)
    if not verdict.ok:
        return verdict
    parameters = [Parameter(), Parameter()]
    sgd = answer.function("SGD")((p for p in parameters), lr=0.1)
    for _ in range(2):
        sgd.step()
    if any(abs(p.data - 0.9) > 1e-12 for p in parameters):
        return failed(
            "not_a_list", "Given a generator, only the first loop finds parameters. Is list() missing?"
        )
    sgd.zero_grad()
    if any(p.grad for p in parameters):
        return failed(
            "zero_grad", "After zero_grad() a gradient is still not 0. Does it reach every parameter?"
        )
    return verdict
