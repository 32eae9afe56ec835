# %% the smaller one gets it -> swapped_inputs, other_rule


def backward(a, b, out, g):
    return (g, 0.0) if a < b else (0.0, g)


# %% both get it -> wrong_branch, pass_through, other_rule


def backward(a, b, out, g):
    return g, g


# %% only a can win -> zero


def backward(a, b, out, g):
    return (g, 0.0) if a > b else (0.0, 0.0)


# %% g forgotten -> missing_upstream


def backward(a, b, out, g):
    return (1.0, 0.0) if a > b else (0.0, 1.0)


# %% always a -> wrong_branch, zero, one_input, pass_through


def backward(a, b, out, g):
    return g, 0.0


# %% minus for the loser -> wrong_branch, other_rule


def backward(a, b, out, g):
    return (g, -g) if a > b else (-g, g)


# %% half each -> not_the_derivative, wrong_branch, ratio


def backward(a, b, out, g):
    return g / 2, g / 2
