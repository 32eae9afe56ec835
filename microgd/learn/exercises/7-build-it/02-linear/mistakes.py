import random

from value import Value


# %% rows for inputs -> transposed


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(random.uniform(-bound, bound)) for _ in range(outputs)] for _ in range(inputs)]
        self.bias = [Value(random.uniform(-bound, bound)) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w * u for w, u in zip(row, x)), b) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias


# %% one row, repeated -> shared


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(random.uniform(-bound, bound)) for _ in range(inputs)]] * outputs
        self.bias = [Value(random.uniform(-bound, bound)) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w * u for w, u in zip(row, x)), b) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias


# %% all zero -> all_equal


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(0.0) for _ in range(inputs)] for _ in range(outputs)]
        self.bias = [Value(0.0) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w * u for w, u in zip(row, x)), b) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias


# %% plain numbers -> not_a_value


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[random.uniform(-bound, bound) for _ in range(inputs)] for _ in range(outputs)]
        self.bias = [random.uniform(-bound, bound) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w * u for w, u in zip(row, x)), b) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias


# %% no bias in the sum -> no_bias


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(random.uniform(-bound, bound)) for _ in range(inputs)] for _ in range(outputs)]
        self.bias = [Value(random.uniform(-bound, bound)) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w * u for w, u in zip(row, x)), Value(0.0)) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias


# %% biases not listed -> parameters


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(random.uniform(-bound, bound)) for _ in range(inputs)] for _ in range(outputs)]
        self.bias = [Value(random.uniform(-bound, bound)) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w * u for w, u in zip(row, x)), b) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row]


# %% biases first -> parameter_order


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(random.uniform(-bound, bound)) for _ in range(inputs)] for _ in range(outputs)]
        self.bias = [Value(random.uniform(-bound, bound)) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w * u for w, u in zip(row, x)), b) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return self.bias + [w for row in self.weight for w in row]


# %% the graph cut -> not_a_value


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(random.uniform(-bound, bound)) for _ in range(inputs)] for _ in range(outputs)]
        self.bias = [Value(random.uniform(-bound, bound)) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w.data * u for w, u in zip(row, x)), b.data) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias


# %% inputs not multiplied -> wrong_output


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(random.uniform(-bound, bound)) for _ in range(inputs)] for _ in range(outputs)]
        self.bias = [Value(random.uniform(-bound, bound)) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w + u for w, u in zip(row, x)), b) for row, b in zip(self.weight, self.bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias


# %% self forgotten -> raises


class Linear:
    def __init__(self, inputs, outputs):
        bound = inputs**-0.5
        self.weight = [[Value(random.uniform(-bound, bound)) for _ in range(inputs)] for _ in range(outputs)]
        self.bias = [Value(random.uniform(-bound, bound)) for _ in range(outputs)]

    def __call__(self, x):
        return [sum((w * u for w, u in zip(row, x)), b) for row, b in zip(weight, bias)]

    def parameters(self):
        return [w for row in self.weight for w in row] + self.bias
