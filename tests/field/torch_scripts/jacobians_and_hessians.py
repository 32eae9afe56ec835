"""Jacobians, Hessians and their products: by functions of torch.func, by autograd.functional, by hand."""

from functools import partial

import torch
import torch.nn.functional as F
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

torch.manual_seed(4)
D = 3
weight = torch.rand(D, D)
bias = torch.rand(D)
x = torch.rand(D)


def predict(weight, bias, x):
    return F.linear(x, weight, bias).tanh()


# Row by row with vector-Jacobian products.
xp = x.clone().requires_grad_()
unit_vectors = torch.eye(D)


def compute_jac(xp):
    rows = [torch.autograd.grad(predict(weight, bias, xp), xp, vec)[0] for vec in unit_vectors]
    return torch.stack(rows)


jacobian = compute_jac(xp)
print(jacobian.shape)
print(jacobian)

_, vjp_fn = vjp(partial(predict, weight, bias), x)
(ft_jacobian,) = vmap(vjp_fn)(unit_vectors)
print(torch.allclose(ft_jacobian, jacobian))
print(torch.allclose(jacrev(predict, argnums=2)(weight, bias, x), jacobian))
print(torch.allclose(jacfwd(predict, argnums=2)(weight, bias, x), jacobian))

_, tangent = jvp(partial(predict, weight, bias), (x,), (torch.ones(D),))
print(tangent, torch.allclose(tangent, jacobian.sum(dim=1)))


def f(x):
    return (x.sin() * x).sum()


print(hessian(f)(x))
print(torch.autograd.functional.hessian(f, x))
print(torch.autograd.functional.jacobian(lambda t: t**2, x).diagonal())
print(grad(f)(x), torch.func.grad_and_value(f)(x)[1].item())

# The gradient of each sample's loss.
batch, targets = torch.rand(4, D), torch.rand(4)


def loss(w, sample, target):
    return (torch.dot(w, sample) - target) ** 2


per_sample = vmap(grad(loss), in_dims=(None, 0, 0))(bias, batch, targets)
print(per_sample.shape, per_sample.mean(dim=0))
