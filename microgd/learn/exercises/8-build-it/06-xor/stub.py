from activation import tanh
from linear import Linear
from sgd import SGD

INPUTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
LABELS = [0.0, 1.0, 1.0, 0.0]
LR = 0.05
MOMENTUM = 0.9


class Net:
    """Two linear layers, with tanh between them."""

    def __init__(self, hidden):
        """Two Linear layers.

        hidden  how many numbers there are between the layers
        """
        self.first = ...
        self.second = ...

    def __call__(self, x):
        """x, a list of two numbers, to a Value."""
        return ...

    def parameters(self):
        """A list of all parameters: those of the first layer, then those of the second."""
        return ...


def train(model, rounds):
    """Learn xor.

    model   a Net
    rounds  how many steps

    returns a list of floats: the loss of each round
    """
    return ...


if __name__ == "__main__":
    model = Net(4)
    for number, loss in enumerate(train(model, 200)):
        if number % 20 == 0:
            print(f"{number:4} {loss:8.4f}")
    for x in INPUTS:
        print(x, round(model(x).data, 3))
