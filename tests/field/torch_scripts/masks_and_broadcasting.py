"""Broadcasting and masks: distances of all pairs, nearest neighbours, k-means steps, causal attention."""

import math

import torch

torch.manual_seed(8)
points = torch.rand(8, 2)
centers = points[:3].clone()

# (8, 1, 2) - (1, 3, 2) is (8, 3, 2).
for _ in range(4):
    distances = ((points[:, None, :] - centers[None, :, :]) ** 2).sum(dim=-1)
    nearest = distances.argmin(dim=1)
    for k in range(len(centers)):
        members = points[nearest == k]
        if len(members) > 0:
            centers[k] = members.mean(dim=0)
print(distances.shape, nearest.tolist())
print(centers)

row, column = torch.arange(4), torch.arange(3).unsqueeze(1)
print(row + 10 * column)
print((row + column).shape, torch.equal(row + column, column + row))
mask = (row % 2 == 0) & (row > 0)
print(mask, row[mask], row[~mask].sum().item(), mask.any().item(), mask.all().item())
print(torch.where(points[:4, 0] > 0.5, points[:4, 0], torch.zeros(4)))
print(points.clamp(min=0.25, max=0.75).max(dim=0).values)

try:
    torch.ones(3, 2) + torch.ones(3)
except RuntimeError as error:
    print(error)

# Attention in which no position sees a later one.
T, C = 4, 3
q, k, v = torch.rand(T, C), torch.rand(T, C), torch.rand(T, C)
q.requires_grad_()
scores = q @ k.transpose(-2, -1) / math.sqrt(C)
tril = torch.tril(torch.ones(T, T))
scores = scores.masked_fill(tril == 0, float("-inf"))
weights = torch.softmax(scores, dim=-1)
out = weights @ v
print(weights)
print(out[0], torch.allclose(out[0], v[0]))
out.norm().backward()
print(q.grad[0].abs().sum().item(), q.grad[1:])
print(torch.isnan(weights).any())
