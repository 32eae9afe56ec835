from microgd.learn.checks import optimizer

OTHERS = [
    {"lr": 0.05, "betas": (0.5, 0.9), "eps": 0.01},
    {"lr": 0.2, "betas": (0.8, 0.6), "eps": 1e-4},
    {"lr": 0.001, "betas": (0.9, 0.999), "eps": 1.0},
]


def check(answer):
    return optimizer(answer, "Adam", "adam", others=OTHERS, lr=0.01, betas=(0.9, 0.99), eps=1e-8)
