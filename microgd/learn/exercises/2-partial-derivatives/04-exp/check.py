from microgd import exp
from microgd.learn.checks import rule

PLACES = [(0.0,), (-30.0,), (12.0,), (40.0,)]


def sample(random):
    return random.uniform(-2.0, 2.0)


def check(answer):
    return rule(answer, "backward", exp, sample=sample, places=PLACES)
