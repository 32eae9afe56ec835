LR = 0.1


def train(parameters, loss, steps):
    """Train: `steps` times, move all parameters one step downhill.

    parameters  a list; each parameter p has p.data and p.grad
    loss        loss() computes the loss from the parameters as they are now, and returns it;
                its backward() adds to the p.grad of each parameter
    steps       how many rounds

    returns nothing: it changes p.data
    """
    ...
