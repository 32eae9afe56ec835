from microgd import exp
from microgd.learn.pictures import Curve, Guess

picture = Curve(lambda x: exp(-(x / 2.0) * (x / 2.0)), at=1.0, low=-5.0, high=5.0, y="bell(x, 2)")
guess = Guess("How steep is the bell at x = 1?")
