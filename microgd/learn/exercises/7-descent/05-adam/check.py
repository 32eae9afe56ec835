from microgd.learn.checks import failed, optimizer

OTHERS = [
    {"lr": 0.05, "betas": (0.5, 0.9), "eps": 0.01},
    {"lr": 0.2, "betas": (0.8, 0.6), "eps": 1e-4},
    {"lr": 0.001, "betas": (0.9, 0.999), "eps": 1.0},
]


def check(answer):
    verdict = optimizer(answer, "Adam", "adam", others=OTHERS, lr=0.01, betas=(0.9, 0.99), eps=1e-8)
    if verdict.key == "rate-changes":
        fact = verdict.message.rpartition(". ")[0]
        return failed(
            verdict.key, f"{fact}. Which parts of the formula depend on t, and how large are they at step 1?"
        )
    return verdict
