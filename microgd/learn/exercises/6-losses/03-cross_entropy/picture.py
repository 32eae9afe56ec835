from microgd import exp, log
from microgd.learn.pictures import Guess, Rule

picture = Rule(lambda a, b, c: log(exp(a) + exp(b) + exp(c)) - b, g=1.0, film=True, a=1.0, b=0.0, c=-1.0)
guess = Guess(
    "b is the score of the right choice. If it grows, does the loss grow? Guess the gradient of b.", "b"
)
