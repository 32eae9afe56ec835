from linear import Linear
from sgd import SGD

INPUTS = [0.8, 0.4, 0.4, 0.2]
LABELS = [1.0, 0.0]
LR = 0.1


# %% a sum and no mean -> sum_not_mean


def train(model, epochs):
    optimizer = SGD(model.parameters(), LR)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        out = model(INPUTS)
        loss = sum((y - t) * (y - t) for y, t in zip(out, LABELS))
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses


# %% gradients not zeroed -> sgd-no-zero


def train(model, epochs):
    optimizer = SGD(model.parameters(), LR)
    losses = []
    for _ in range(epochs):
        out = model(INPUTS)
        loss = sum((y - t) * (y - t) for y, t in zip(out, LABELS)) * (1 / len(LABELS))
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses


# %% the loss after the step -> after_step


def train(model, epochs):
    optimizer = SGD(model.parameters(), LR)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        out = model(INPUTS)
        loss = sum((y - t) * (y - t) for y, t in zip(out, LABELS)) * (1 / len(LABELS))
        loss.backward()
        optimizer.step()
        out = model(INPUTS)
        loss = sum((y - t) * (y - t) for y, t in zip(out, LABELS)) * (1 / len(LABELS))
        losses.append(loss.data)
    return losses


# %% no step -> no_step


def train(model, epochs):
    optimizer = SGD(model.parameters(), LR)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        out = model(INPUTS)
        loss = sum((y - t) * (y - t) for y, t in zip(out, LABELS)) * (1 / len(LABELS))
        loss.backward()
        losses.append(loss.data)
    return losses


# %% no backward -> no_step


def train(model, epochs):
    optimizer = SGD(model.parameters(), LR)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        out = model(INPUTS)
        loss = sum((y - t) * (y - t) for y, t in zip(out, LABELS)) * (1 / len(LABELS))
        optimizer.step()
        losses.append(loss.data)
    return losses


# %% Values returned -> not_a_number


def train(model, epochs):
    optimizer = SGD(model.parameters(), LR)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        out = model(INPUTS)
        loss = sum((y - t) * (y - t) for y, t in zip(out, LABELS)) * (1 / len(LABELS))
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return losses


# %% only the last loss -> wrong_shape


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
    return losses[-1]


# %% nothing returned -> wrong_shape


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


# %% zeroed before the step -> no_step


def train(model, epochs):
    optimizer = SGD(model.parameters(), LR)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        out = model(INPUTS)
        loss = sum((y - t) * (y - t) for y, t in zip(out, LABELS)) * (1 / len(LABELS))
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(loss.data)
    return losses


# %% errors not squared -> unknown, raises


def train(model, epochs):
    optimizer = SGD(model.parameters(), LR)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        out = model(INPUTS)
        loss = sum((y - t) for y, t in zip(out, LABELS)) * (1 / len(LABELS))
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses


# %% one epoch too few -> wrong_shape


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
    return losses[1:]
