"""XOR with a small network: TensorDataset, DataLoader with shuffling, functions to train and evaluate."""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)

inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
targets = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
dataset = TensorDataset(inputs, targets)
print(len(dataset), dataset[1])
loader = DataLoader(dataset, batch_size=2, shuffle=True)


class XOR(nn.Module):
    def __init__(self, hidden=4):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.fc2 = nn.Linear(hidden, 1)

    def forward(self, x):
        x = torch.tanh(self.fc1(x))
        return torch.sigmoid(self.fc2(x))


model = XOR()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
print(model)
print("parameters:", sum(p.numel() for p in model.parameters() if p.requires_grad))


def train(epoch):
    model.train()
    running_loss = 0.0
    for x, t in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), t)
        loss.backward()
        optimizer.step()
        running_loss += loss.item() * x.size(0)
    if epoch % 20 == 0:
        print(f"epoch {epoch}: {running_loss / len(loader.dataset):.6f}")


@torch.no_grad()
def evaluate():
    model.eval()
    predicted = (model(inputs) > 0.5).float()
    return (predicted == targets).sum().item() / targets.numel()


for epoch in range(1, 61):
    train(epoch)
print("accuracy", evaluate())
print(model(inputs).detach().view(-1))
