# %% a long one -> too_long


def step(x):
    return 0.01 * max(1.0, abs(x))


# %% a fixed one -> too_short


def step(x):
    return 1e-5


# %% as small as can be -> lost


def step(x):
    return 1e-16


# %% the best for one side -> too_short


def step(x):
    return 1e-8 * max(1.0, abs(x))


# %% no step at 0 -> not_positive


def step(x):
    return 1e-5 * abs(x)


# %% the sign of x -> not_positive


def step(x):
    return 1e-5 * (x + 1)


# %% a large fixed one -> too_long


def step(x):
    return 1.0
