from microgd import maximum
from microgd.learn.pictures import Guess, Rule

picture = Rule(maximum, a=3.0, b=-2.0)
guess = Guess("The upstream gradient, the gradient of out, is 2 here. What is the gradient of b?", "b")
