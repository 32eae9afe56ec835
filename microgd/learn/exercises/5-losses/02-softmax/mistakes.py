# %% only its own output -> diagonal_only


def backward(a, b, c, out, g):
    return [p * (1 - p) * q for p, q in zip(out, g)]


# %% the mean left out -> missing_term


def backward(a, b, c, out, g):
    return [p * q for p, q in zip(out, g)]


# %% g forgotten -> missing_upstream, not_linear, unknown, diagonal_only


def backward(a, b, c, out, g):
    return [p * (1 - p) for p in out]


# %% plus the mean -> missing_term, unknown, extra_factor


def backward(a, b, c, out, g):
    mean = sum(p * q for p, q in zip(out, g))
    return [p * (q + mean) for p, q in zip(out, g)]


# %% a plain mean -> missing_term, unknown


def backward(a, b, c, out, g):
    mean = sum(g) / 3
    return [p * (q - mean) for p, q in zip(out, g)]


# %% minus -> sign


def backward(a, b, c, out, g):
    mean = sum(p * q for p, q in zip(out, g))
    return [p * (mean - q) for p, q in zip(out, g)]


# %% two returned -> wrong_shape


def backward(a, b, c, out, g):
    return [p * q for p, q in zip(out, g)][:2]


# %% lists multiplied -> raises


def backward(a, b, c, out, g):
    return out * g
