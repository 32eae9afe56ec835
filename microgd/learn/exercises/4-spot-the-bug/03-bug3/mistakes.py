# %% the second bug's -> not_exposed


def expression(x, y):
    s = x + y
    return s + s


# %% the long way first -> not_exposed


def expression(x, y):
    s = x + y
    t = s + x
    return t + s


# %% a diamond with equal sides -> not_smallest


def expression(x, y):
    s = x + y
    return (s + x) * (s + y)


# %% larger than needed -> not_smallest


def expression(x, y):
    s = x + y
    t = s * x
    u = t * y
    return s + u


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
