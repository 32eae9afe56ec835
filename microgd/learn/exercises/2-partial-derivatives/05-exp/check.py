from microgd import exp
from microgd.learn.checks import rule


def sample(random):
    return random.uniform(-2.0, 2.0)


def check(answer):
    return rule(answer, "backward", exp, sample=sample)
