# %% g forgotten -> missing_upstream


def backward(x, out, g):
    return float(x > 0)


# %% the wrong way round -> at_negated_input, wrong_branch


def backward(x, out, g):
    return g if x < 0 else 0.0


# %% always open -> pass_through, wrong_branch


def backward(x, out, g):
    return g


# %% the gate looks at g -> gate_on_upstream


def backward(x, out, g):
    return g if g > 0 else 0.0


# %% never open -> zero


def backward(x, out, g):
    return 0.0


# %% x instead of 1 -> extra_factor, not_the_derivative


def backward(x, out, g):
    return x * g if x > 0 else 0.0


# %% minus on the left -> wrong_branch


def backward(x, out, g):
    return g if x > 0 else -g


# %% out instead of g -> unknown, not_linear, missing_upstream, not_the_derivative


def backward(x, out, g):
    return out
