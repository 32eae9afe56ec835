class SGD:
    """Moves parameters downhill."""

    def __init__(self, parameters, lr):
        self.parameters = list(parameters)
        self.lr = lr

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        """Move each parameter p against its gradient p.grad.

        It changes p.data, and returns nothing.
        """
        ...
