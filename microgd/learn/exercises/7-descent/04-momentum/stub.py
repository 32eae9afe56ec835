class SGD:
    """Moves parameters downhill, with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocity = [0.0 for p in self.parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        """Update the velocity of each parameter, and move the parameter by it.

        It changes self.velocity and every p.data, and returns nothing.
        """
        ...
