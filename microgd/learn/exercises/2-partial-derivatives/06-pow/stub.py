import math


def backward(a, b, out, g):
    """The gradients of the loss with respect to a and b.

    a, b  the inputs, two floats
    out   a ** b, with a > 0, already computed
    g     the upstream gradient, d loss / d out

    returns two floats
    """
    return ...
