AT_THE_KINK = ...  # where the right rule of relu fails; not 0
FAR_OUT = ...  # where the right rule of x*x fails
BY_CHANCE = ...  # where the wrong rule x*x of x*x*x passes


# The check that is to be fooled.


def passes(f, rule, x, h=1e-5, tolerance=1e-6):
    measured = (f(x + h) - f(x - h)) / (2 * h)
    said = rule(x)
    difference = abs(said - measured)
    return difference <= 1e-9 or difference <= tolerance * max(abs(said), abs(measured))


def relu(x):
    return x if x > 0 else 0.0


def relu_rule(x):
    return 1.0 if x > 0 else 0.0


def square(x):
    return x * x


def square_rule(x):
    return 2 * x


def cube(x):
    return x * x * x


def wrong_cube_rule(x):
    return x * x
