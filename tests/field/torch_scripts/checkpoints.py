"""A checkpoint saved in the middle of a training, from which another model goes on the same."""

import os

import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(9)
x = torch.rand(12, 2)
y = x.sum(dim=1, keepdim=True) - 0.5


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 3)
        self.drop = nn.Dropout(0.0)
        self.fc2 = nn.Linear(3, 1)

    def forward(self, x):
        return self.fc2(self.drop(torch.tanh(self.fc1(x))))


def step(model, optimizer):
    model.train()
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


model = Net()
optimizer = optim.Adam(model.parameters(), lr=0.05)
for epoch in range(5):
    loss = step(model, optimizer)

print("Model's state_dict:")
for param_tensor in model.state_dict():
    print(param_tensor, "\t", model.state_dict()[param_tensor].size())

torch.save(
    {
        "epoch": epoch,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "loss": loss,
    },
    "checkpoint.pt",
)
print(os.path.exists("checkpoint.pt"))

other = Net()
other_optimizer = optim.Adam(other.parameters(), lr=0.1)
checkpoint = torch.load("checkpoint.pt", weights_only=True)
print(other.load_state_dict(checkpoint["model_state_dict"]))
other_optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
print(checkpoint["epoch"], checkpoint["loss"], other_optimizer.param_groups[0]["lr"])
for _ in range(3):
    print(step(model, optimizer) == step(other, other_optimizer))

other.eval()
print(other.training, other.drop.training)
with torch.no_grad():
    print(other(x[:3]), torch.equal(other(x), model.eval()(x)))
