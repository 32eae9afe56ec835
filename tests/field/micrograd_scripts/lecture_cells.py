"""Cells of a lecture: nudges, a neuron, an order found by hand, functions added to Value, softmax."""

import math

from engine import Value, draw_dot

# How much does the result move if one input does?
h = 0.0001
a, b, c = 2.0, -3.0, 10.0
d1 = a * b + c
c += h
d2 = a * b + c
print("d1", d1, "d2", d2, "by step", round((d2 - d1) / h, 6))

# An expression with names, and one step uphill.
a = Value(2.0)
b = Value(-3.0)
c = Value(10.0)
f = Value(-2.0)
e = a * b
d = e + c
L = d * f
for v, name in ((a, "a"), (b, "b"), (c, "c"), (d, "d"), (e, "e"), (f, "f"), (L, "L")):
    v.label = name
L.backward()
print([v.grad for v in (a, b, c, d, e, f)])
for leaf in (a, b, c, f):
    leaf.data += 0.01 * leaf.grad
e = a * b
d = e + c
L = d * f
print(L.data, L.grad, L.label if hasattr(L, "label") and L.label else "no label")


# Functions that are added to the class.
def sigmoid(self):
    s = 1 / (1 + math.exp(-self.data))
    out = Value(s, (self,), "sigmoid")

    def _backward():
        self.grad += s * (1 - s) * out.grad

    out._backward = _backward
    return out


def leaky(self, slope=0.1):
    out = Value(self.data if self.data > 0 else slope * self.data, (self,), "leaky")

    def _backward():
        self.grad += (1.0 if self.data > 0 else slope) * out.grad

    out._backward = _backward
    return out


Value.squash = sigmoid
Value.leaky = leaky

x1, x2 = Value(2.0), Value(-1.0)
w1, w2 = Value(-3.0), Value(1.0)
bias = Value(6.7)
n = x1 * w1 + x2 * w2 + bias
o = n.squash() + n.leaky(0.2) * (n - 2).leaky()

topo = []
visited = set()


def build_topo(v):
    if v not in visited:
        visited.add(v)
        for child in v._prev:
            build_topo(child)
        topo.append(v)


build_topo(o)
print(topo[-1] is o, o in visited)
o.grad = 1.0
for node in reversed(topo):
    node._backward()
by_hand = [v.grad for v in (x1, x2, w1, w2, bias)]
print(by_hand)

for node in topo:
    node.grad = 0.0
o.backward()
print([v.grad for v in (x1, x2, w1, w2, bias)])
print(all(abs(p - q.grad) < 1e-12 for p, q in zip(by_hand, (x1, x2, w1, w2, bias))))


# Softmax, and the loss of the right class.
def softmax(activations):
    exps = [x.exp() for x in activations]
    total = sum(exps)
    return [x / total for x in exps]


logits = [Value(0.0), Value(3.0), Value(-2.0), Value(1.0)]
probs = softmax(logits)
loss = -probs[3].log()
loss.backward()
print(loss.data, [x.grad for x in logits])
print(abs(sum(x.grad for x in logits)) < 1e-12)

# Many uses of one value.
a = Value(-2.0)
b = Value(3.0)
d = a * b
e = a + b
f = d * e
f.backward()
print(a.grad, b.grad, d.grad, e.grad)

dot = draw_dot(f)
print(dot.source.count("->") > 1, type(dot).__name__ == "Digraph")
