def slope(f, x, h):
    """The slope of f at x, measured with a step to the right.

    f  a function: f(x) is a float
    x  where to measure, a float
    h  the step, a small float

    returns a float
    """
    return ...
