from microgd import Value
from microgd.learn.pictures import Graph, Guess

x, y = Value(3.0, label="x"), Value(-2.0, label="y")
picture = Graph((x + y) * (x * y) + x)
guess = Guess(
    "What is the right gradient of y? Work it out by hand: then you can compare an engine with it.", "y"
)
