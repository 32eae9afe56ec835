from microgd import div
from microgd.learn.pictures import Curve, Guess, Rule

picture = [Curve(lambda b: 3.0 / b, at=2.0, low=0.7, high=5.0, x="b", y="3 / b"), Rule(div, a=3.0, b=2.0)]
guess = Guess("How steep is the curve of 3 / b at b = 2?")
