from microgd.learn.remote import repeat
from microgd.learn.trials import WALKED, order, uses
from microgd.learn.checks import engine, failed

DEEP = 50_000


def check(answer):
    topological_order = answer.function("topological_order")
    Node = answer.get("Node")
    if raised := uses(answer, "setrecursionlimit", "stack_size"):
        return failed(
            "limit_raised",
            f"`{raised}` moves the border further out, and a deeper graph reaches it again. Can a list of your"
            " own take the place of the calls?",
        )
    found = order(answer, "topological_order", Node)
    verdict = engine(answer, Node, answer.get("backward"), twice=False)
    if found is not None and verdict.key in WALKED:
        return found
    if not verdict.ok:
        return verdict
    answer.late = (
        f"Right for small graphs, and too slow: in a chain of {DEEP:,} nodes it is not done when the time is"
        " up.{} Does it search a whole list with `in`, for each node? What would find a node at once?"
    )
    leaf = Node(1.0)
    node = repeat(leaf, "mul", Node(1.0), DEEP)
    try:
        answer.get("backward")(node)
    except RecursionError:
        return failed(
            "recursion",
            f"Right for small graphs. But in a chain of {DEEP:,} nodes Python's stack runs over: a function"
            " still calls itself once for each node. Can a list of your own take the place of the calls?",
        )
    found = topological_order(node)
    if len(found) != DEEP + 2:
        return failed(
            "deep",
            f"Right for small graphs. In a chain the list has {len(found):,} of {DEEP + 2:,} nodes. Which are"
            " left out, or there twice?",
        )
    if leaf.grad != 1.0:
        return failed(
            "deep", f"Right for small graphs, wrong in a chain of {DEEP:,} nodes. What is different?"
        )
    return verdict
