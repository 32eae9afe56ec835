"""Modules with a changing number of parameters and layers, and forward passes with loops and branches."""

import torch
from torch import nn


class Polynomial(nn.Module):
    """a x + b x^2 + ..., one parameter each, with a last term of changing order."""

    def __init__(self, order):
        super().__init__()
        self.order = order
        for i in range(order):
            self.register_parameter(f"c{i + 1}", nn.Parameter(torch.full((1,), 0.1 * i)))
        self.scale = nn.Parameter(torch.tensor(0.5))

    def forward(self, x, extra=0):
        y = torch.zeros_like(x)
        for i in range(1, self.order + 1):
            y = y + getattr(self, f"c{i}") * x**i
        for exponent in range(4, 4 + extra):
            y = y + self.scale * x**exponent
        return y

    def string(self):
        return " + ".join(f"{getattr(self, f'c{i}').item():.4f} x^{i}" for i in range(1, self.order + 1))


class Blocks(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.flatten = nn.Flatten()
        self.blocks = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.head = nn.Linear(width, 1)
        self.drop = nn.Dropout(p=0.5)

    def forward(self, x):
        x = self.flatten(x)
        for i, block in enumerate(self.blocks):
            x = block(x).relu() + (x if i % 2 else 0)
        return self.head(self.drop(x))


torch.manual_seed(6)
x = torch.linspace(-1, 1, 20)
y = torch.sin(x)
model = Polynomial(3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for t in range(40):
    loss = nn.functional.mse_loss(model(x, extra=t % 3), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item(), model.string())
print(list(model.state_dict()))

net = Blocks(4, 3).eval()
images = torch.rand(5, 2, 2)
print(net(images).shape, net(images).view(-1))
for name, child in net.named_children():
    print(name, type(child).__name__)
with torch.no_grad():
    for block in net.blocks:
        nn.init.xavier_uniform_(block.weight)
        block.bias.zero_()
print(net.train().training, net.eval()(images).sum().item())
