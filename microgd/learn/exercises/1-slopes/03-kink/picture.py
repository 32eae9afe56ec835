from microgd.learn.pictures import Curve, Guess

picture = Curve(abs, at=(-1.5, 1.5), y="abs(x)")
guess = Guess("How steep is the left half?")


def yours(answer):
    return answer.function("sides")(abs, 0.0, 0.1)
