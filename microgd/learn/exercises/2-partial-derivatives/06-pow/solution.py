import math


def backward(a, b, out, g):
    return b * a ** (b - 1) * g, out * math.log(a) * g
