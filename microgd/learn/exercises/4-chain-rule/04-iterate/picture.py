from microgd import Value
from microgd.learn.pictures import Graph, Guess

a, x = Value(1.5, label="a"), Value(2.0, label="x")
out = x
for _ in range(3):
    out = out * a
picture = Graph(out)
guess = Guess(
    "Three products in a chain. A function that calls itself for each node: how many calls are open at x?",
    4.0,
    whole=True,
)


def yours(answer):
    Node = answer.get("Node")
    a, x = Node(1.5), Node(2.0)
    out = x
    for _ in range(3):
        out = out * a
    answer.get("backward")(out)
    return {"a": a.grad, "x": x.grad}
