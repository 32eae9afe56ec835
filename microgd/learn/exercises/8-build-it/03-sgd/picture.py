from microgd.learn.pictures import Curve, Guess, descend


def loss(p):
    return p * p / 2.0


walk = descend(loss, 2.5, 10, lr=0.1, momentum=0.9)
picture = Curve(loss, x="p", y="loss", path=walk)
guess = Guess(
    "Ten steps from p = 2.5 with lr = 0.1 and momentum 0.9. How long is the first step?", walk[0] - walk[1]
)
