from microgd import log
from microgd.learn.pictures import Curve, Guess, Rule

picture = [Curve(log, at=2.0, low=0.1, high=6.0), Rule(log, x=2.0)]
guess = Guess("How steep is the curve at x = 2?")
