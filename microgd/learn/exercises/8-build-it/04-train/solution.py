from linear import Linear
from sgd import SGD

INPUTS = [0.8, 0.4, 0.4, 0.2]
LABELS = [1.0, 0.0]
LR = 0.1


def train(model, epochs):
    optimizer = SGD(model.parameters(), LR)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        out = model(INPUTS)
        loss = sum((y - t) * (y - t) for y, t in zip(out, LABELS)) * (1 / len(LABELS))
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses
