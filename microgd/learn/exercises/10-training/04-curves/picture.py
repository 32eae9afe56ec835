from microgd.learn.pictures import Curve, Guess

TRAIN = [(-0.55, -0.58), (-0.03, -0.33), (-0.93, -0.89), (0.78, 1.37), (-0.07, 0.65), (0.36, -0.12)]


def through_all(x):
    """The polynomial that goes through every point of TRAIN."""
    total = 0.0
    for a, height in TRAIN:
        part = height
        for b, _ in TRAIN:
            if a != b:
                part *= (x - b) / (a - b)
        total += part
    return total


picture = Curve(
    through_all, low=-0.95, high=0.8, y="a polynomial that learned six points by heart", dots=TRAIN
)
guess = Guess(
    "A test example is at x = 0.42, and its height is 0.61. How high is the curve there?", through_all(0.42)
)
