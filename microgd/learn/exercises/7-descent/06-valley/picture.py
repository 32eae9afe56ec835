from microgd.learn.pictures import Curve, Guess, descend


def f(x):
    return x * x * x * x - 3.0 * x * x + x


picture = Curve(f, at=2.0, low=-2.1, high=2.2, y="f(x)", path=descend(f, 2.0, 30, lr=0.01))
guess = Guess(
    "The ball starts at x = 2 and rolls into the first valley. How steep is the curve where it starts?"
)
