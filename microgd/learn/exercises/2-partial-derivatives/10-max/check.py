from microgd import maximum
from microgd.learn.checks import rule


def check(answer):
    return rule(answer, "backward", maximum)
