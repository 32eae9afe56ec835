import math

from value import Value


def tanh(x):
    """The tanh of x.

    x  a Value

    returns a Value, which knows its operand and its partial
    """
    return ...


def relu(x):
    """The larger one of x and 0.

    x  a Value

    returns a Value, which knows its operand and its partial
    """
    return ...
