from microgd.learn.checks import engine
from microgd.learn.trials import totals


def check(answer):
    backward = answer.function("backward")
    verdict = engine(answer, answer.get("Node"), backward)
    return (totals(answer.get("Node"), backward) or verdict) if verdict.ok else verdict
