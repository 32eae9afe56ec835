def step(x):
    """How long a step should be to measure a slope at x.

    x  where the slope is measured, a float from -1000000 to 1000000

    returns h, a float above 0
    """
    return ...
