import math


def backward(x, out, g):
    return g / x
