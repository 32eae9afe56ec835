from microgd.learn.checks import engine
from microgd.learn.trials import order


def check(answer):
    Node = answer.get("Node")
    verdict = order(answer, "topological_order", Node)
    return verdict or engine(answer, Node, answer.get("backward"), twice=False)
