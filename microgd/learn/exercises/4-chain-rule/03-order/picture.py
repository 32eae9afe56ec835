from microgd import Value
from microgd.learn.pictures import Graph, Guess

b, c = Value(3.0, label="b"), Value(-1.0, label="c")
picture = Graph((b + c) * b)
guess = Guess("How many nodes are there in the list, for this graph?", 4.0, whole=True)


def yours(answer):
    Node = answer.get("Node")
    b, c = Node(3.0), Node(-1.0)
    answer.get("backward")((b + c) * b)
    return {"b": b.grad, "c": c.grad}
