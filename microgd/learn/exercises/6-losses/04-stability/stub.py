import math


def logsumexp(xs):
    """log(exp(xs[0]) + exp(xs[1]) + ...), right even where exp alone would overflow.

    xs  a list of floats, at least one

    returns a float
    """
    return ...
