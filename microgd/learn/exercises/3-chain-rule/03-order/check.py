from microgd.learn.checks import AnswerError, engine, thing


def check(answer):
    order = answer.function("order")
    Node = answer.get("Node")
    a, b = Node(3.0), Node(5.0)
    found = order(a * b)
    if not isinstance(found, (list, tuple)):
        raise AnswerError(
            "wrong_shape", f"`order` should return a list of nodes, and returns {thing(found)}."
        )
    return engine(answer, Node, answer.get("backward"), twice=False)
