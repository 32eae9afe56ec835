"""functional_call: gradients of each sample, and a few steps of descent on a dict of tensors."""

import torch
from torch import nn
from torch.func import functional_call, grad, grad_and_value, vmap

torch.manual_seed(1)
model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)).double()
nn.init.orthogonal_(model[0].weight)
inputs, targets = torch.rand(5, 2), torch.rand(5)
start = {
    "0.weight": torch.eye(2, dtype=torch.float64),
    "0.bias": torch.zeros(2, dtype=torch.float64),
    "2.weight": torch.tensor([[0.5, -0.5]], dtype=torch.float64),
}


def loss(tensors, x, y):
    return (functional_call(model, tensors, (x,)).squeeze() - y) ** 2


each = vmap(grad(loss), in_dims=(None, 0, 0))(start, inputs.double(), targets.double())
print(each["2.weight"].squeeze(1).norm(dim=1), each["0.bias"].mean(0))


def total(tensors):
    return vmap(loss, in_dims=(None, 0, 0))(tensors, inputs.double(), targets.double()).mean()


for _ in range(5):
    gradient, value = grad_and_value(total)(start)
    start = {name: start[name] - 0.3 * gradient[name] for name in start}
    print(value.item())
weight = model[0].weight.detach()
print((weight @ weight.T - torch.eye(2)).abs().max().item() < 1e-6)
