# %% uphill -> sgd-plus


class SGD:
    def __init__(self, parameters, lr, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for _ in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + p.grad
            p.data += self.lr * self.velocity[k]


# %% an average -> mom-ema


class SGD:
    def __init__(self, parameters, lr, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for _ in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + (1 - self.momentum) * p.grad
            p.data -= self.lr * self.velocity[k]


# %% minus the velocity -> mom-minus


class SGD:
    def __init__(self, parameters, lr, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for _ in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = p.grad - self.momentum * self.velocity[k]
            p.data -= self.lr * self.velocity[k]


# %% the rate twice -> sgd-lr-twice


class SGD:
    def __init__(self, parameters, lr, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for _ in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + p.grad
            p.data -= self.lr * self.lr * self.velocity[k]


# %% zero_grad does nothing -> sgd-no-zero, zero_grad


class SGD:
    def __init__(self, parameters, lr, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for _ in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.data = p.data

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + p.grad
            p.data -= self.lr * self.velocity[k]


# %% a generator kept -> not_a_list


class SGD:
    def __init__(self, parameters, lr, momentum=0.0):
        self.parameters = parameters
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for _ in range(100)]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + p.grad
            p.data -= self.lr * self.velocity[k]


# %% momentum without a default -> raises


class SGD:
    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for _ in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + p.grad
            p.data -= self.lr * self.velocity[k]


# %% something not kept -> raises


class SGD:
    def __init__(self, parameters, lr, momentum=0.0):
        self.parameters = list(parameters)
        self.momentum = momentum
        self.velocity = [0.0 for _ in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        for k, p in enumerate(self.parameters):
            self.velocity[k] = self.momentum * self.velocity[k] + p.grad
            p.data -= self.lr * self.velocity[k]
