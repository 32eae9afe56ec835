import microgd
from microgd import Value, relu, tanh

DEAD = ...  # the name of a leaf, a string such as "e"
TWICE = ...
WRONG = ...  # the name of a function below, such as "Bell"
PLACE = ...  # a float


def loss():
    """A small graph, after its backward pass."""
    a, b, c = Value(0.6, "a"), Value(-1.2, "b"), Value(2.0, "c")
    d, e = Value(0.5, "d"), Value(0.3, "e")
    out = (relu(b * c) + tanh(a * d) * 3.0 + b * e - 1.0) ** 2
    out.backward()
    return out


class Bell(microgd.autograd.Function):
    """exp(-x*x)"""

    @staticmethod
    def forward(ctx, x):
        ctx.x, ctx.out = x, microgd.exp(-x * x)
        return ctx.out

    @staticmethod
    def backward(ctx, grad):
        return -2.0 * ctx.x * ctx.out * grad


class Cube(microgd.autograd.Function):
    """x*x*x"""

    @staticmethod
    def forward(ctx, x):
        ctx.x = x
        return x * x * x

    @staticmethod
    def backward(ctx, grad):
        return 3.0 * ctx.x * abs(ctx.x) * grad


class Hinge(microgd.autograd.Function):
    """The larger one of 1 - x and 0"""

    @staticmethod
    def forward(ctx, x):
        ctx.x = x
        return max(1.0 - x, 0.0)

    @staticmethod
    def backward(ctx, grad):
        return -grad if ctx.x < 1.0 else 0.0


class Softsign(microgd.autograd.Function):
    """x / (1 + abs(x))"""

    @staticmethod
    def forward(ctx, x):
        ctx.below = 1.0 + abs(x)
        return x / ctx.below

    @staticmethod
    def backward(ctx, grad):
        return grad / ctx.below**2


if __name__ == "__main__":
    print(microgd.tree(loss()))
    print(microgd.gradcheck(Bell.apply, (0.5,)))
