from microgd.learn.checks import engine


def check(answer):
    answer.function("backward")
    return engine(answer, answer.get("Node"), answer.get("backward"))
