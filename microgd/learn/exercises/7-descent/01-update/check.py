from microgd.learn.checks import optimizer


def check(answer):
    return optimizer(answer, "SGD", "sgd", others=[{"lr": 0.37}, {"lr": 0.002}], lr=0.1)
