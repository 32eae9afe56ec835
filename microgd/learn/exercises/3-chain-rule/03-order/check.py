from microgd.learn.checks import AnswerError, engine, thing


def check(answer):
    topological_order = answer.function("topological_order")
    Node = answer.get("Node")
    a, b = Node(3.0), Node(5.0)
    found = topological_order(a * b)
    if not isinstance(found, (list, tuple)):
        raise AnswerError(
            "wrong_shape", f"`topological_order` should return a list of nodes, and returns {thing(found)}."
        )
    return engine(answer, Node, answer.get("backward"), twice=False)
