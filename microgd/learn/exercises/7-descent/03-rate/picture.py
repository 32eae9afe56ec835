from microgd.learn.pictures import Curve, Guess, descend


def loss(w):
    return w * w / 2.0


walk = descend(loss, 1.0, 5, lr=2.2)
picture = Curve(loss, low=-3.0, high=3.0, x="w", y="loss", path=walk)
guess = Guess(
    "Five steps from w = 1, with c = 1 and the rate 2.2. By which number does each step multiply w?",
    walk[1] / walk[0],
)
