# %% an average -> mom-ema


class SGD:
    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for p in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + (1 - self.momentum) * p.grad
            p.data -= self.lr * self.velocity[k]


# %% minus the velocity -> mom-minus


class SGD:
    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for p in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = p.grad - self.momentum * self.velocity[k]
            p.data -= self.lr * self.velocity[k]


# %% the rate twice -> mom-lr-twice, sgd-lr-twice


class SGD:
    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for p in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + self.lr * p.grad
            p.data -= self.lr * self.velocity[k]


# %% uphill -> sgd-plus


class SGD:
    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for p in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + p.grad
            p.data += self.lr * self.velocity[k]


# %% velocity not stored -> unknown, mom-forgot, no-momentum


class SGD:
    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for p in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            v = self.momentum * self.velocity[k] + p.grad
            p.data -= self.lr * v


# %% moved by the old velocity -> unknown, mom-late


class SGD:
    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for p in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            p.data -= self.lr * self.velocity[k]
            self.velocity[k] = self.momentum * self.velocity[k] + p.grad


# %% one velocity for all -> unknown, mom-shared, shared-state, raises


class SGD:
    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for p in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[0] = self.momentum * self.velocity[0] + p.grad
            p.data -= self.lr * self.velocity[0]
