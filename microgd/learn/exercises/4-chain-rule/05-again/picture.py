from microgd import Value
from microgd.learn.pictures import Graph, Guess

x = Value(3.0, label="x")
picture = Graph(x * x * x, g=2.0, place="After two calls of backward")
guess = Guess("After one call of backward, x.grad is 27. What should it be after two?", "x")


def yours(answer):
    x = answer.get("Node")(3.0)
    root = x * x * x
    for _ in range(2):
        answer.get("backward")(root)
    return {"x": x.grad}
