from microgd.learn.pictures import Curve, Guess, descend


def loss(p):
    return p * p / 2.0


walk = descend(loss, 2.5, 8, lr=0.3, momentum=0.8)
picture = Curve(loss, x="p", y="loss", path=walk)
guess = Guess(
    "Eight steps from p = 2.5 with momentum 0.8. Where does the ball turn back, at the left?", min(walk)
)
