"""Logistic regression by hand: a bias row over a batch, a loss of two logs, evaluation without gradients."""

import torch
import torch.nn.functional as F

torch.manual_seed(7)
N, D = 40, 3
X = torch.rand(N, D) * 2 - 1
true_w = torch.tensor([[1.5], [-2.0], [0.5]])
y = (X @ true_w + 0.25 > 0).float()
print("positive:", int(y.sum().item()), "of", len(y))

X = (X - X.mean(dim=0, keepdim=True)) / X.std(dim=0, keepdim=True)
X_train, y_train = X[:30], y[:30]
X_val, y_val = X[30:], y[30:]

w = torch.zeros(D, 1, requires_grad=True)
b = torch.zeros(1, 1, requires_grad=True)


def model(x):
    return torch.sigmoid(x @ w + b)


def bce(p, target):
    return -(target * torch.log(p) + (1 - target) * torch.log(1 - p)).mean()


for step in range(30):
    p = model(X_train)
    loss = bce(p, y_train) + 1e-3 * (w**2).sum()
    loss.backward()
    with torch.no_grad():
        w -= 0.5 * w.grad
        b -= 0.5 * b.grad
    w.grad.zero_()
    b.grad.zero_()
    if step % 10 == 9:
        with torch.no_grad():
            accuracy = ((model(X_val) > 0.5).float() == y_val).float().mean()
        print(f"step {step}: loss {loss.item():.6f}, accuracy {accuracy.item():.2f}")

print(w.flatten(), b.squeeze().item())
print(F.binary_cross_entropy(model(X_val), y_val).item())
