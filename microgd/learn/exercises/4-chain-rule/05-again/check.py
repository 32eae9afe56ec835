from microgd.learn.checks import engine
from microgd.learn.trials import contributions, retold, totals


def check(answer):
    backward = answer.function("backward")
    Node = answer.get("Node")
    verdict = engine(answer, Node, backward)
    if verdict.ok:
        return totals(Node, backward) or verdict
    if verdict.key in ("add-rule", "mul-rule", "unknown"):  # the rules are ours, and right
        return contributions(Node, backward) or verdict
    return retold(verdict)
