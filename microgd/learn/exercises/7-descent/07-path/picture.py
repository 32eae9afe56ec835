from microgd.learn.pictures import Curve, Guess, descend


def valley(y):
    return 5.0 * y * y


walk = descend(valley, 0.9, 8, lr=0.18)
picture = Curve(valley, low=-1.0, high=1.0, x="y", y="the valley, seen along y", path=walk)
guess = Guess(
    "The gradient is 10*y here, and the rate 0.18. By which number does each step multiply y?",
    walk[1] / walk[0],
)
