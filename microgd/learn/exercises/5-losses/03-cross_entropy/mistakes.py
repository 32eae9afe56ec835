import math


def softmax(a, b, c):
    powers = [math.exp(x) for x in (a, b, c)]
    return [p / sum(powers) for p in powers]


# %% truth minus probability -> sign


def backward(a, b, c, out, g):
    p = softmax(a, b, c)
    return -p[0] * g, (1 - p[1]) * g, -p[2] * g


# %% no truth at all -> other_rule, unknown, missing_term, extra_factor, offset


def backward(a, b, c, out, g):
    p = softmax(a, b, c)
    return p[0] * g, p[1] * g, p[2] * g


# %% g forgotten -> missing_upstream


def backward(a, b, c, out, g):
    p = softmax(a, b, c)
    return p[0], p[1] - 1, p[2]


# %% only the right choice -> zero


def backward(a, b, c, out, g):
    p = softmax(a, b, c)
    return 0.0, (p[1] - 1) * g, 0.0


# %% the wrong choice -> other_rule, unknown, missing_term, swapped_inputs, extra_factor


def backward(a, b, c, out, g):
    p = softmax(a, b, c)
    return (p[0] - 1) * g, p[1] * g, p[2] * g


# %% the slope of softmax -> extra_factor, unknown, missing_term, not_the_derivative


def backward(a, b, c, out, g):
    p = softmax(a, b, c)
    return -p[0] * p[1] * g, p[1] * (1 - p[1]) * g, -p[2] * p[1] * g


# %% not divided by the sum -> extra_factor, unknown, missing_term, not_the_derivative


def backward(a, b, c, out, g):
    p = softmax(a, b, c)
    return math.exp(a) * g, (math.exp(b) - 1) * g, math.exp(c) * g
