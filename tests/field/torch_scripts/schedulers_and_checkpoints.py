"""Learning rate schedulers, and a checkpoint saved in the middle from which training goes on the same."""

import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau, StepLR

torch.manual_seed(9)
x = torch.rand(12, 2)
y = x.sum(dim=1, keepdim=True) - 0.5


def make():
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Dropout(0.0), nn.Linear(3, 1))


def step(model, optimizer):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


model = make()
optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
scheduler = StepLR(optimizer, step_size=4, gamma=0.5)
for epoch in range(8):
    loss = step(model, optimizer)
    scheduler.step()
    print(epoch, loss, scheduler.get_last_lr())

torch.save(
    {
        "epoch": 8,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "loss": loss,
    },
    "checkpoint.pt",
)

other = make()
other_optimizer = optim.SGD(other.parameters(), lr=0.1, momentum=0.9)
checkpoint = torch.load("checkpoint.pt", weights_only=True)
print(other.load_state_dict(checkpoint["model_state_dict"]))
other_optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
print(checkpoint["epoch"], other_optimizer.param_groups[0]["lr"])
print(step(model, optimizer) == step(other, other_optimizer))

print("Model's state_dict:")
for name in other.state_dict():
    print(name, "\t", other.state_dict()[name].size())

cosine = CosineAnnealingLR(optimizer, T_max=5)
plateau = ReduceLROnPlateau(other_optimizer, factor=0.1, patience=1)
for epoch in range(5):
    step(model, optimizer)
    cosine.step()
    step(other, other_optimizer)
    plateau.step(1.0)
    print(optimizer.param_groups[0]["lr"], other_optimizer.param_groups[0]["lr"])
model.eval()
print(model.training, model(x[:2]).tolist())
