import random

from value import Value


class Linear:
    """out[i] = the sum of weight[i][j] * x[j] over j, plus bias[i]"""

    def __init__(self, inputs, outputs):
        """Random Values.

        inputs   how many numbers come in
        outputs  how many go out
        """
        self.weight = ...  # a list of `outputs` rows, each a list of `inputs` Values
        self.bias = ...  # a list of `outputs` Values

    def __call__(self, x):
        """x, a list of numbers or Values, to a list of Values, one for each output."""
        return ...

    def parameters(self):
        """A list of all Values that training may move: the weights row by row, then the biases."""
        return ...
