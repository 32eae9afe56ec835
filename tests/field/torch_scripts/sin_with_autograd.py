"""A third-order polynomial fitted to sin(x): four leaf tensors, backward, updates under no_grad."""

import math

import torch

dtype = torch.float
device = "cuda" if torch.cuda.is_available() else "cpu"

torch.manual_seed(0)
x = torch.linspace(-math.pi, math.pi, 100, dtype=dtype, device=device)
y = torch.sin(x)

a = torch.rand((), dtype=dtype, device=device, requires_grad=True)
b = torch.rand((), dtype=dtype, device=device, requires_grad=True)
c = torch.rand((), dtype=dtype, device=device, requires_grad=True)
d = torch.rand((), dtype=dtype, device=device, requires_grad=True)

initial_loss = 1.0
learning_rate = 1e-5
for t in range(60):
    y_pred = a + b * x + c * x**2 + d * x**3
    loss = (y_pred - y).pow(2).sum()

    if t == 0:
        initial_loss = loss.item()
    if t % 20 == 19:
        print(f"Iteration t = {t:4d}  loss(t)/loss(0) = {round(loss.item() / initial_loss, 6):10.6f}")

    loss.backward()
    with torch.no_grad():
        a -= learning_rate * a.grad
        b -= learning_rate * b.grad
        c -= learning_rate * c.grad
        d -= learning_rate * d.grad
        a.grad = None
        b.grad = None
        c.grad = None
        d.grad = None

print(f"Result: y = {a.item()} + {b.item()} x + {c.item()} x^2 + {d.item()} x^3")
print(a.grad_fn is None, a.is_leaf, loss.grad_fn is not None)
