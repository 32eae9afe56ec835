from microgd import Value
from microgd.learn.pictures import Graph, Guess

a, b = Value(3.0, label="xs[0]"), Value(-2.0, label="xs[1]")
picture = Graph(a * b + a)
guess = Guess(
    "If xs[0] grows by a little, and xs[1] stays: by how many times as much does out grow?", "xs[0]"
)


def yours(answer):
    found = answer.function("gradient")(lambda xs: xs[0] * xs[1] + xs[0], [3.0, -2.0])
    return {"xs[0]": found[0], "xs[1]": found[1]}
