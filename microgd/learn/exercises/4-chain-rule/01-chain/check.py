from microgd import tanh
from microgd.learn.checks import rule

PLACES = [(0.0, 0.0, 0.0), (0.0, 2.0, 0.5), (2.0, 0.0, -1.0), (12.0, 1.0, -11.0)]


def neuron(w, x, b):
    return tanh(w * x + b)


def sample(random):
    return [random.choice((-1.0, 1.0)) * random.uniform(0.2, 1.2) for _ in range(3)]


def check(answer):
    return rule(answer, "backward", neuron, sample=sample, places=PLACES)
