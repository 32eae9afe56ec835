import math


def softmax(a, b, c):
    powers = [math.exp(x) for x in (a, b, c)]
    return [p / sum(powers) for p in powers]


def backward(a, b, c, out, g):
    """The gradients of the loss with respect to a, b and c.

    a, b, c  the scores, three floats
    out      log(exp(a) + exp(b) + exp(c)) - b, already computed
    g        the upstream gradient (1, if out is the loss itself)

    returns three floats
    """
    p = softmax(a, b, c)
    return ...
