# %% g forgotten -> missing_upstream


def backward(a, b, out, g):
    return b, a


# %% only a -> zero


def backward(a, b, out, g):
    return b * g, 0.0


# %% exchanged -> swapped_inputs, other_rule, not_the_derivative


def backward(a, b, out, g):
    return a * g, b * g


# %% g passed through -> pass_through, other_rule


def backward(a, b, out, g):
    return g, g


# %% g twice -> upstream_twice


def backward(a, b, out, g):
    return b * g * g, a * g * g


# %% out for both -> extra_factor, not_the_derivative


def backward(a, b, out, g):
    return out * g, out * g


# %% nothing returned -> not_a_number, wrong_shape


def backward(a, b, out, g):
    b * g, a * g
