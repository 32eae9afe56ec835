from microgd import exp
from microgd.learn.pictures import Curve, Guess, Rule

picture = [Curve(exp, at=1.0, low=-2.0, high=2.0), Rule(exp, x=1.0)]
guess = Guess("How steep is the curve at x = 1? Compare with its height there.")
