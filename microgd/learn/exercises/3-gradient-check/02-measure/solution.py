from step import step


def gradient(f, xs):
    slopes = []
    for k in range(len(xs)):
        h = step(xs[k])
        right, left = list(xs), list(xs)
        right[k] = xs[k] + h
        left[k] = xs[k] - h
        slopes.append((f(right) - f(left)) / (2 * h))
    return slopes
