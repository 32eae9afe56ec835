def largest_rate(c):
    """The border: with a smaller learning rate descent goes to 0, with a larger one it explodes.

    c  the curvature of the valley c * w*w / 2, a float above 0

    returns a float
    """
    return ...
