"""Two moons as arrays: rows of numpy numbers, labels of -1 and 1, a batch, and the decision over a mesh."""

import random

import numpy as np
from micrograd.engine import Value
from micrograd.nn import MLP

np.random.seed(1337)
random.seed(1337)

t = np.linspace(0.0, np.pi, 10)
upper = np.stack([np.cos(t), np.sin(t)], axis=1)
lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], axis=1)
X = np.concatenate([upper, lower]) + np.random.uniform(-0.1, 0.1, (20, 2))
y = np.concatenate([np.zeros(10, dtype=int), np.ones(10, dtype=int)])
y = y * 2 - 1

model = MLP(2, [6, 6, 1])
print(model)
print("number of parameters", len(model.parameters()))


def loss(batch_size=None):
    if batch_size is None:
        Xb, yb = X, y
    else:
        ri = np.random.permutation(X.shape[0])[:batch_size]
        Xb, yb = X[ri], y[ri]
    inputs = [list(map(Value, xrow)) for xrow in Xb]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum(p * p for p in model.parameters())
    total_loss = data_loss + reg_loss
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
    return total_loss, sum(accuracy) / len(accuracy)


for k in range(8):
    total_loss, acc = loss(10 if k % 3 == 2 else None)
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9 * k / 100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    if k % 2 == 0:
        print(f"step {k} loss {total_loss.data}, accuracy {acc * 100}%")

h = 0.5
xx, yy = np.meshgrid(np.arange(-1.5, 2.5, h), np.arange(-1.0, 1.5, h))
Xmesh = np.c_[xx.ravel(), yy.ravel()]
inputs = [list(map(Value, xrow)) for xrow in Xmesh]
scores = list(map(model, inputs))
Z = np.array([s.data > 0 for s in scores])
Z = Z.reshape(xx.shape)
print(Z.shape, int(Z.sum()))
print(np.array([s.data for s in scores]).mean(), max(s.data for s in scores))
