"""A softmax classifier with three classes: cross entropy, accuracy by argmax, a confusion table."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(11)
centers = torch.tensor([[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]])
labels = torch.arange(30) % 3
points = centers[labels] + (torch.rand(30, 2) - 0.5) * 2.5
print(points.shape, labels[:6])


class Classifier(nn.Module):
    def __init__(self, in_features, num_classes):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(in_features, 6),
            nn.ReLU(),
            nn.Linear(6, num_classes),
        )

    def forward(self, x):
        return self.net(x)


model = Classifier(2, 3)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

for epoch in range(15):
    order = torch.randperm(len(points))
    for batch in (order[:15], order[15:]):
        loss = loss_fn(model(points[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        logits = model(points)
        correct = (logits.argmax(1) == labels).type(torch.float).sum().item()
        print(f"epoch {epoch}: loss {loss.item():>7f}, accuracy {100 * correct / len(points):>0.1f}%")

model.eval()
with torch.no_grad():
    logits = model(points)
    probs = F.softmax(logits, dim=1)
    confidence, predicted = torch.max(probs, dim=1)
    print("sums to one:", torch.allclose(probs.sum(dim=1), torch.ones(30)))
    print("mean confidence", confidence.mean().item())
    confusion = torch.zeros(3, 3)
    for t, q in zip(labels, predicted):
        confusion[t.item(), q.item()] += 1
    print(confusion)
    print(F.nll_loss(F.log_softmax(logits, dim=-1), labels).item())
