import math

from microgd.learn.checks import compare

CASES = [
    ([0.5, -1.0, 2.0],),
    ([0.0],),
    ([-3.0, -3.0],),
    ([1000.0, 1001.0, 999.5],),
    ([-1000.0, -1001.0],),
    ([-2000.0, 700.0, 705.0, 3.0],),
    ([0.1] * 20,),
    ([-800.0, 0.0, -800.0],),
    ([5000.0],),
    ([-1e5, -1e5, -1e5 + 1.0],),
    ([3.0, 1e4, -1e4],),
    ([1e300, 1.0],),
]


def right(xs):
    m = max(xs)
    return m + math.log(sum(math.exp(x - m) for x in xs))


SUSPECTS = {
    "not_added_back": (
        lambda xs: right(xs) - max(xs),
        "Exactly the largest score too small, everywhere. What was taken off, and is it added back?",
    ),
    "only_max": (
        max,
        "This is the largest score alone. It is close for far apart scores: what do the others add?",
    ),
    "taken_off_twice": (
        lambda xs: right(xs) - 2 * max(xs),
        "The largest score is taken off once more at the end. Which sign should it have there?",
    ),
    "rest_sign": (
        lambda xs: 2 * max(xs) - right(xs),
        "The largest score is right, and what the others add has the wrong sign. Can a sum of exponentials be"
        " smaller than its largest term?",
    ),
    "mean": (
        lambda xs: right(xs) - math.log(len(xs)),
        "Off by exactly the logarithm of how many scores there are. Is it a sum, or a mean?",
    ),
}


SIMPLE = [("one_score", ([5000.0],), "For a single score, 5000, it gives {}. What is log(exp(x))?")]


def check(answer):
    return compare(answer, "logsumexp", right, CASES, SUSPECTS, simple=SIMPLE)
