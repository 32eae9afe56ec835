import random

from value import Value


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(random.uniform(-bound, bound)) for _ in range(inputs)] for _ in range(outputs)]
        self.bias = [Value(random.uniform(-bound, bound)) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w * u for w, u in zip(row, x)), b) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias
