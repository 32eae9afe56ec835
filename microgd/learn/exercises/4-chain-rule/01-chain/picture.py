from microgd import tanh
from microgd.learn.pictures import Guess, Rule

picture = Rule(lambda w, x, b: tanh(w * x + b), film=True, w=0.5, x=-1.5, b=1.0)
guess = Guess(
    "The upstream gradient, the gradient of out, is 2 here. Is the gradient of w positive or negative? Say a number.",
    "w",
)
