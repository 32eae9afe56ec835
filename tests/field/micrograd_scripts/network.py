"""A small network on four samples, trained by `p.grad = 0.0`, backward and `p.data += -0.01 * p.grad`."""

import random

from micrograd.nn import MLP, Layer, Neuron

random.seed(1337)
neuron = Neuron(2)
print(neuron([2.0, 3.0]).data, len(neuron.parameters()))
layer = Layer(2, 3, nonlin=False)
print([out.data for out in layer([2.0, 3.0])])

n = MLP(3, [4, 4, 1])
x = [2.0, 3.0, -1.0]
print(n(x).data)

xs = [
    [2.0, 3.0, -1.0],
    [3.0, -1.0, 0.5],
    [0.5, 1.0, 1.0],
    [1.0, 1.0, -1.0],
]
ys = [1.0, -1.0, -1.0, 1.0]

ypred = [n(x) for x in xs]
loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
loss.backward()
print(loss.data, n.layers[0].neurons[0].w[0].grad, n.layers[0].neurons[0].b.grad)
print(len(n.parameters()))

for k in range(20):
    ypred = [n(x) for x in xs]
    loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))

    for p in n.parameters():
        p.grad = 0.0
    loss.backward()

    for p in n.parameters():
        p.data += -0.01 * p.grad
    if k % 5 == 4:
        print(k, loss.data)

print([y.data for y in ypred])
n.zero_grad()
print(sum(p.grad for p in n.parameters()))
