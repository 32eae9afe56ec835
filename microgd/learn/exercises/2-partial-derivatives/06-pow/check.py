from microgd import pow
from microgd.learn.checks import rule

PLACES = [(2.0, 0.0), (1.0, 3.0), (0.5, -2.0), (12.0, 0.5), (10.0, 2.0), (2.0, 2.0)]


def sample(random):
    return random.uniform(0.3, 3.0), random.uniform(-2.5, 3.0)


def check(answer):
    return rule(answer, "backward", pow, sample=sample, places=PLACES)
