def slope(f, x, h):
    """The rise, divided by the step."""
    return (f(x + h) - f(x)) / h
