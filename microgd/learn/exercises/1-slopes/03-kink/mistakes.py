# %% exchanged -> exchanged


def sides(f, x, h):
    return (f(x + h) - f(x)) / h, (f(x) - f(x - h)) / h


# %% the left one upside down -> left_sign


def sides(f, x, h):
    return (f(x - h) - f(x)) / h, (f(x + h) - f(x)) / h


# %% the same twice -> both_right


def sides(f, x, h):
    right = (f(x + h) - f(x)) / h
    return right, right


# %% across the kink -> both_sides


def sides(f, x, h):
    slope = (f(x + h) - f(x - h)) / (2 * h)
    return slope, slope


# %% only one returned -> wrong_shape


def sides(f, x, h):
    return (f(x + h) - f(x)) / h


# %% neither divided -> unknown


def sides(f, x, h):
    return f(x) - f(x - h), f(x + h) - f(x)
