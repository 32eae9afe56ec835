from microgd import Value
from microgd.learn.pictures import Graph, Guess

a, b = Value(2.0, label="a"), Value(-3.0, label="b")
picture = Graph((a * b + 10.0) * a, film=True)
guess = Guess("a is used twice. What is its gradient?", "a")


def yours(answer):
    Value = answer.get("Value")
    a, b = Value(2.0), Value(-3.0)
    ((a * b + 10.0) * a).backward()
    return {"a": a.grad, "b": b.grad}
