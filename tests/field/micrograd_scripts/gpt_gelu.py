"""A transformer on scalars with GELU, learned gains, classes for its layers, and sums by +=."""

import math
import random

from engine import Value

random.seed(7)
text = "to be or not to be"
letters = sorted(set(text))
width, heads, context = 6, 2, 5
size = width // heads


def numbers(count, spread):
    return [Value(random.gauss(0.0, spread)) for _ in range(count)]


class Linear:
    def __init__(self, inputs, outputs):
        self.rows = [numbers(inputs, inputs**-0.5) for _ in range(outputs)]

    def __call__(self, x):
        out = []
        for row in self.rows:
            total = Value(0.0)
            for w, xi in zip(row, x):
                total += w * xi
            out.append(total)
        return out

    def parameters(self):
        return [w for row in self.rows for w in row]


class Norm:
    def __init__(self):
        self.gains = numbers(width, 1.0)

    def __call__(self, x):
        square = sum((xi * xi for xi in x), Value(0.0)) / len(x)
        return [xi * (square + 1e-6) ** -0.5 * g for xi, g in zip(x, self.gains)]

    def parameters(self):
        return self.gains


def gelu(x):
    return 0.5 * x * (1 + (math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)).tanh())


def softmax(xs):
    highest = max(x.data for x in xs)
    powers = [(x - highest).exp() for x in xs]
    total = sum(powers, Value(0.0))
    return [p / total for p in powers]


tokens, places = Linear(width, len(letters)), Linear(width, context)
query, key, value, mixed = (Linear(width, width) for _ in range(4))
wide, narrow, last = Linear(width, 2 * width), Linear(2 * width, width), Linear(width, len(letters))
first, second = Norm(), Norm()
layers = [tokens, places, query, key, value, mixed, wide, narrow, last, first, second]
parameters = [p for layer in layers for p in layer.parameters()]
print("parameters", len(parameters))


def model(token, place, past):
    x = [a + b for a, b in zip(tokens.rows[token], places.rows[place])]
    normed = first(x)
    q = query(normed)
    past.append((key(normed), value(normed)))
    attended = []
    for start in range(0, width, size):
        part = range(start, start + size)
        weights = softmax([sum((q[j] * k[j] for j in part), Value(0.0)) / math.sqrt(size) for k, _ in past])
        for j in part:
            total = Value(0.0)
            for weight, (_, v) in zip(weights, past):
                total += weight * v[j]
            attended.append(total)
    x = [a + b for a, b in zip(mixed(attended), x)]
    x = [a + b for a, b in zip(narrow([gelu(z) for z in wide(second(x))]), x)]
    return last(x)


for step in range(1, 5):
    start = random.randint(0, len(text) - context - 1)
    ids = [letters.index(c) for c in text[start : start + context + 1]]
    past, losses = [], []
    for place in range(context):
        losses.append(-(softmax(model(ids[place], place, past))[ids[place + 1]].log()))
    loss = sum(losses, Value(0.0)) / len(losses)
    loss.backward()
    print(f"step {step} loss {loss.data!r} size {sum(p.grad**2 for p in parameters) ** 0.5!r}")
    for p in parameters:
        p.data -= 0.05 * p.grad
        p.grad = 0.0
