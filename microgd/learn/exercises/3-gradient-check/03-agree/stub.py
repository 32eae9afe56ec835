def agree(a, b, tolerance):
    """Whether two numbers agree.

    a, b       two floats
    tolerance  the largest relative error that is accepted, a float above 0

    returns True or False
    """
    return ...
