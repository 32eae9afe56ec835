import math


def backward(x, out, g):
    return out * g
