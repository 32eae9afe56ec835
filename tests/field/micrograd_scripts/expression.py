"""An expression and a neuron, cell by cell: slopes by a small step, the backward pass by hand, backward()."""

from engine import Value, draw_dot


def lol(h):
    a = Value(2.0 + h)
    a.label = "a"
    b = Value(-3.0)
    c = Value(10.0)
    e = a * b
    e.label = "e"
    d = e + c
    f = Value(-2.0)
    L = d * f
    L.label = "L"
    return L


print(lol(0.0).data, (lol(0.001).data - lol(0.0).data) / 0.001)
print(lol(0.0)._op, len(lol(0.0)._prev), lol(0.0).label)

# A neuron of two inputs.
x1, x2 = Value(2.0), Value(0.0)
w1, w2 = Value(-3.0), Value(1.0)
b = Value(6.8813735870195432)
x1w1 = x1 * w1
x2w2 = x2 * w2
x1w1x2w2 = x1w1 + x2w2
n = x1w1x2w2 + b
o = n.tanh()
print(o.data, o.grad)

o.grad = 1.0
o._backward()
n._backward()
b._backward()
x1w1x2w2._backward()
x2w2._backward()
x1w1._backward()
print(x1.grad, w1.grad, x2.grad, w2.grad)

for v in (x1, x2, w1, w2, b, x1w1, x2w2, x1w1x2w2, n, o):
    v.grad = 0.0
o.backward()
print(x1.grad, w1.grad, x2.grad, w2.grad, o.grad)

# The same with tanh taken apart.
x1, w1 = Value(2.0), Value(-3.0)
e = (2 * (x1 * w1 + 6.8813735870195432)).exp()
o = (e - 1) / (e + 1)
o.label = "o"
o.backward()
print(o.data, x1.grad, w1.grad)

a = Value(3.0)
b = a + a
b.backward()
print(a.grad)
a += 1.0
print(a.data, a.grad)

dot = draw_dot(o)
print(type(dot).__name__ == "Digraph", "->" in dot.source)
