from step import step


def gradient(f, xs):
    """The gradient of f at xs, measured.

    f   a function: f(a list of floats) is a float
    xs  where to measure, a list of floats

    returns a list of floats, one for each input
    """
    return ...
