import math


# %% as on paper -> raises


def logsumexp(xs):
    return math.log(sum(math.exp(x) for x in xs))


# %% not added back -> not_added_back


def logsumexp(xs):
    m = max(xs)
    return math.log(sum(math.exp(x - m) for x in xs))


# %% only the largest -> only_max


def logsumexp(xs):
    return max(xs)


# %% taken off twice -> taken_off_twice


def logsumexp(xs):
    m = max(xs)
    return math.log(sum(math.exp(x - m) for x in xs)) - m


# %% a mean -> mean


def logsumexp(xs):
    m = max(xs)
    return m + math.log(sum(math.exp(x - m) for x in xs) / len(xs))


# %% the first instead of the largest -> raises


def logsumexp(xs):
    m = xs[0]
    return m + math.log(sum(math.exp(x - m) for x in xs))


# %% the smallest -> raises


def logsumexp(xs):
    m = min(xs)
    return m + math.log(sum(math.exp(x - m) for x in xs))


# %% nothing returned -> not_a_number


def logsumexp(xs):
    m = max(xs)
    m + math.log(sum(math.exp(x - m) for x in xs))
