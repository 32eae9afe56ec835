from microgd.learn.pictures import Curve, Guess, Rule

XS = [0.5, -1.0, 2.0, 1.5]
YS = [1.0, 0.3, 2.2, -0.4]


def mse(w1, w2):
    return sum(((w1 * x + w2 - y) ** 2 for x, y in zip(XS, YS)), 0.0) / len(XS)


line = Curve(lambda x: 0.5 * x - 0.5, low=-1.5, high=2.5, y="0.5*x - 0.5", dots=list(zip(XS, YS)))
picture = [line, Rule(mse, g=1.0, w1=0.5, w2=-0.5)]
guess = Guess(
    "The line is too low. If it is raised a little, does the loss grow? Guess the gradient of w2.", "w2"
)
