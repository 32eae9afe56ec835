"""A tour of automatic differentiation: the graph, gradients, detaching, vectors into backward."""

import torch

a = torch.tensor([2.0, 3.0], requires_grad=True)
b = torch.tensor([6.0, 4.0], requires_grad=True)
Q = 3 * a**3 - b**2
print(Q)

external_grad = torch.tensor([1.0, 1.0])
Q.backward(gradient=external_grad)
print(9 * a**2 == a.grad)
print(-2 * b == b.grad)
print(a.grad, b.grad)

# One layer and its loss, by hand.
x = torch.ones(5)
y = torch.zeros(3)
torch.manual_seed(1)
w = torch.rand(5, 3, requires_grad=True)
bias = torch.rand(3, requires_grad=True)
z = torch.matmul(x, w) + bias
loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
print(f"Gradient function of the loss is there: {loss.grad_fn is not None}")
loss.backward()
print(w.grad)
print(bias.grad)

# Without a graph.
z = torch.matmul(x, w) + bias
print(z.requires_grad)
with torch.no_grad():
    z = torch.matmul(x, w) + bias
print(z.requires_grad)
print((torch.matmul(x, w) + bias).detach().requires_grad)

# Gradients add up until they are set to zero.
inp = torch.eye(4, 5, requires_grad=True)
out = (inp + 1).pow(2).t()
out.backward(torch.ones_like(out), retain_graph=True)
print(f"First call\n{inp.grad}")
out.backward(torch.ones_like(out), retain_graph=True)
print(f"Second call\n{inp.grad}")
inp.grad.zero_()
out.backward(torch.ones_like(out), retain_graph=True)
print(f"After zeroing\n{inp.grad}")

u = torch.tensor(0.5, requires_grad=True)
(first,) = torch.autograd.grad(torch.sin(u) * u, u, create_graph=True)
(second,) = torch.autograd.grad(first, u)
print(first.item(), second.item())
