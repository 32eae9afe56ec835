from microgd.learn.pictures import Curve, Guess


def square(x):
    return x * x


picture = Curve(square, at=(-1.0, 2.0), low=-2.0, high=3.0, y="f(x) = x*x")
guess = Guess("A rule says 4, wherever it is asked. At which x is that the slope of this curve?", 2.0)
