LR = 0.1


def train(parameters, loss, steps):
    for _ in range(steps):
        for p in parameters:
            p.grad = 0.0
        loss().backward()
        for p in parameters:
            p.data -= LR * p.grad
