from agree import agree
from measure import gradient

TOLERANCE = 1e-6


def gradcheck(f, rule, places):
    """Which gradients a rule gets wrong.

    f       a function: f(a list of floats) is a float
    rule    rule(a list of floats) is a list of floats: what the rule says about each input
    places  where to try it: a list of lists of floats

    returns a list: the number of each input that is wrong at one of the places, each once
    """
    return ...
