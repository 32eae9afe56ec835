from microgd import tanh
from microgd.learn.pictures import Guess, Rule

picture = Rule(lambda w, x, b: tanh(w * x + b), w=0.5, x=-1.5, b=1.0, film=True)
guess = Guess("The upstream gradient is 2 here. What is the gradient of b?", "b")
