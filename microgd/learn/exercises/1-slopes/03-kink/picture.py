from microgd.learn.pictures import Curve, Guess

picture = Curve(abs, at=(-1.5, 1.5), y="abs(x)")
guess = Guess("How steep is the left half?")


def yours(answer):
    sides = answer.function("sides")
    return sides(abs, -1.5, 0.1)[0], sides(abs, 1.5, 0.1)[1]
