from microgd.learn.checks import engine
from microgd.learn.trials import WALKED, order


def check(answer):
    Node = answer.get("Node")
    found = order(answer, "topological_order", Node)
    verdict = engine(answer, Node, answer.get("backward"), twice=False)
    return found if found is not None and verdict.key in WALKED else verdict
