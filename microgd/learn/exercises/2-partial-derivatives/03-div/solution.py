def backward(a, b, out, g):
    return g / b, -a / b**2 * g
