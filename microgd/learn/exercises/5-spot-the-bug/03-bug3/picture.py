from microgd import Value
from microgd.learn.pictures import Graph, Guess

x, y = Value(3.0, label="x"), Value(-2.0, label="y")
picture = Graph((x * y + y) * x + y)
guess = Guess(
    "What is the right gradient of y? Three ways lead from it to the result: which is the longest?", "y"
)
