from microgd import relu
from microgd.learn.pictures import Curve, Guess

picture = Curve(relu, at=(-0.5, 0.5), low=-1.0, high=1.0, y="relu(x)")
guess = Guess(
    "Which slope does a measurement see from x = -0.01 to x = 0.01, across both sides of the kink?", 0.5
)
