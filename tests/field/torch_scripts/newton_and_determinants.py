"""Newton's method with linalg.solve, least squares by the normal equations, the derivative of log det."""

import torch
from torch.autograd import gradcheck

p = torch.tensor([1.5, -0.5], dtype=torch.float64, requires_grad=True)


def valley(p):
    return (p[0] - 1) ** 2 + 10 * (p[1] - p[0] ** 2) ** 2


for step in range(5):
    (gradient,) = torch.autograd.grad(valley(p), p, create_graph=True)
    rows = [torch.autograd.grad(g, p, retain_graph=True)[0] for g in gradient]
    with torch.no_grad():
        p -= torch.linalg.solve(torch.stack(rows), gradient.detach())
    print(step, valley(p).item(), torch.linalg.norm(gradient.detach()).item())

x = torch.linspace(-1, 1, 7, dtype=torch.float64)
y = 3 * x**2 - x + 0.5
A = torch.stack([x**2, x, torch.ones_like(x)], dim=1)
print(torch.inverse(A.T @ A) @ A.T @ y, torch.linalg.inv(A.T @ A).diagonal())

M = torch.tensor([[2.0, 0.5], [0.25, 1.0]], dtype=torch.float64, requires_grad=True)
torch.logdet(M).backward()
print(torch.det(M).item(), M.grad, torch.allclose(M.grad, torch.linalg.inv(M).T))
sign, logarithm = torch.linalg.slogdet(M)
print(sign.item(), logarithm.item(), torch.linalg.matrix_norm(M).item())
print(gradcheck(torch.det, (M,), eps=1e-6, atol=1e-4), gradcheck(torch.linalg.inv, M))
torch.autograd.backward([M.sum(), (M * M).sum()])
print(M.grad.tolist())
