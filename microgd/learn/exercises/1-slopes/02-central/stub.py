def central(f, x, h):
    """The slope of f at x, measured from x - h to x + h.

    f  a function: f(x) is a float
    x  where to measure, a float
    h  the step to either side, a small float

    returns a float
    """
    return ...
