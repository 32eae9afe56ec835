def backward(x, out, g):
    return g if x > 0 else 0.0
