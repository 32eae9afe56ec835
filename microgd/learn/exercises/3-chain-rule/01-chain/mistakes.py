# %% the slope of tanh forgotten -> extra_factor, other_rule, missing_term, not_the_derivative


def backward(w, x, b, out, g):
    return x * g, w * g, g


# %% w and x exchanged -> swapped_inputs, other_rule, extra_factor, not_the_derivative, unknown


def backward(w, x, b, out, g):
    ds = (1 - out**2) * g
    return w * ds, x * ds, ds


# %% g forgotten -> missing_upstream


def backward(w, x, b, out, g):
    ds = 1 - out**2
    return x * ds, w * ds, ds


# %% all get the same -> one_input, extra_factor, not_the_derivative, unknown


def backward(w, x, b, out, g):
    ds = (1 - out**2) * g
    return ds, ds, ds


# %% no bias -> zero


def backward(w, x, b, out, g):
    ds = (1 - out**2) * g
    return x * ds, w * ds, 0.0


# %% only two returned -> wrong_shape


def backward(w, x, b, out, g):
    ds = (1 - out**2) * g
    return x * ds, w * ds


# %% the slope at s, as if s were out -> unknown, at_input, extra_factor, not_the_derivative


def backward(w, x, b, out, g):
    ds = (1 - (w * x + b) ** 2) * g
    return x * ds, w * ds, ds
