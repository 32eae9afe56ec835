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
            p.data -= self.lr * self.velocity[k]
