from microgd import Value, autograd
from microgd.learn.checks import rule

XS = [0.5, -1.0, 2.0, 1.5]
YS = [1.0, 0.3, 2.2, -0.4]

PLACES = [(0.0, 0.0), (12.0, -40.0), (1.0, 0.0)]


def mse(w1, w2):
    return sum((w1 * x + w2 - y) ** 2 for x, y in zip(XS, YS)) / len(XS)


def last_point(w1, w2, out, g):
    """The gradients, if only the last point counted."""
    w = [Value(w1), Value(w2)]
    last = (w[0] * XS[-1] + w[1] - YS[-1]) ** 2 / len(XS)
    return [x.data for x in autograd.grad(last * g, w)]


SUSPECTS = {
    "last_point": (
        last_point,
        "Only the last point counts in it, and those before it are lost. Is = written where += should be?",
    ),
}


def check(answer):
    return rule(answer, "backward", mse, places=PLACES, suspects=SUSPECTS)
