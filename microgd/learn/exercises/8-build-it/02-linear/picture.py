from microgd import Value
from microgd.learn.pictures import Graph, Guess

names = {"w0": 0.5, "w1": -0.25, "bias": 0.1}
w0, w1, bias = (Value(x, label=name) for name, x in names.items())
x0, x1 = Value(2.0, label="x0", requires_grad=False), Value(-1.0, label="x1", requires_grad=False)
picture = Graph(w0 * x0 + w1 * x1 + bias)
guess = Guess(
    "One output of a layer with two inputs. How many weights and biases has a layer with 4 inputs and 2 outputs?",
    10.0,
    whole=True,
)
