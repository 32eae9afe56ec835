from microgd import exp
from microgd.learn.pictures import Guess, Rule


def softmax(a, b, c):
    parts = [exp(a), exp(b), exp(c)]
    total = parts[0] + parts[1] + parts[2]
    return [part / total for part in parts]


picture = Rule(softmax, a=1.0, b=0.0, c=-1.0)
guess = Guess(
    "Each output counts with its own factor at the right. Is the gradient of a positive? Say a number.", "a"
)
