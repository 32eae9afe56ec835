"""Two moons: a max-margin loss with L2, accuracy, and a learning rate that falls."""

import math
import random

from micrograd.engine import Value
from micrograd.nn import MLP

random.seed(1337)

X, y = [], []
for i in range(16):
    t = math.pi * i / 15
    X.append([math.cos(t) + random.uniform(-0.1, 0.1), math.sin(t) + random.uniform(-0.1, 0.1)])
    y.append(1)
    X.append([1 - math.cos(t) + random.uniform(-0.1, 0.1), 0.5 - math.sin(t) + random.uniform(-0.1, 0.1)])
    y.append(-1)

model = MLP(2, [8, 8, 1])
print(model)
print("number of parameters", len(model.parameters()))


def loss(batch_size=None):
    if batch_size is None:
        Xb, yb = X, y
    else:
        ri = random.sample(range(len(X)), batch_size)
        Xb, yb = [X[i] for i in ri], [y[i] for i in ri]
    inputs = [list(map(Value, xrow)) for xrow in Xb]

    scores = list(map(model, inputs))

    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum(p * p for p in model.parameters())
    total_loss = data_loss + reg_loss

    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
    return total_loss, sum(accuracy) / len(accuracy)


total_loss, acc = loss()
print(total_loss.data, acc)

steps = 6
for k in range(steps):
    total_loss, acc = loss(None if k % 2 else 20)

    model.zero_grad()
    total_loss.backward()

    learning_rate = 1.0 - 0.9 * k / steps
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    print(f"step {k} loss {total_loss.data!r}, accuracy {acc * 100}%")

for p in model.layers[0].parameters()[:3]:
    print(p.data, p.grad)
