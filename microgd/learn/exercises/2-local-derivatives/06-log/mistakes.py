import math

# %% times x -> inverted, not_the_derivative, extra_factor


def backward(x, out, g):
    return x * g


# %% divided by out -> at_output, not_the_derivative, extra_factor, unknown


def backward(x, out, g):
    return g / out


# %% g forgotten -> missing_upstream


def backward(x, out, g):
    return 1 / x


# %% minus -> sign


def backward(x, out, g):
    return -g / x


# %% base 10 -> ratio, other_rule


def backward(x, out, g):
    return g / (x * math.log(10))


# %% out itself -> not_the_derivative, extra_factor


def backward(x, out, g):
    return out * g


# %% squared -> extra_factor


def backward(x, out, g):
    return g / x**2
