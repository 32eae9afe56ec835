from microgd.learn.pictures import Curve, Guess, descend


def loss(p):
    return (p - 1.0) * (p - 1.0)


walk = descend(loss, 3.0, 1, lr=0.2)
picture = Curve(loss, at=3.0, low=-1.5, high=4.0, x="p", y="loss")
guess = Guess("The line shows the gradient at p = 3. With lr = 0.2, where is p after one step?", walk[1])
