from microgd.learn.checks import optimizer


def check(answer):
    return optimizer(answer, "Adam", "adam", lr=0.01, betas=(0.9, 0.99), eps=1e-8)
