import math

# %% the power rule -> extra_factor, not_the_derivative, unknown


def backward(x, out, g):
    return x * math.exp(x - 1) * g


# %% g forgotten -> missing_upstream


def backward(x, out, g):
    return out


# %% exp of out -> at_output


def backward(x, out, g):
    return math.exp(out) * g


# %% x times -> extra_factor, not_the_derivative


def backward(x, out, g):
    return x * out * g


# %% minus -> sign


def backward(x, out, g):
    return -out * g


# %% g passed through -> pass_through


def backward(x, out, g):
    return g


# %% just x -> at_input, not_the_derivative


def backward(x, out, g):
    return x * g


# %% at minus x -> at_negated_input


def backward(x, out, g):
    return math.exp(-x) * g
