from microgd import exp
from microgd.learn.checks import rule

PLACES = [(0.0, 0.0, 0.0), (12.0, 0.0, -3.0), (-9.0, 1.0, 1.0)]


def softmax(a, b, c):
    powers = [exp(x) for x in (a, b, c)]
    return [p / sum(powers) for p in powers]


def sample(random):
    return [random.uniform(-2.0, 2.0) for _ in range(3)]


def check(answer):
    return rule(answer, "backward", softmax, sample=sample, places=PLACES)
