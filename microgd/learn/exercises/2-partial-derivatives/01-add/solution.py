def backward(a, b, out, g):
    return g, g
