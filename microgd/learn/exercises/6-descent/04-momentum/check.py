from microgd.learn.checks import optimizer


def check(answer):
    return optimizer(answer, "SGD", "sgd", lr=0.05, momentum=0.9)
