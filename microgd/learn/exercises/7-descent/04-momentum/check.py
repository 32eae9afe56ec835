from microgd.learn.checks import optimizer

OTHERS = [{"lr": 0.2, "momentum": 0.5}, {"lr": 0.01, "momentum": 0.0}, {"lr": 0.1, "momentum": 0.99}]


def check(answer):
    return optimizer(answer, "SGD", "sgd", others=OTHERS, lr=0.05, momentum=0.9)
