from microgd import relu
from microgd.learn.pictures import Curve, Guess, Rule

picture = [Curve(relu, at=(-1.5, 1.5)), Rule(relu, x=-1.5), Rule(relu, x=1.5)]
guess = Guess("How steep is the curve on the left side, at x = -1.5?")
