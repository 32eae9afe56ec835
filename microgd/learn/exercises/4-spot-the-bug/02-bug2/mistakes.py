# %% the first bug's -> not_exposed


def expression(x, y):
    return x + x


# %% x squared -> not_exposed


def expression(x, y):
    return x * x


# %% a chain -> not_exposed


def expression(x, y):
    return (x + y) * y


# %% larger than needed -> not_smallest


def expression(x, y):
    s = x + y
    t = s * y
    return t * s


# %% a number in it -> raises


def expression(x, y):
    return x * 2 + y


# %% nothing returned -> not_a_number


def expression(x, y):
    x + y


# %% no operation at all -> too_small


def expression(x, y):
    return x


# %% an operation that is not there -> raises


def expression(x, y):
    return x / y
