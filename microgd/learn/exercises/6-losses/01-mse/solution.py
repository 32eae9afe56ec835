XS = [0.5, -1.0, 2.0, 1.5]
YS = [1.0, 0.3, 2.2, -0.4]


def backward(w1, w2, out, g):
    dw1 = dw2 = 0.0
    for x, y in zip(XS, YS):
        e = w1 * x + w2 - y
        dw1 += 2 * e * x / len(XS) * g
        dw2 += 2 * e / len(XS) * g
    return dw1, dw2
