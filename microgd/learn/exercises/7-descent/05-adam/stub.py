import math


class Adam:
    """Moves each parameter by how steady its gradients are."""

    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.parameters = list(parameters)
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.t = 0
        self.m = [0.0 for p in self.parameters]
        self.v = [0.0 for p in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        """Move each parameter by one step of Adam. It returns nothing."""
        b1, b2 = self.betas
        self.t += 1
        for k, p in enumerate(self.parameters):
            self.m[k] = b1 * self.m[k] + (1 - b1) * p.grad
            self.v[k] = b2 * self.v[k] + (1 - b2) * p.grad**2
            ...
