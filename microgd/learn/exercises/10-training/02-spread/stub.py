import math
import random


def bound(inputs):
    """How far from 0 random weights should reach.

    inputs  how many inputs each neuron has: n

    returns b, a float: weights are drawn between -b and b
    """
    return ...


# Run this file with Python, to see what becomes of numbers on their way through the layers.


def sizes(b, inputs, layers=10):
    """The typical size of the numbers after each layer."""
    x = [random.gauss(0, 1) for _ in range(inputs)]
    found = []
    for _ in range(layers):
        x = [sum(random.uniform(-b, b) * u for u in x) for _ in range(inputs)]
        found.append(math.sqrt(sum(u * u for u in x) / inputs))
    return found


if __name__ == "__main__":
    for b in (0.1, bound(64), 0.5):
        print(f"b = {b:.3f}:", " ".join(f"{size:.3g}" for size in sizes(b, 64)))
