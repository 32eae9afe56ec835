import math

# %% the second factor missing -> extra_factor, not_the_derivative


def backward(x, out, g):
    return out * g


# %% the first factor missing -> extra_factor, not_the_derivative


def backward(x, out, g):
    return (1 - out) * g


# %% plus -> extra_factor, missing_term


def backward(x, out, g):
    return out * (1 + out) * g


# %% sigmoid of out -> at_output


def backward(x, out, g):
    s = 1 / (1 + math.exp(-out))
    return s * (1 - s) * g


# %% x for out -> at_input


def backward(x, out, g):
    return x * (1 - x) * g


# %% g forgotten -> missing_upstream


def backward(x, out, g):
    return out * (1 - out)


# %% the rule of tanh -> other_rule, not_the_derivative


def backward(x, out, g):
    return (1 - out**2) * g


# %% minus -> sign


def backward(x, out, g):
    return out * (out - 1) * g
