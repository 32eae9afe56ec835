"""Operations of one's own: `Value(data, (operands), name)` and a `_backward` that adds to their grad."""

import math

from micrograd.engine import Value


def sigmoid(x):
    s = 1 / (1 + math.exp(-x.data))
    out = Value(s, (x,), "sigmoid")

    def _backward():
        x.grad += s * (1 - s) * out.grad

    out._backward = _backward
    return out


def log(x):
    out = Value(math.log(x.data), (x,), "log")

    def _backward():
        x.grad += out.grad / x.data

    out._backward = _backward
    return out


def maximum(x, y):
    out = Value(max(x.data, y.data), (x, y), "max")

    def _backward():
        x.grad += (x.data >= y.data) * out.grad
        y.grad += (x.data < y.data) * out.grad

    out._backward = _backward
    return out


w, b = Value(0.5), Value(-0.25)
data = [(-2.0, 0), (-1.0, 0), (0.5, 1), (2.0, 1)]
for step in range(10):
    losses = []
    for x, label in data:
        p = sigmoid(w * x + b)
        losses.append(-log(p if label else 1 - p))
    loss = sum(losses) / len(losses) + 0.01 * maximum(w * w, b * b)
    w.grad, b.grad = 0, 0
    loss.backward()
    w.data -= 0.5 * w.grad
    b.data -= 0.5 * b.grad
    if step % 3 == 0:
        print(step, loss.data, w.grad, b.grad)

p = sigmoid(w * 2.0)
print(p._op == "sigmoid", len(p._prev), p.data)
p.backward()
w.note = "trained"
print(w.grad, w.note)
top = maximum(w, b) * 3
top.backward()
print(top.data, w.grad, b.grad)
