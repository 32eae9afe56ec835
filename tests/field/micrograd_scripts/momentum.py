"""Exclusive or: velocities in a dict whose keys are Values, some parameters frozen, the gradients clipped."""

import random

from engine import Value

random.seed(3)
hidden = 5
W1 = [[Value(random.uniform(-1, 1)) for _ in range(2)] for _ in range(hidden)]
b1 = [Value(0.0) for _ in range(hidden)]
W2 = [Value(random.uniform(-1, 1)) for _ in range(hidden)]
b2 = Value(0)
params = [w for row in W1 for w in row] + b1 + W2 + [b2]
frozen = [W1[0][0], b1[-1]]
velocity = dict.fromkeys(params, 0.0)
names = {id(p): f"p{i}" for i, p in enumerate(params)}
print(len(params), len(velocity), params.index(b2), W1[0][0] in frozen, W2[0] in frozen, b1[0] in frozen)


def forward(x):
    h = []
    for row, b in zip(W1, b1):
        act = b
        for wi, xi in zip(row, x):
            act += wi * xi
        h.append(act.tanh())
    out = b2
    for wi, hi in zip(W2, h):
        out += wi * hi
    return out


data = [((0.0, 0.0), -1), ((0.0, 1.0), 1), ((1.0, 0.0), 1), ((1.0, 1.0), -1)]
before = [p.data for p in frozen]
best = None
for epoch in range(30):
    total = Value(0.0)
    for x, target in data:
        error = forward(x) - target
        total += error**2
    total /= len(data)
    for p in params:
        p.grad = 0.0
    total.backward()
    norm = sum(p.grad**2 for p in params) ** 0.5
    scale = min(1.0, 1.0 / (norm + 1e-6))
    for p in params:
        if p in frozen:
            continue
        velocity[p] = 0.9 * velocity[p] - 0.05 * scale * p.grad
        p.data += velocity[p]
    if best is None or total.data < best:
        best = total.data
    if epoch % 10 == 9:
        print(epoch, total.data, norm, best)
print([p.data for p in frozen] == before, b2.data, velocity[b2])

# The same graph differentiated by hand and by the engine, leaf by leaf.
a, b = Value(0.3), Value(-1.7)
parts = [a * b, a - b, b / (a + 3), (a * 2) ** 3, 2 / (b - 1), -a]
print(sum(parts).data)
for part in parts:
    a.grad = b.grad = 0.0
    part.backward()
    print(part.data, a.grad, b.grad)
print(max(parts, key=lambda v: v.data).data, sorted(v.data for v in parts)[0])
