def largest_rate(c):
    return 2 / c
