"""Draws normals. Linear regression on noisy data: mini-batches by a generator function, held-out samples."""

import random

import torch
from torch import nn


def synthetic_data(w, b, num_examples):
    """y = Xw + b + noise."""
    X = torch.normal(0, 1, (num_examples, len(w)))
    y = torch.matmul(X, w) + b
    y += torch.normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


def data_iter(batch_size, features, labels):
    num_examples = len(features)
    indices = list(range(num_examples))
    random.shuffle(indices)
    for i in range(0, num_examples, batch_size):
        batch_indices = torch.tensor(indices[i : min(i + batch_size, num_examples)])
        yield features[batch_indices], labels[batch_indices]


torch.manual_seed(42)
random.seed(42)
true_w = torch.tensor([2.0, -3.4])
true_b = 4.2
features, labels = synthetic_data(true_w, true_b, 60)
train_x, train_y, test_x, test_y = features[:50], labels[:50], features[50:], labels[50:]

net = nn.Sequential(nn.Linear(2, 1))
net[0].weight.data.fill_(0.0)
net[0].bias.data.fill_(0)
loss = nn.MSELoss()
trainer = torch.optim.SGD(net.parameters(), lr=0.1)

for epoch in range(4):
    for X, y in data_iter(10, train_x, train_y):
        trainer.zero_grad()
        l = loss(net(X), y)
        l.backward()
        trainer.step()
    with torch.no_grad():
        print(f"epoch {epoch + 1}, loss {loss(net(test_x), test_y).item():f}")

w = net[0].weight.data
print("error in w:", (true_w - w.reshape(true_w.shape)).abs().max().item() < 0.5)
print("error in b:", (true_b - net[0].bias.data).abs().item() < 0.5)
