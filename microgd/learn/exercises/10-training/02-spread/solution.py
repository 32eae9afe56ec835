import math
import random


def bound(inputs):
    return math.sqrt(3 / inputs)
