class SGD:
    """Stochastic gradient descent, with momentum."""

    def __init__(self, parameters, lr, momentum=0.0):
        """Keep what will be needed.

        parameters  the Values to move, in anything one can loop over
        lr          the learning rate
        momentum    how much of the velocity is kept from step to step
        """
        ...

    def zero_grad(self):
        """Set every gradient back to 0."""
        ...

    def step(self):
        """Move every parameter one step downhill."""
        ...
