# %% b not squared -> extra_factor


def backward(a, b, out, g):
    return g / b, -a / b * g


# %% a times b -> inverted, extra_factor, not_the_derivative


def backward(a, b, out, g):
    return b * g, -a / b**2 * g


# %% no minus -> sign


def backward(a, b, out, g):
    return g / b, a / b**2 * g


# %% g forgotten -> missing_upstream


def backward(a, b, out, g):
    return 1 / b, -a / b**2


# %% only a -> zero


def backward(a, b, out, g):
    return g / b, 0.0


# %% the rule of b / a -> other_rule, swapped_inputs


def backward(a, b, out, g):
    return -b / a**2 * g, g / a


# %% exchanged -> swapped_inputs


def backward(a, b, out, g):
    return -a / b**2 * g, g / b
