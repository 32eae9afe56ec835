from linear import Linear
from sgd import SGD

INPUTS = [0.8, 0.4, 0.4, 0.2]
LABELS = [1.0, 0.0]
LR = 0.1


def train(model, epochs):
    """Train a layer on the one example.

    model   a Linear(4, 2)
    epochs  how many rounds

    returns a list of floats: the loss of each round, as it was before the round's step
    """
    return ...
