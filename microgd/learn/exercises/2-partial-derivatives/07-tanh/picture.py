from microgd import tanh
from microgd.learn.pictures import Curve, Guess, Rule

picture = [Curve(tanh, at=0.7), Rule(tanh, x=0.7)]
guess = Guess("How steep is the curve at x = 0.7?")
