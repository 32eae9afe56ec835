import math


def backward(x, out, g):
    return out * (1 - out) * g
