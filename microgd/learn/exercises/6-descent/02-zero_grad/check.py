from microgd.learn.checks import training


def check(answer):
    return training(answer, "train", "sgd", lr=0.1)
