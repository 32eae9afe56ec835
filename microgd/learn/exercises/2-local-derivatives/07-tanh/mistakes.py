import math

# %% out not squared -> extra_factor, not_the_derivative


def backward(x, out, g):
    return (1 - out) * g


# %% tanh twice -> at_output


def backward(x, out, g):
    return (1 - math.tanh(out) ** 2) * g


# %% x for out -> at_input


def backward(x, out, g):
    return (1 - x**2) * g


# %% g forgotten -> missing_upstream


def backward(x, out, g):
    return 1 - out**2


# %% the rule of sigmoid -> other_rule, extra_factor, not_the_derivative, missing_term


def backward(x, out, g):
    return out * (1 - out) * g


# %% plus -> extra_factor, not_the_derivative


def backward(x, out, g):
    return (1 + out**2) * g


# %% signs exchanged -> sign


def backward(x, out, g):
    return (out**2 - 1) * g


# %% half -> ratio


def backward(x, out, g):
    return (1 - out**2) / 2 * g
