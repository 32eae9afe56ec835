from microgd.learn.pictures import Curve, Guess, descend


def loss(p):
    return (p - 1.0) * (p - 1.0)


walk = descend(loss, 3.5, 6, lr=0.2)
picture = Curve(loss, low=-1.5, high=4.0, x="p", y="loss", path=walk)
guess = Guess("Six steps from p = 3.5. Where is p after two of them?", walk[2])
