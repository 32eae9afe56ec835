def step(x):
    """The cube root of the rounding error, in proportion to x."""
    return 1e-5 * max(1.0, abs(x))
