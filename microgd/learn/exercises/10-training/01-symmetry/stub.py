import random

from microgd import nn, optim


def different(neurons):
    """How many different neurons there are.

    neurons  a list of lists of floats: the weights and the bias of each

    returns an int
    """
    return ...


def start(count, inputs):
    """Neurons to begin with.

    count   how many
    inputs  how many weights each has

    returns a list of lists of floats: for each neuron, `inputs` random weights, and 0.0
    """
    return ...


# The rest is ready.


def watch(neurons, rounds=150):
    """Train a network on xor, with a first layer of these neurons; all its other numbers begin equal.

    returns two things: its neurons at the end, and its loss
    """
    first, second = nn.Linear(2, len(neurons)), nn.Linear(len(neurons), 1)
    model = nn.Sequential(first, nn.Tanh(), second)
    for row, bias, neuron in zip(first.weight, first.bias, neurons):
        for p, x in zip((*row, bias), neuron):
            p.data = x
    for p in second.parameters():
        p.data.fill_(0.5)
    inputs, labels = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]
    optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    for _ in range(rounds):
        optimizer.zero_grad()
        loss = nn.MSELoss()(model(inputs), labels)
        loss.backward()
        optimizer.step()
    return [[p.data for p in (*row, bias)] for row, bias in zip(first.weight, first.bias)], loss.data


if __name__ == "__main__":
    for neurons in ([[0.5, -0.5, 0.0]] * 4, start(4, 2)):
        after, loss = watch(neurons)
        print(f"different neurons: {different(neurons)}, after training {different(after)}; loss {loss:.4f}")
