from microgd.learn.pictures import Curve, Guess

POINTS = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
picture = Curve(lambda x: 1.5 - x, low=-0.5, high=1.5, x="first input", y="second input", dots=POINTS)
guess = Guess(
    "The label is 1 at (0, 1) and (1, 0), and 0 at the two others. A straight line parts the points: how many of the four can be on their right side, at most?",
    3.0,
)
