from activation import tanh
from linear import Linear
from sgd import SGD

INPUTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
LABELS = [0.0, 1.0, 1.0, 0.0]
LR = 0.05
MOMENTUM = 0.9


class Net:
    def __init__(self, hidden):
        self.first = Linear(2, hidden)
        self.second = Linear(hidden, 1)

    def __call__(self, x):
        return self.second([tanh(u) for u in self.first(x)])[0]

    def parameters(self):
        return self.first.parameters() + self.second.parameters()


def train(model, rounds):
    optimizer = SGD(model.parameters(), LR, MOMENTUM)
    losses = []
    for _ in range(rounds):
        optimizer.zero_grad()
        errors = [model(x) - y for x, y in zip(INPUTS, LABELS)]
        loss = sum(e * e for e in errors)
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses
