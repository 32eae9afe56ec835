from microgd import relu, tanh
from microgd.learn.pictures import Curve, Guess

picture = [Curve(tanh, at=-1.0, y="tanh(x)"), Curve(relu, at=(-1.5, 1.5), y="relu(x)")]
guess = Guess("How steep is the tanh at x = -1?")


def yours(answer):
    x = answer.get("Value")(-1.0)
    answer.function("tanh")(x).backward()
    return x.grad
