# %% the best one -> fastest


def largest_rate(c):
    return 1 / c


# %% inverted -> inverted


def largest_rate(c):
    return 2 * c


# %% constant -> constant


def largest_rate(c):
    return 2.0


# %% half as good -> half


def largest_rate(c):
    return 1 / (2 * c)


# %% upside down -> inverted_half


def largest_rate(c):
    return c / 2


# %% the sign -> sign


def largest_rate(c):
    return -2 / c


# %% three -> ratio


def largest_rate(c):
    return 3 / c


# %% a rule of thumb -> unknown


def largest_rate(c):
    return 0.1
