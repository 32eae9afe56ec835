import math
import sys

from microgd import exp, log
from microgd.learn.pictures import Curve, Guess

picture = Curve(lambda a: log(exp(a) + exp(0.0)), low=0.0, high=1000.0, x="a", y="log(exp(a) + exp(0))")
guess = Guess(
    "From some score on, the formula has no value any more. From which?", math.log(sys.float_info.max)
)
