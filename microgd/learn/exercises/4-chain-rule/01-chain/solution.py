def backward(w, x, b, out, g):
    ds = (1 - out**2) * g
    return x * ds, w * ds, ds
