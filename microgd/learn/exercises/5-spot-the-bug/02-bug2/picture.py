from microgd import Value
from microgd.learn.pictures import Graph, Guess

x, y = Value(3.0, label="x"), Value(-2.0, label="y")
picture = Graph((x * y + x) * y)
guess = Guess(
    "What is the right gradient of x? Two ways lead from it to the result, and a part of them is the same.",
    "x",
)
