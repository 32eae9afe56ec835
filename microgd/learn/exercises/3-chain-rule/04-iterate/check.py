from microgd.learn.remote import repeat
from microgd.learn.checks import AnswerError, engine, failed, thing

DEEP = 50_000


def check(answer):
    topological_order = answer.function("topological_order")
    Node = answer.get("Node")
    found = topological_order(Node(3.0) * Node(5.0))
    if not isinstance(found, (list, tuple)):
        raise AnswerError(
            "wrong_shape", f"`topological_order` should return a list of nodes, and returns {thing(found)}."
        )
    verdict = engine(answer, Node, answer.get("backward"), twice=False)
    if not verdict.ok:
        return verdict
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
    if leaf.grad != 1.0:
        return failed(
            "deep", f"Right for small graphs, wrong in a chain of {DEEP:,} nodes. What is different?"
        )
    return verdict
