XS = [0.5, -1.0, 2.0, 1.5]
YS = [1.0, 0.3, 2.2, -0.4]


# %% no mean -> ratio


def backward(w1, w2, out, g):
    n = len(XS)
    es = [w1 * x + w2 - y for x, y in zip(XS, YS)]
    return sum(2 * e * x for e, x in zip(es, XS)) * g, sum(2 * e for e in es) * g


# %% no 2 -> ratio


def backward(w1, w2, out, g):
    n = len(XS)
    es = [w1 * x + w2 - y for x, y in zip(XS, YS)]
    return sum(e * x for e, x in zip(es, XS)) / n * g, sum(es) / n * g


# %% y less the line -> sign


def backward(w1, w2, out, g):
    n = len(XS)
    es = [w1 * x + w2 - y for x, y in zip(XS, YS)]
    return sum(-2 * e * x for e, x in zip(es, XS)) / n * g, sum(-2 * e for e in es) / n * g


# %% g forgotten -> missing_upstream


def backward(w1, w2, out, g):
    n = len(XS)
    es = [w1 * x + w2 - y for x, y in zip(XS, YS)]
    return sum(2 * e * x for e, x in zip(es, XS)) / n, sum(2 * e for e in es) / n


# %% w1 without x -> swapped_inputs, unknown, missing_term, other_rule, one_input, extra_factor


def backward(w1, w2, out, g):
    n = len(XS)
    es = [w1 * x + w2 - y for x, y in zip(XS, YS)]
    return sum(2 * e for e in es) / n * g, sum(2 * e for e in es) / n * g


# %% w2 forgotten -> zero


def backward(w1, w2, out, g):
    n = len(XS)
    es = [w1 * x + w2 - y for x, y in zip(XS, YS)]
    return sum(2 * e * x for e, x in zip(es, XS)) / n * g, 0.0


# %% exchanged -> swapped_inputs


def backward(w1, w2, out, g):
    n = len(XS)
    es = [w1 * x + w2 - y for x, y in zip(XS, YS)]
    return sum(2 * e for e in es) / n * g, sum(2 * e * x for e, x in zip(es, XS)) / n * g
