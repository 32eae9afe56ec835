def sides(f, x, h):
    """Rise over run, on each side."""
    left = (f(x) - f(x - h)) / h
    right = (f(x + h) - f(x)) / h
    return left, right
