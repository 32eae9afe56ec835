# %% too plain -> not_exposed


def expression(x, y):
    return x * y


# %% larger than needed -> not_smallest


def expression(x, y):
    return x * y + x


# %% larger still -> not_smallest


def expression(x, y):
    s = x + y
    return s * s + x


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
