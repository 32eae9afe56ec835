from microgd import pow
from microgd.learn.pictures import Curve, Guess, Rule

picture = [
    Curve(lambda b: pow(2.0, b), at=1.0, low=-2.0, high=3.0, x="b", y="2 ** b"),
    Rule(pow, a=2.0, b=1.0),
]
guess = Guess("How steep is the curve of 2 ** b at b = 1?")
