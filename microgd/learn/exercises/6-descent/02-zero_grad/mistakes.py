# %% gradients never zeroed -> sgd-no-zero


LR = 0.1


def train(parameters, loss, steps):
    for _ in range(steps):
        loss().backward()
        for p in parameters:
            p.data -= LR * p.grad


# %% uphill -> sgd-plus


LR = 0.1


def train(parameters, loss, steps):
    for _ in range(steps):
        for p in parameters:
            p.grad = 0.0
        loss().backward()
        for p in parameters:
            p.data += LR * p.grad


# %% zeroed before the step -> frozen


LR = 0.1


def train(parameters, loss, steps):
    for _ in range(steps):
        loss().backward()
        for p in parameters:
            p.grad = 0.0
        for p in parameters:
            p.data -= LR * p.grad


# %% zeroed only once -> sgd-no-zero


LR = 0.1


def train(parameters, loss, steps):
    for p in parameters:
        p.grad = 0.0
    for _ in range(steps):
        loss().backward()
        for p in parameters:
            p.data -= LR * p.grad


# %% the rate twice -> sgd-lr-twice


LR = 0.1


def train(parameters, loss, steps):
    for _ in range(steps):
        for p in parameters:
            p.grad = 0.0
        loss().backward()
        for p in parameters:
            p.data -= LR * LR * p.grad


# %% the loss computed once -> stale_loss


LR = 0.1


def train(parameters, loss, steps):
    out = loss()
    for _ in range(steps):
        for p in parameters:
            p.grad = 0.0
        out.backward()
        for p in parameters:
            p.data -= LR * p.grad


# %% no backward -> frozen


LR = 0.1


def train(parameters, loss, steps):
    for _ in range(steps):
        loss()
        for p in parameters:
            p.data -= LR * p.grad


# %% backward forgotten on a number -> raises


LR = 0.1


def train(parameters, loss, steps):
    for _ in range(steps):
        loss.backward()
        for p in parameters:
            p.data -= LR * p.grad
