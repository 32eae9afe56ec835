# %% the rise alone -> no_division


def slope(f, x, h):
    return f(x + h) - f(x)


# %% old less new -> sign


def slope(f, x, h):
    return (f(x) - f(x + h)) / h


# %% divided by x -> divided_by_x


def slope(f, x, h):
    return (f(x + h) - f(x)) / x


# %% no brackets -> precedence


def slope(f, x, h):
    return f(x + h) - f(x) / h


# %% multiplied -> multiplied


def slope(f, x, h):
    return (f(x + h) - f(x)) * h


# %% to the left -> left_step


def slope(f, x, h):
    return (f(x) - f(x - h)) / h


# %% twice the step -> ratio


def slope(f, x, h):
    return (f(x + h) - f(x)) / (2 * h)


# %% printed and not returned -> not_a_number


def slope(f, x, h):
    print((f(x + h) - f(x)) / h)


# %% f taken for a number -> raises


def slope(f, x, h):
    return f * (x + h) - f * x
