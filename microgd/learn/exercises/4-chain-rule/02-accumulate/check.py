from microgd.learn.checks import engine, failed
from microgd.learn.trials import contributions


def check(answer):
    answer.function("backward_step")
    verdict = engine(answer, answer.get("Node"), answer.get("backward"), twice=False)
    if verdict.key in ("add-rule", "mul-rule"):  # the rules are ours, and right
        return failed(
            "contribution",
            f"Even a single {'a + b' if verdict.key == 'add-rule' else 'a * b'} gets wrong gradients, though its"
            " partials are right. Is each contribution the partial times node.grad, and is it added?",
        )
    if verdict.key == "unknown":
        return contributions(answer.get("Node"), answer.get("backward")) or verdict
    return verdict
