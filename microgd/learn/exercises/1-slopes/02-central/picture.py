from microgd.learn.pictures import Curve, Guess


def cube(x):
    return x * x * x


picture = Curve(cube, at=1.0, low=-1.0, high=2.0, y="f(x) = x*x*x", dots=[(0.5, cube(0.5)), (1.5, cube(1.5))])
guess = Guess("How steep is the curve at x = 1, in the middle of the three points?")


def yours(answer):
    return answer.function("central")(cube, 1.0, 1e-4)
