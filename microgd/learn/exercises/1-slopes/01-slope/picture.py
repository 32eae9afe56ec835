from microgd.learn.pictures import Curve, Guess


def square(x):
    return x * x


picture = Curve(square, at=1.0, low=-1.0, high=2.5, y="f(x) = x*x")
guess = Guess(
    "How steep is the curve at x = 1? Follow the straight line: how far does it rise for one step to the right?"
)


def yours(answer):
    return answer.function("slope")(square, 1.0, 0.01)
