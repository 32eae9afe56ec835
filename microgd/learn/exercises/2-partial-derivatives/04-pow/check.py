from microgd import pow
from microgd.learn.checks import rule


def sample(random):
    return random.uniform(0.3, 3.0), random.uniform(-2.5, 3.0)


def check(answer):
    return rule(answer, "backward", pow, sample=sample)
