import random


def batches(count, size, seed):
    """The numbers of all examples, in random order, in batches.

    count  how many examples there are
    size   how many a batch has; the last one may have fewer
    seed   an int: the same seed gives the same order

    returns a list of lists of ints
    """
    return ...
