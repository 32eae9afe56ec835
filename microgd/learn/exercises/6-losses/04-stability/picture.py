from microgd import exp, log
from microgd.learn.pictures import Curve, Guess

picture = Curve(
    lambda a: log(exp(a) + exp(0.0)), at=500.0, low=0.0, high=1000.0, x="a", y="log(exp(a) + exp(0))"
)
guess = Guess(
    "The curve ends at 709.8: from there on, exp(a) is too large for a float. How steep is it at a = 500, where exp(0) = 1 is next to nothing beside exp(a)?"
)
