def slope(f, x, h):
    """Rise over run."""
    return (f(x + h) - f(x)) / h
