from microgd import Value

TRAIN = [(-0.55, -0.58), (-0.03, -0.33), (-0.93, -0.89), (0.78, 1.37), (-0.07, 0.65), (0.36, -0.12)]
TEST = [(0.42, 0.61), (-0.72, -0.3), (0.95, 0.5), (-0.2, -0.35), (0.12, 0.25), (-0.4, -0.65)]


def loss_of(weights, examples):
    """The mean squared error of a polynomial with these weights: a Value."""
    errors = [sum(w * x**k for k, w in enumerate(weights)) - y for x, y in examples]
    return sum(error * error for error in errors) / len(examples)


def curves(weights, train, test, lr, rounds):
    """Learn from one set of examples, and look at another.

    weights      a list of Values
    train, test  two lists of examples, pairs of floats
    lr           the learning rate
    rounds       how many steps

    returns two lists of floats: the losses on train, and those on test
    """
    return ...


def best(losses):
    """The number of the round with the smallest loss.

    losses  a list of floats, at least one

    returns an int, counted from 0
    """
    return ...


if __name__ == "__main__":
    first, second = curves([Value(0.0) for _ in range(8)], TRAIN, TEST, 0.1, 300)
    for k in range(0, 300, 20):
        print(f"{k:4}  train {first[k]:.4f}  test {second[k]:.4f}")
    print("best:", best(second))
