from microgd import sigmoid
from microgd.learn.pictures import Curve, Guess, Rule

picture = [Curve(sigmoid, at=1.0, low=-6.0, high=6.0), Rule(sigmoid, x=1.0)]
guess = Guess("How steep is the curve at x = 1? The axes have different units.")
