import random

from microgd import nn, optim


def different(neurons):
    return len({tuple(neuron) for neuron in neurons})


def start(count, inputs):
    bound = inputs**-0.5
    return [[random.uniform(-bound, bound) for _ in range(inputs)] + [0.0] for _ in range(count)]
