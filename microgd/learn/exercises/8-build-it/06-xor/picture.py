from microgd.learn.pictures import Curve, Guess

ONES, ZEROS = [(0.0, 1.0), (1.0, 0.0)], [(0.0, 0.0), (1.0, 1.0)]
picture = Curve(
    lambda x: 1.5 - x, low=-0.5, high=1.5, x="first input", y="second input", dots=ONES, rings=ZEROS
)
guess = Guess(
    "The label is 1 at the full points, and 0 at the rings. A straight line parts the plane. How many of the four can be on their right side, at most?",
    3.0,
    whole=True,
)
