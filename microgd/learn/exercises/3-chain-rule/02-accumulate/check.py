from microgd.learn.checks import engine


def check(answer):
    answer.function("push")
    return engine(answer, answer.get("Node"), answer.get("backward"), twice=False)
