import math

from value import Value


def tanh(x):
    out = math.tanh(x.data)
    return Value(out, (x,), (1.0 - out * out,))


def relu(x):
    return Value(max(x.data, 0.0), (x,), (1.0 if x.data > 0 else 0.0,))
