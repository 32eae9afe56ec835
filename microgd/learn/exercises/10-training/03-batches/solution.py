import random


def batches(count, size, seed):
    numbers = list(range(count))
    random.Random(seed).shuffle(numbers)
    return [numbers[k : k + size] for k in range(0, count, size)]
