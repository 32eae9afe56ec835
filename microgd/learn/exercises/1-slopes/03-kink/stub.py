def sides(f, x, h):
    """The slopes of f on either side of x.

    f  a function: f(x) is a float
    x  where to measure, a float
    h  the step, a small float above 0

    returns two floats: the slope between x - h and x, and the slope between x and x + h
    """
    left = ...
    right = ...
    return left, right
