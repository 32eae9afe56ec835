from microgd import Value


def loss_of(weights, examples):
    """The mean squared error of a polynomial with these weights: a Value."""
    errors = [sum(w * x**k for k, w in enumerate(weights)) - y for x, y in examples]
    return sum(error * error for error in errors) / len(examples)


def curves(weights, train, test, lr, rounds):
    first, second = [], []
    for _ in range(rounds):
        loss = loss_of(weights, train)
        for w in weights:
            w.grad = None
        loss.backward()
        first.append(loss.data)
        second.append(loss_of(weights, test).data)
        for w in weights:
            w.data -= lr * w.grad
    return first, second


def best(losses):
    return losses.index(min(losses))
