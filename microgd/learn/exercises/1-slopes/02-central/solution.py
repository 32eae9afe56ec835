def central(f, x, h):
    """Rise over run, across both sides."""
    return (f(x + h) - f(x - h)) / (2 * h)
