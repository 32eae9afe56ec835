"""Learning rate schedulers: steps, a cosine, a warm-up followed by decay, one that waits for the loss."""

import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

torch.manual_seed(9)
x = torch.rand(12, 2)
y = x.sum(dim=1, keepdim=True) - 0.5


def warm_up(optimizer):
    warm, decay = LinearLR(optimizer, start_factor=0.1, total_iters=3), ExponentialLR(optimizer, gamma=0.8)
    return SequentialLR(optimizer, schedulers=[warm, decay], milestones=[3])


def fit(make_scheduler, epochs=8):
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9, weight_decay=1e-3)
    scheduler = make_scheduler(optimizer)
    rates = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        rates.append(scheduler.get_last_lr()[0])
    print([round(rate, 6) for rate in rates], loss.item())
    return optimizer


fit(lambda optimizer: StepLR(optimizer, step_size=4, gamma=0.5))
fit(lambda optimizer: CosineAnnealingLR(optimizer, T_max=5, eta_min=0.01))
fit(lambda optimizer: optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=lambda epoch: 0.95**epoch))
optimizer = fit(warm_up)

plateau = ReduceLROnPlateau(optimizer, mode="min", factor=0.1, patience=1)
for metric in (1.0, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8):
    plateau.step(metric)
    print(metric, optimizer.param_groups[0]["lr"])
