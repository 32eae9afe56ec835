XS = [0.5, -1.0, 2.0, 1.5]
YS = [1.0, 0.3, 2.2, -0.4]


def backward(w1, w2, out, g):
    """The gradients of the loss with respect to w1 and w2.

    w1, w2  slope and height of the line, two floats
    out     the mean of (w1*x + w2 - y)**2 over the points (XS, YS), already computed
    g       the upstream gradient (1, if out is the loss itself)

    returns two floats
    """
    return ...
