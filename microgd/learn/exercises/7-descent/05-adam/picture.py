from microgd import optim
from microgd.learn.pictures import Curve, Guess, descend


def loss(p):
    return p * p * p * p / 4.0


walk = descend(loss, 2.5, 5, optim.Adam, lr=0.4)
picture = Curve(loss, at=2.5, x="p", y="loss", path=walk)
guess = Guess(
    "Five steps of Adam with lr = 0.4 from p = 2.5, where the loss is steep. How long is the first?",
    walk[0] - walk[1],
)
