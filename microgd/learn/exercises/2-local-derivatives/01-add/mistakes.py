# %% b forgotten -> zero


def backward(a, b, out, g):
    return g, 0.0


# %% g forgotten -> missing_upstream


def backward(a, b, out, g):
    return 1.0, 1.0


# %% shared out in halves -> ratio


def backward(a, b, out, g):
    return g / 2, g / 2


# %% the rule of a product -> other_rule


def backward(a, b, out, g):
    return b * g, a * g


# %% times the inputs -> not_the_derivative, extra_factor, other_rule


def backward(a, b, out, g):
    return a * g, b * g


# %% one number instead of two -> wrong_shape


def backward(a, b, out, g):
    return g


# %% signs -> sign


def backward(a, b, out, g):
    return g, -g
