import math

# %% exponent not lowered -> extra_factor


def backward(a, b, out, g):
    return b * a**b * g, out * math.log(a) * g


# %% log of the exponent -> extra_factor, raises, not_a_number


def backward(a, b, out, g):
    return b * a ** (b - 1) * g, out * math.log(abs(b)) * g


# %% log of a negative exponent -> raises, extra_factor


def backward(a, b, out, g):
    return b * a ** (b - 1) * g, out * math.log(b) * g


# %% exponent gets nothing -> zero


def backward(a, b, out, g):
    return b * a ** (b - 1) * g, 0.0


# %% exponent does not come down -> extra_factor


def backward(a, b, out, g):
    return a ** (b - 1) * g, out * math.log(a) * g


# %% g forgotten -> missing_upstream


def backward(a, b, out, g):
    return b * a ** (b - 1), out * math.log(a)


# %% no logarithm -> extra_factor, not_the_derivative


def backward(a, b, out, g):
    return b * a ** (b - 1) * g, out * g
